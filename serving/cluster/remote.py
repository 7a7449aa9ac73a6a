"""A model that a cluster holds, with the attributes and methods of its wrapper: whoever uses it notices no difference.

Each attribute is asked for once. A method's result, or what its iterator gives, comes from the cluster as it is there;
Stop, and closing the iterator, end the work there. Should the process with the model die, another one begins anew, and
what has been told already is not told again: the same model gives the same for the same seed.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from models.catalog import ModelCard
from models.errors import ClusterUnreachable, InvalidInput
from models.tasks import wrapper_class
from models.threads import side_by_side
from models.wrapper import OnStep, silent
from serving.api.running import Event
from serving.cluster.calls import LOOKS_INSIDE, NOT_LENT, Call, packed
from serving.fair_queue import OnWait, unseen
from serving.loading import ModelKey

ATTEMPTS = 3
FILES_AT_ONCE = 4  # travel together, so that progress is seen, and others get their turn
LOST = (
    f"The cluster lost the process that worked on this {ATTEMPTS} times. Its memory may be full: choose a smaller "
    "model, or ask whoever runs the cluster. `python aula.py cluster status` shows its machines."
)


class Lost(Exception):
    """The process that worked on a call has died, and with it the work."""


class Road(Protocol):
    """How a model of the cluster is asked. `lanes` is how much of what one person asks is done at the same time."""

    lanes: int

    def __call__(self, call: Call, cancelled: threading.Event | None) -> Generator[Event, None, None]:
        """What the call leads to; the last event is `done` or `error`.

        Raises:
            Cancelled: the event is set.
            Lost: the process that worked on it has died.
        """
        ...


class RemoteModel:
    """The wrapper of `key`, in a process of a cluster. `lead` gives the road there, another one when that has ended."""

    def __init__(
        self, key: ModelKey, lead: Callable[[], Road], on_wait: OnWait = unseen, on_step: OnStep = silent
    ) -> None:
        self.key = key
        self.card: ModelCard = key.card
        self._step = ""
        self._lead, self._on_wait, self._on_step = lead, on_wait, on_step

    def __getattr__(self, name: str) -> Any:
        """A method that asks the cluster, or the value of an attribute there."""
        if name.startswith("__"):  # what Python itself looks for, to copy or to show an object
            raise AttributeError(name)
        if name in NOT_LENT:
            raise InvalidInput(LOOKS_INSIDE)
        if callable(getattr(wrapper_class(self.key.task), name, None)):
            return partial(self._method, name)
        value = self._result(Call(self.key, name), {})
        setattr(self, name, value)
        return value

    def _method(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        if any(isinstance(argument, Iterator) for argument in (*arguments, *keywords.values())):
            # An iterator cannot travel: the method runs here, and asks the cluster for what it calls itself.
            return getattr(wrapper_class(self.key.task), name)(self, *arguments, **keywords)
        if arguments and _are_files(arguments[0]):
            return self._over_files(name, [Path(item) for item in arguments[0]], *arguments[1:], **keywords)
        return self._ask(name, *arguments, **keywords)

    def _over_files(self, name: str, paths: Sequence[Path], *rest: Any, **keywords: Any) -> Iterator[Any]:
        """A method over files, a few at a time; what tells of a file tells it by the path that it has here."""
        parts = [paths[start : start + FILES_AT_ONCE] for start in range(0, len(paths), FILES_AT_ONCE)]

        def ask(part: Sequence[Path]) -> list[Any]:
            found = self._ask(name, part, *rest, **keywords)
            return [_as_here(each, part[int(each.path.parent.name)]) for each in found]

        for found in side_by_side(ask, parts, self._lead().lanes):
            yield from found

    def _ask(self, name: str, *arguments: Any, **keywords: Any) -> Any:
        given: dict[int | str, Any] = dict(enumerate(arguments)) | keywords
        sent = {place: packed(place, argument) for place, argument in given.items()}
        call = Call(
            self.key, name, tuple(sent[place] for place in range(len(arguments))), {k: sent[k] for k in keywords}
        )
        return self._result(call, given)

    def _result(self, call: Call, given: Mapping[int | str, Any]) -> Any:
        """The value that the call leads to, or an iterator over what it gives one after another."""
        events = self._answers(call, given)
        first = next(events)
        return first.data if first.kind == "done" else _items(events)

    def _answers(self, call: Call, given: Mapping[int | str, Any]) -> Generator[Event, None, None]:
        """`iterator`, `item` and `done`; the functions among the arguments are called, and an error is raised."""
        with closing(self._once(call, _event_in(given.values()))) as events:
            for event in events:
                if event.kind == "error":
                    raise event.data
                if event.kind == "called":
                    place, arguments = event.data
                    given[place](*arguments)
                else:
                    yield event

    def _once(self, call: Call, cancelled: threading.Event | None) -> Generator[Event, None, None]:
        """What a call leads to, each event once, however often the process that does it dies."""
        told = 0
        for _ in range(ATTEMPTS):
            try:
                with closing(self._lead()(call, cancelled)) as events:
                    for event in islice(filter(self._is_result, events), told, None):
                        told += 1
                        yield event
                return
            except Lost:
                self._on_step("The process with the model has died. Beginning anew in another one")
        raise ClusterUnreachable(LOST)

    def _is_result(self, event: Event) -> bool:
        """False for an event about waiting and loading, which whoever waits is told here."""
        if event.kind == "waiting":
            self._on_wait(event.data)
        elif event.kind == "step" and event.data != self._step:  # each use begins with the same one
            self._step = event.data
            self._on_step(event.data)
        return event.kind not in ("waiting", "step")


def _items(events: Generator[Event, None, None]) -> Iterator[Any]:
    with closing(events):
        for event in events:
            if event.kind == "done":
                return
            yield event.data


def _as_here(result: Any, path: Path) -> Any:
    """What tells of a file, by the path that it has here, also in its error."""
    error = result.error and result.error.replace(str(result.path), str(path))
    return replace(result, path=path, error=error)


def _are_files(argument: Any) -> bool:
    return isinstance(argument, list | tuple) and any(isinstance(item, Path) for item in argument)


def _event_in(arguments: Iterable[Any]) -> threading.Event | None:
    return next((each for each in arguments if isinstance(each, threading.Event)), None)
