"""One use of a model that another process holds: what is asked travels there, and what happens comes back as events.

Events can hold a good deal, but not be stopped, and a function cannot travel: in their place goes a mark, and what
happens to it is told. Knows nothing of Ray; any road that carries these classes will do.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.errors import InvalidInput
from serving.api.running import Event, Tell
from serving.loading import ModelKey
from serving.model_store import ModelStore

NOT_LENT = ("model", "processor")  # weights, which would travel whole
LOOKS_INSIDE = (
    "This looks into the model itself, which a cluster does not send. Start Aula without AULA_CLUSTER for it."
)


@dataclass(frozen=True)
class Stop:
    """Stands for a `threading.Event` that stops the work."""


@dataclass(frozen=True)
class Function:
    """Stands for a function of the caller's, by its place among the arguments: it is called there."""

    place: int | str


@dataclass(frozen=True)
class SentFile:
    """A file of the caller's machine. One that cannot be read there has no content, and is missing where it arrives.

    So it gets the wrapper's own sentence, and the other files go on.
    """

    name: str
    content: bytes | None


@dataclass(frozen=True)
class Call:
    """What is asked of the model of `key`: an attribute (`arguments` is None) or the result of a method."""

    key: ModelKey
    name: str
    arguments: tuple[Any, ...] | None = None
    keywords: dict[str, Any] | None = None


def packed(place: int | str, argument: Any) -> Any:
    """What travels for an argument."""
    if isinstance(argument, threading.Event):
        return Stop()
    if isinstance(argument, Path):
        return SentFile(argument.name, _content(argument))
    if isinstance(argument, list | tuple) and any(isinstance(item, Path) for item in argument):
        return [packed(place, Path(item)) for item in argument]
    return Function(place) if callable(argument) and not isinstance(argument, type) else argument


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


# Where the model is


def do(call: Call, store: ModelStore, cancelled: threading.Event, tell: Tell) -> None:
    """Do what is asked with the store's model, in this thread, and tell of it; the last event is `done` or `error`."""
    last = Event("error", RuntimeError("the thread of this work was ended"))
    try:
        waiting = partial(_tell_as, tell, "waiting")
        with store.use(call.key, cancelled, waiting, partial(_tell_as, tell, "step")) as model:
            last = Event("done", _done(call, model, cancelled, tell))
    except Exception as error:
        last = Event("error", error)
    finally:  # whatever came: somebody waits for it
        tell(last)


def _tell_as(tell: Tell, kind: str, data: Any) -> None:
    tell(Event(kind, data))


def _done(call: Call, model: Any, cancelled: threading.Event, tell: Tell) -> Any:
    if call.name in NOT_LENT:
        raise InvalidInput(LOOKS_INSIDE)
    found = getattr(model, call.name)
    if call.arguments is None:
        return found
    with TemporaryDirectory(prefix="aula-cluster-") as folder:
        unpack = _Unpacking(Path(folder), cancelled, tell)
        arguments = [unpack(argument) for argument in call.arguments]
        result = found(*arguments, **{name: unpack(argument) for name, argument in (call.keywords or {}).items()})
        return _told(result, tell) if isinstance(result, Iterator) else result


def _told(results: Iterator[Any], tell: Tell) -> None:
    tell(Event("iterator", None))
    for item in results:
        tell(Event("item", item))


@dataclass
class _Unpacking:
    """Turns what came back into what it stands for. A file lies in a folder whose name is its number, from 0."""

    folder: Path
    cancelled: threading.Event
    tell: Tell
    files: int = 0

    def __call__(self, argument: Any) -> Any:
        if isinstance(argument, Stop):
            return self.cancelled
        if isinstance(argument, Function):
            return partial(self._called, argument.place)
        if isinstance(argument, list):
            return [self._file(item) if isinstance(item, SentFile) else item for item in argument]
        return self._file(argument) if isinstance(argument, SentFile) else argument

    def _file(self, sent: SentFile) -> Path:
        path = self.folder / str(self.files) / sent.name
        path.parent.mkdir()
        if sent.content is not None:
            path.write_bytes(sent.content)
        self.files += 1
        return path

    def _called(self, place: int | str, *arguments: Any) -> None:
        self.tell(Event("called", (place, arguments)))
