"""Over a real connection: a client that leaves stops the work, and a stream is a stream."""

import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from serving.api import application as application_module
from serving.api import tasks
from serving.api.door import Bounds
from serving.api.requests import Tokenize
from serving.api.tasks import Route
from tests.serving.api.clients import application, served

PATIENCE = 60.0
SECONDS = 5.0


class Slow:
    """A task that tells a number every hundredth of a second until it is stopped."""

    def __init__(self) -> None:
        self.begun, self.stopped = threading.Event(), threading.Event()
        self.text = ""

    def work(self, model, asked, cancelled: threading.Event, emit) -> list[int]:
        self.begun.set()
        number = 0
        while not cancelled.wait(0.01):
            emit({"number": number, "text": self.text})
            number += 1
        self.stopped.set()
        return [number]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    slow = Slow()
    monkeypatch.setitem(tasks.ROUTES, "tokenize", Route("tokenize", "Slow", Tokenize, slow.work))
    return slow


@pytest.fixture
def port(slow: Slow) -> Iterator[int]:
    with served(application(Bounds(body_seconds=1.0, seconds=SECONDS))) as port:
        yield port


def ask(port: int, accept: str) -> socket.socket:
    """A connection on which the slow task was asked for."""
    body = json.dumps({"texts": ["a"]}).encode()
    head = f"POST /tokenize HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\nContent-Length: {len(body)}\r\n"
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
    return connection


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_a_client_that_leaves_stops_the_work(slow: Slow, port: int, accept: str) -> None:
    connection = ask(port, accept)
    assert slow.begun.wait(PATIENCE)
    time.sleep(0.3)
    assert not slow.stopped.is_set()
    connection.close()
    assert slow.stopped.wait(PATIENCE)


def test_a_stream_arrives_while_the_work_goes_on(slow: Slow, port: int) -> None:
    with ask(port, "text/event-stream") as connection:
        read = b""
        while read.count(b"event: item") < 3:
            read += connection.recv(4_096)
        assert not slow.stopped.is_set()
    assert b"x-aula-ahead: 0" in read
    assert slow.stopped.wait(PATIENCE)


def test_a_request_that_does_not_arrive_is_not_waited_for(slow: Slow, port: int) -> None:
    head = f"POST /tokenize HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(head.encode() + b"Content-Length: 100\r\n\r\n{")
        assert connection.recv(4_096).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_does_not_read_is_not_waited_for_either(
    slow: Slow, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_module, "SECONDS_TO_READ", 0.5)
    slow.text = "x" * 100_000  # more than what lies between server and client holds
    with ask(port, "text/event-stream"):
        assert slow.stopped.wait(PATIENCE)
