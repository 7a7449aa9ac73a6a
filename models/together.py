"""What several threads ask of one model at the same time is computed together, and what is the same only once.

Thirty people who press a button together need not be served one after the other: eight short texts in one run of a
model take hardly longer than three. Serving systems call it dynamic batching. Here nobody waits for others to come, and
no thread of its own computes: who comes while nothing is computed computes at once, as if there were nobody else. What
has come meanwhile is the next batch, and one of those who wait for it computes it.

Each caller hands in one *parcel* at a time, no larger than what suits the model, and waits for it. Parcels are served
in the order of their arrival, so those of a book and of a sentence take turns, and nobody waits for a book.

Knows threads, not models. Whoever combines has to know that what comes out for an item is the same whatever stands
beside it; `mix` says so.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar

from models.cancellation import stop_if
from models.device import footprint
from models.threads import pinned_threads, take_threads

Item = TypeVar("Item")
Output = TypeVar("Output")

LOOK_AGAIN_SECONDS = 0.2  # how long somebody who has pressed Stop may still wait

PEOPLE = 32  # at once; each has texts and results in memory
_BITSANDBYTES = "bitsandbytes"
_NEIGHBOURS_MATTER = ("torch.ao.nn.quantized.dynamic", _BITSANDBYTES)


def people_at_once(model: Any) -> int:
    """How many may use a model at the same time, all of whose runs go through a Together.

    One where its layers pack their weights at the first run, as those of bitsandbytes do.
    """
    return 1 if _has_layers_of(model, _BITSANDBYTES) else PEOPLE


def ready_for_several(loaded: Any) -> None:
    """Let what computes in torch's place get ready for computations of one thread each, which a class gets.

    Else the first thirty who press a button together wait for it. `loaded` is a wrapper; its footprint may grow.
    """
    model: Any = getattr(loaded, "model", None)
    forwards = [vars(module).get("forward") for module in getattr(model, "modules", tuple)()]
    compiling = [each for each in forwards if hasattr(each, "compile_here")]
    if compiling:
        with pinned_threads(1):
            for forward in compiling:
                forward.compile_here()
        loaded.footprint = footprint(model)


def rows_are_alone(model: Any) -> bool:
    """Whether what a model gives for a row is the same whatever rows stand beside it in a batch, rounding aside.

    Not where activations are quantized: one scale, or one choice of outliers, is for all rows.
    """
    return not _has_layers_of(model, *_NEIGHBOURS_MATTER)


def _has_layers_of(model: Any, *libraries: str) -> bool:
    return any(base.__module__.startswith(libraries) for module in model.modules() for base in type(module).__mro__)


class _AllStopped(threading.Event):
    """Set when every one of several callers has stopped; one who goes on keeps it clear."""

    def __init__(self, events: Sequence[threading.Event | None]):
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        """Whether nobody waits any more."""
        return all(event is not None and event.is_set() for event in self._events)


@dataclass(eq=False)
class _Parcel(Generic[Item, Output]):
    """What one caller waits for. `look` wakes the caller, who may be computing what others wait for."""

    items: Sequence[Item]
    name: Callable[[Item], Hashable]
    kind: Hashable
    cancelled: threading.Event | None
    look: threading.Event = field(default_factory=threading.Event)
    computes: bool = False
    output: Output | None = None
    error: BaseException | None = None
    is_done: bool = False

    @cached_property
    def named(self) -> dict[Hashable, Item]:
        """The items by their names, equal ones once; looked up only where there is another parcel."""
        return {self.name(item): item for item in self.items}

    @property
    def is_given_up(self) -> bool:
        return self.cancelled is not None and self.cancelled.is_set()

    def result(self) -> Output:
        if self.error is not None:
            raise self.error
        return self.output  # type: ignore[return-value]  # there is no error, so there is an output

    def done(self, output: Output | None = None, error: BaseException | None = None) -> None:
        self.output, self.error, self.is_done = output, error, True
        self.look.set()


class Together(Generic[Item, Output]):
    """One computation of a model, for many threads at once.

    `compute(items, cancelled)` is one run; `part(output, numbers)` is what it gave for some of the items. Items are the
    same that `name` gives the same name. `fits(items)` says whether items of several parcels may share a run; with
    `mix` off parcels do only if they are the same throughout.

    Where several wait, several runs go on beside each other with a share of the caller's threads each: threads that
    never wait for each other do more than those that meet after every layer. There are as many as the caller has
    threads, or `lanes`, for callers who share out their threads themselves.
    """

    def __init__(
        self,
        compute: Callable[[Sequence[Item], threading.Event | None], Output],
        part: Callable[[Output, list[int]], Output],
        name: Callable[[Item], Hashable],
        fits: Callable[[Sequence[Item]], bool],
        mix: bool = True,
        lanes: int | None = None,
    ):
        self._compute, self._part = compute, part
        self._name, self._fits, self._mix, self._lanes = name, fits, mix, lanes
        self._lock = threading.Lock()
        self._waiting: deque[_Parcel[Item, Output]] = deque()
        self._runs = self._busy = 0  # runs that go on, and torch's threads in them

    def run(self, items: Sequence[Item], cancelled: threading.Event | None = None, kind: Hashable = None) -> Output:
        """What `compute` gives for the items, which only share a run with those of the same kind.

        Raises:
            Cancelled: while others compute, 0.2 seconds after the event was set.
            What `compute` raises for these items alone. Those of others are not to blame.
        """
        parcel: _Parcel[Item, Output] = _Parcel(items, self._name, kind, cancelled)
        threads = take_threads()
        with self._lock:
            self._waiting.append(parcel)
        try:
            while not parcel.is_done:
                stop_if(cancelled)
                with self._next(parcel, threads) as batch:
                    if batch is not None:
                        self._do(batch)
        finally:
            with self._lock:
                if parcel in self._waiting:
                    self._waiting.remove(parcel)
                self._wake()
        return parcel.result()

    @contextmanager
    def _next(self, parcel: _Parcel[Item, Output], threads: int) -> Iterator[list[_Parcel[Item, Output]] | None]:
        """The next batch for this caller to compute; None where others compute already, after waiting for them."""
        with self._lock:
            batch, share = self._begin(threads)
            parcel.computes = batch is not None
            if batch is not None:  # there may be a lane left; else whoever waits would wake itself, again and again
                self._wake()
        if batch is None:
            parcel.look.wait(LOOK_AGAIN_SECONDS)
            parcel.look.clear()
            yield None
            return
        try:
            with pinned_threads(share):
                yield batch
        finally:
            with self._lock:
                parcel.computes = False
                self._runs, self._busy = self._runs - 1, self._busy - share

    def _begin(self, threads: int) -> tuple[list[_Parcel[Item, Output]] | None, int]:
        """What to compute now, and with how many threads: all that are free, or a share where more than that waits."""
        free = threads - self._busy
        lanes = free if self._lanes is None else self._lanes - self._runs
        self._waiting = deque(parcel for parcel in self._waiting if not parcel.is_given_up)
        if not self._waiting or lanes < 1:
            return None, 0
        batch = self._take(lanes)
        share = max(1, free // min(lanes, 1 + len(self._waiting)))
        self._runs, self._busy = self._runs + 1, self._busy + share
        return batch, share

    def _take(self, lanes: int) -> list[_Parcel[Item, Output]]:
        """The parcel that has waited longest and those that may join it: as many as leave some for the other lanes."""
        most = -(-len(self._waiting) // lanes)
        batch = [self._waiting.popleft()]
        items = None
        for parcel in list(self._waiting):
            if parcel.kind != batch[0].kind:
                continue
            items = items or dict(batch[0].named)
            joined = self._joined(items, parcel, len(batch) < most)
            if joined is not None:
                items = joined
                batch.append(parcel)
                self._waiting.remove(parcel)
        return batch

    def _joined(
        self, items: dict[Hashable, Item], parcel: _Parcel[Item, Output], may_grow: bool
    ) -> dict[Hashable, Item] | None:
        """The items of a run that also does this parcel; None where it may not share the run."""
        if not self._mix:
            return items if items.keys() == parcel.named.keys() else None
        joined = items | parcel.named
        return joined if len(joined) == len(items) or (may_grow and self._fits(list(joined.values()))) else None

    def _wake(self) -> None:
        """Let the first of those who wait look again, whether there is something to compute."""
        idle = next((parcel for parcel in self._waiting if not parcel.computes), None)
        if idle is not None:
            idle.look.set()

    def _do(self, batch: list[_Parcel[Item, Output]]) -> None:
        try:
            self._compute_all(batch)
        except BaseException as error:
            if len(batch) == 1 or not isinstance(error, Exception):
                for parcel in batch:
                    parcel.done(error=error)
                return
            for parcel in batch:  # one of them is to blame, or they were too many
                self._do([parcel])

    def _compute_all(self, batch: list[_Parcel[Item, Output]]) -> None:
        if len(batch) == 1:
            [parcel] = batch
            stop_if(parcel.cancelled)
            parcel.done(self._compute(parcel.items, parcel.cancelled))
            return
        items = {name: item for parcel in batch for name, item in parcel.named.items()}
        output = self._compute(list(items.values()), _AllStopped([parcel.cancelled for parcel in batch]))
        places = {name: number for number, name in enumerate(items)}
        for parcel in batch:
            parcel.done(self._part(output, [places[self._name(item)] for item in parcel.items]))
