"""What runs in Ray's processes: each holds a model of its own and works through pieces of the whole, thing by thing.

What goes in and comes out is JSON in one column, so that Arrow guesses no types. Whatever is wrong with one thing is
told in its row; what is wrong with all of them (no such model here, a label that it lacks) in `refusal`.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import sentence_for
from serving.api import running
from serving.api.requests import Asked
from serving.api.tasks import ROUTES
from serving.cluster import kinds
from serving.cluster.places import Place
from serving.cluster.things import Reader, Thing, key_of
from serving.model_store import ModelStore
from serving.records import Record

PIECE, ROWS = "piece", "rows"
UNFORESEEN = "Something unforeseen went wrong in a worker. Ray's log of it, in the folder of its session, says what."
MOST_ATTEMPTS = 2  # at a piece whose worker was killed meanwhile


def packed(numbered: Iterable[tuple[int, Thing]]) -> str:
    """A piece of the work, as it travels: things, each with its number in the whole."""
    return json.dumps([(number, *thing) for number, thing in numbered])


@dataclass(frozen=True)
class Work:
    """What every worker is told: the task, what is asked of each thing, and where things lie."""

    route: str
    asked: Asked
    places: Sequence[Place]
    column: str


class Attempts:
    """How often each piece was begun. Ray repeats for ever what a killed process had, and something kills them all."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, piece: str) -> int:
        self._begun[piece] += 1
        return self._begun[piece]


@dataclass(frozen=True)
class AttemptsElsewhere:
    """The same, counted by an actor of Ray, for all workers: they forget when they end."""

    actor: Any

    def begin(self, piece: str) -> int:
        import ray

        return int(ray.get(self.actor.begin.remote(piece)))


class Worker:
    """One process. Its model is loaded when it begins, and again after Ray has started it anew."""

    def __init__(self, work: Work, attempts: Attempts | AttemptsElsewhere):
        self._work, self._attempts, self._store = work, attempts, ModelStore()
        self._reader = Reader(work.places, work.column, kinds.KINDS[work.route].of_pictures)
        self._has_done_one = False
        self._refusal = self._what_is_missing()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        """The rows of the pieces in a batch; of a piece that was begun too often, that it is given up."""
        return {ROWS: [json.dumps(row) for piece in batch[PIECE] for row in self._rows(piece)]}

    def _rows(self, piece: str) -> Iterator[Record]:
        given_up = self._attempts.begin(piece) > MOST_ATTEMPTS
        for number, *thing in json.loads(piece):
            yield {"number": number, "given_up": True} if given_up else self._row(number, Thing(*thing))

    def _what_is_missing(self) -> str | None:
        """Load the model; the sentence that says why it cannot be used here."""
        try:
            key = running.key_of(ROUTES[self._work.route], self._work.asked)
            with self._store.use(key):
                return None
        except Exception as error:
            return sentence_for(error) or f"{UNFORESEEN} ({type(error).__name__}: {error})"

    def _row(self, number: int, thing: Thing) -> Record:
        row: Record = {"number": number, "given_up": False, "refusal": self._refusal, "error": None, "record": None}
        if self._refusal is not None:
            return row
        try:
            read = self._reader.read(thing)
        except Exception as error:
            return row | {"error": sentence_for(error) or f"{UNFORESEEN} ({type(error).__name__})"}
        record, problem = self._asked(read)
        if problem is not None and self._is_of_all(problem):
            self._refusal = problem
            return row | {"refusal": problem}
        self._has_done_one |= problem is None
        return row | {"error": problem, "record": self._named(record, thing)}

    def _asked(self, read: Any) -> tuple[Any, str | None]:
        """The record of one thing, and what could not be done of it."""
        told: list[running.Event] = []
        route, asked = ROUTES[self._work.route], kinds.about(self._work.route, self._work.asked, read)
        running.work(route, asked, self._store, threading.Event(), told.append)
        if told[-1].kind == "error":
            sentence = told[-1].data["error"]
            return None, UNFORESEEN if sentence == running.UNFORESEEN else sentence
        record = kinds.record_of(self._work.route, told[-1].data)
        return record, kinds.error_in(record)

    def _is_of_all(self, error: str) -> bool:
        """Whether the same is wrong with what every model can do: then it is the settings' fault, not this thing's."""
        return not self._has_done_one and self._asked(kinds.harmless(self._work.route))[1] == error

    def _named(self, record: Any, thing: Thing) -> Any:
        """The record with the name that the thing has outside this worker."""
        if isinstance(record, dict) and "image" in record:
            return record | {"image": key_of(self._work.places, thing)}
        if isinstance(record, dict) and "number" in record:
            return record | {"number": thing.number}
        return record
