"""From what is asked to what comes back: a model is waited for, loaded and used in a thread, which can be stopped.

What happens is told as events, one after another: `waiting` (how many are ahead), `step` (in words), `model` (which one
answers), `item` (a record), and at the end `done` (the whole result) or `error` (a sentence and a status).
"""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

from models.catalog import ModelCard
from models.errors import (
    AulaError,
    Cancelled,
    ClusterUnreachable,
    DamagedFile,
    DeviceUnavailable,
    InvalidInput,
    ModelNotHere,
    OutOfMemory,
    PrecisionNotApplicable,
    UnknownModel,
    sentence_for,
)
from models.failures import printable
from models.weights import hub
from quantization.automatic.choice import DEFAULT
from serving.api.requests import Asked
from serving.api.tasks import Route
from serving.choosing import choose
from serving.loading import ModelKey
from serving.model_store import ModelStore

# What a sentence means to a program. The first that fits counts; all else is a defect.
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (InvalidInput, 422),
    (DeviceUnavailable, 422),
    (PrecisionNotApplicable, 422),
    (UnknownModel, 404),
    (ModelNotHere, 404),
    (ClusterUnreachable, 503),
    (OutOfMemory, 507),
    (Cancelled, 499),
    (DamagedFile, 500),
    (AulaError, 422),
)
END = ("done", "error")
UNFORESEEN = "Something unforeseen went wrong in Aula. The terminal that it was started from says what."
MOST_WAITING = 10_000  # events that a client has not read: then it does not read
LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Event:
    """What happened: its `kind`, and plain JSON types."""

    kind: str
    data: Any


Tell = Callable[[Event], None]


def key_of(route: Route, asked: Asked) -> ModelKey:
    """The model that is meant. Raises UnknownModel, and ModelNotHere for one that nobody has fetched."""
    assert route.task is not None
    wanted: dict[str, Any] = asked.model_dump(include={"model", "device", "precision"})
    card = choose(wanted["model"], route.task, route.verb, route.fits(asked))
    hub.require(card)
    return key_for(card, wanted["device"], wanted["precision"])


def key_for(card: ModelCard, device: str = "auto", precision: str | None = None) -> ModelKey:
    """The key of a model where no precision may have been asked for: then it is “auto”, as on pages."""
    return ModelKey(card.task, card.model_id, device, DEFAULT if precision is None else precision)


def work(route: Route, asked: Asked, store: ModelStore, cancelled: threading.Event, tell: Tell) -> None:
    """Do it, in this thread, and tell of it; the last event is `done` or `error`."""
    last = Event("error", {"error": UNFORESEEN, "status": 500})
    try:
        last = Event("done", _work(route, asked, store, cancelled, tell))
    except Exception as error:
        last = failure(error)
    finally:  # whatever came: somebody waits for it
        tell(last)


def _work(route: Route, asked: Asked, store: ModelStore, cancelled: threading.Event, tell: Tell) -> Any:
    def item(record: Any) -> None:
        tell(Event("item", record))

    if route.task is None:
        return route.work(None, asked, cancelled, item)

    def waiting(ahead: int) -> None:
        tell(Event("waiting", {"ahead": ahead}))

    def step(words: str) -> None:
        tell(Event("step", {"text": words}))

    with store.use(key_of(route, asked), cancelled, waiting, step) as model:
        tell(Event("model", facts(model)))
        return route.work(model, asked, cancelled, item)


def facts(model: Any) -> dict[str, str]:
    """Which model answers, and how it computes."""
    return {"model": model.card.model_id, "device": model.device.type, "precision": model.precision}


def failure(error: Exception) -> Event:
    """What to tell of an error: its sentence, and the HTTP status that goes with it.

    What nobody has foreseen is told in the terminal, because it may hold paths.
    """
    known = sentence_for(error)
    if known is None:
        logging.getLogger(__name__).error("A request to the API failed.", exc_info=error)
        return Event("error", {"error": UNFORESEEN, "status": 500})
    status = next((number for kind, number in STATUS if isinstance(error, kind)), 507)  # plain errors: memory is full
    return Event("error", {"error": printable(known), "status": status})


def status_of(whole: Any) -> int:
    """The HTTP status of a result: 200, 207 where a part of it could not be done, 422 where nothing could."""
    records = whole if isinstance(whole, list) else whole.get("images") or whole.get("results") or [whole]
    wrong = [record for record in records if record.get("error") is not None]
    nothing = [record for record in wrong if not (record.get("translation") or record.get("summary"))]
    if not wrong:
        return 207 if isinstance(whole, dict) and whole.get("failures") else 200
    return 422 if len(nothing) == len(records) else 207


async def events(
    begin: Callable[[threading.Event, Tell], None], gone: Callable[[], Any], seconds: float
) -> AsyncGenerator[Event, None]:
    """What `begin` tells from a thread of its own, until its end, or until nobody listens or the time is up.

    `gone` says whether the client has left; then, and when this iterator is closed, the work is stopped between two of
    its steps. After `seconds` it is stopped, too, and the last event says so.
    """
    loop, told = asyncio.get_running_loop(), asyncio.Queue[Event]()
    cancelled = threading.Event()

    def tell(event: Event) -> None:
        if told.qsize() > MOST_WAITING:
            cancelled.set()
        try:
            loop.call_soon_threadsafe(told.put_nowait, event)
        except RuntimeError:  # the server has ended meanwhile
            cancelled.set()

    threading.Thread(target=begin, args=(cancelled, tell), daemon=True, name="aula-api").start()
    began = looked = time.monotonic()
    try:
        while True:
            event = await _next(told)
            if event is not None:
                yield event
                if event.kind in END:
                    return
            if (now := time.monotonic()) - looked > LOOK_AGAIN_SECONDS:
                looked = now
                if now - began > seconds:
                    sentence = f"This took longer than {seconds:.0f} seconds and was stopped. Ask for less at once."
                    yield Event("error", {"error": sentence, "status": 504})
                    return
                if await gone():
                    return
    finally:
        cancelled.set()


async def _next(told: "asyncio.Queue[Event]") -> Event | None:
    try:
        return await asyncio.wait_for(told.get(), LOOK_AGAIN_SECONDS)
    except TimeoutError:
        return None
