"""What the process between Aula and a cluster passes on of what went wrong there."""

import pickle
import threading
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from typing import Any

import pytest

from models.catalog import Task
from models.errors import InvalidInput
from serving.cluster import bridge
from serving.cluster.calls import Call
from serving.loading import ModelKey

CALL = Call(ModelKey(Task.QUESTION_ANSWERING, "aula/qa-minilm", "cpu", "fp32"), "answer", ())


class Road:
    """Leads to something that raises an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def pickled(self, call: Call, cancelled: threading.Event) -> Iterator[bytes]:
        """Raise it."""
        yield from ()
        raise self._error


def told(error: Exception) -> list[Any]:
    road: Any = Road(error)
    return [pickle.loads(event) for event in bridge._told(CALL, road, threading.Event())]


@pytest.mark.usefixtures("ray_here")
def test_a_defect_there_is_told_and_not_taken_for_the_death_of_a_process() -> None:
    from ray.exceptions import RayTaskError

    [event] = told(RayTaskError("ask", "TypeError: cannot pickle a lock", TypeError("cannot pickle a lock")))
    assert (event.kind, type(event.data)) == ("error", RuntimeError)
    assert "cannot pickle a lock" in str(event.data)


@pytest.mark.usefixtures("ray_here")
def test_a_sentence_of_ours_arrives_as_it_is() -> None:
    [event] = told(InvalidInput("A question is empty."))
    assert (event.kind, type(event.data), str(event.data)) == ("error", InvalidInput, "A question is empty.")


def test_whoever_comes_without_the_secret_is_turned_away_and_the_next_one_is_served() -> None:
    with Listener(authkey=b"right") as listener:
        for key, comes in ((b"wrong", False), (b"right", True)):
            visitor = threading.Thread(target=visit, args=(listener.address, key))
            visitor.start()
            connection = bridge._next_of(listener)
            assert (connection is not None) == comes
            if connection is not None:
                connection.close()
            visitor.join()


def visit(address: Any, key: bytes) -> None:
    """Come, and leave."""
    with suppress(AuthenticationError, OSError, EOFError):
        Client(address, authkey=key).close()
