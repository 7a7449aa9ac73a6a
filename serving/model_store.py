"""The models in memory, shared by everybody: each loaded once, used by as many as it can serve, bounded in bytes.

Knows nothing of Streamlit or of any task. A session holds a ModelKey and borrows the model while it computes, so that
the store alone decides how long a model lives.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.cancellation import stop_if
from models.device import release_memory, set_aside_what_lives
from models.errors import AulaError, Cancelled, InvalidInput, OutOfMemory
from models.memory import machine_memory
from models.together import ready_for_several
from models.weights import diffusers_folder, hub
from models.wrapper import OnStep, silent
from quantization.recipes import is_held_twice
from serving.fair_queue import LOOK_AGAIN_SECONDS, FairQueue, OnWait, unseen
from serving.loading import ModelKey, load, resolved
from serving.thread_shares import ThreadShares

MEMORY_VARIABLE = "AULA_MODEL_MEMORY"
_MANY_MODULES = 100  # a library that is worth sparing the garbage collector; torch alone has 1,000


def capacity_from_environment() -> int:
    """Bytes that models may keep: AULA_MODEL_MEMORY in gigabytes, else 60 % of this machine's memory."""
    stated = os.environ.get(MEMORY_VARIABLE)
    if stated is None:
        return int(machine_memory().total * 0.6)
    try:
        capacity = int(float(stated) * 1e9)
    except (ValueError, OverflowError):
        capacity = 0
    if capacity <= 0:
        raise InvalidInput(f"{MEMORY_VARIABLE} is “{stated}”. Set it to a number of gigabytes, for instance 4.")
    return capacity


def expected_bytes(key: ModelKey) -> int:
    """What the loaded model will take at most: its files, or four bytes for each parameter where that is more.

    Twice that where OpenVINO computes, which holds the weights in a layout of its own.
    """
    once = max(_weight_bytes(hub.present(key.card)), 4 * (key.card.parameters or 0))
    return 2 * once if is_held_twice(key.precision) else once


def stamp_of(key: ModelKey) -> tuple[str, ...] | None:
    """What tells the weights of `key` from others that had its name before; None where there are none."""
    try:
        place = hub.locate(key.card)
        return None if place is None else hub.stamp(place)
    except (AulaError, OSError):  # whatever is wrong, loading them says it
        return None


def _weight_bytes(path: Path) -> int:
    """Bytes of a weight file, or of a folder's; where the same weights lie there in two formats, one of them counts."""
    files = [path] if path.is_file() else _weight_files(path)
    return sum(file.stat().st_size for file in files)


def _weight_files(folder: Path) -> list[Path]:
    """Those of the first kind that there is; .pt is what a model saved in int8 has."""
    if (folder / diffusers_folder.INDEX).is_file():
        return diffusers_folder.weight_files(folder)
    kinds = (list(folder.glob(f"*{ending}")) for ending in (".safetensors", ".bin", ".pt"))
    return next((files for files in kinds if files), [])


@dataclass(eq=False)
class _Shelf:
    """Room for one model: empty, or holding a model of so many bytes, whose files were those of the stamp."""

    queue: FairQueue = field(default_factory=FairQueue)
    filling: threading.Lock = field(default_factory=threading.Lock)
    model: Any = None
    stamp: tuple[str, ...] | None = None
    bytes: int = 0
    last_used: float = 0.0


class ModelStore:
    """Loaded models under their keys; the least recently used goes first, one in use never."""

    def __init__(
        self,
        capacity_bytes: int | None = None,
        load_model: Callable[..., Any] = load,
        expect_bytes: Callable[[ModelKey], int] = expected_bytes,
    ):
        self.capacity_bytes = capacity_from_environment() if capacity_bytes is None else capacity_bytes
        self._load_model = load_model
        self._expect_bytes = expect_bytes
        self._changed = threading.Condition()
        self._shelves: dict[ModelKey, _Shelf] = {}
        self._other_bytes = 0
        self._spare: dict[threading.Event, int] = {}
        self._visits, self._left = 0, time.monotonic()
        self._are_several = False  # people who come at the same time: once there were, it is a class
        self._modules = len(sys.modules)
        self._threads = ThreadShares()

    @contextmanager
    def use(
        self,
        key: ModelKey,
        cancelled: threading.Event | None = None,
        on_wait: OnWait = unseen,
        on_step: OnStep = silent,
    ) -> Iterator[Any]:
        """The model of `key`, loaded if need be, until the block ends: for this caller alone, or for as many at once as
        it says (`people`), because it computes together what they ask.

        Raises:
            Cancelled: while waiting for the model.
            OutOfMemory: it would not fit even with every other model gone.
            AulaError: whatever loading it raises.
        """
        with self._visit():
            on_step("Starting the libraries")
            key = replace(key)  # without what the caller's has looked up: a folder may have changed since
            whole = resolved(key)
            if key.choice is not None:  # decided here, because a measurement may end before the model is loaded
                key = replace(key, precision=whole.precision)
            with self._changed:
                shelf = self._shelves.setdefault(whole, _Shelf())
            with self._borrowed(shelf, key, cancelled, on_wait, on_step) as model:
                yield model

    @contextmanager
    def _borrowed(
        self, shelf: _Shelf, key: ModelKey, cancelled: threading.Event | None, on_wait: OnWait, on_step: OnStep
    ) -> Iterator[Any]:
        with shelf.queue.turn(cancelled, on_wait):
            with shelf.filling:  # two are here at once only if the model was dropped as they came
                stamp = stamp_of(key)
                with self._changed:  # not while somebody is dropping idle models
                    model = shelf.model if shelf.stamp == stamp else None  # under its name others may lie now
                if model is None:
                    model = self._fill(shelf, key, cancelled, on_step)
                    shelf.stamp = stamp
            shelf.queue.open(model.people)
            try:
                stop_if(cancelled)  # loading is finished for the next in line, working for nobody is not begun
                with self._threads.one(shelf):
                    yield model
            finally:
                with self._changed:
                    shelf.last_used = time.monotonic()
                    self._changed.notify_all()

    @contextmanager
    def room(self, size: int, cancelled: threading.Event | None = None, on_step: OnStep = silent) -> Iterator[None]:
        """Room for `size` bytes that the caller fills and empties without the store's help.

        Raises:
            Cancelled: while waiting for room.
            OutOfMemory: there would be none even with every model gone.
        """
        with self._visit():
            self._make_room(size, cancelled, on_step)
            try:
                self._wait_for_spare(cancelled, on_step)
                yield
            finally:
                with self._changed:
                    self._other_bytes -= size
                    self._changed.notify_all()
                self._spare_new_libraries()

    @property
    def idle_seconds(self) -> float:
        """For how long nobody has computed here, or waited to; 0 while somebody does."""
        with self._changed:
            return 0.0 if self._visits else time.monotonic() - self._left

    @contextmanager
    def spare(self, size: int) -> Iterator[threading.Event]:
        """Room for `size` bytes that nobody else needs: no model goes for it, and it is lent until somebody comes.

        The event is set then, and whoever has the room leaves soon.

        Raises:
            Cancelled: somebody is here.
            OutOfMemory: there is no such room beside the models that are in memory.
        """
        wanted = threading.Event()
        with self._changed:
            if self._visits:
                raise Cancelled
            if self._bytes_held() + size > self.capacity_bytes:
                raise OutOfMemory(f"There are no {size / 1e9:.1f} GB beside the models in memory.")
            self._spare[wanted] = size
        try:
            yield wanted
        finally:
            with self._changed:
                del self._spare[wanted]
                self._changed.notify_all()

    @contextmanager
    def _visit(self) -> Iterator[None]:
        """Somebody is here, from coming to leaving: whoever has spare room hears of it."""
        with self._changed:
            self._visits += 1
            self._are_several = self._are_several or self._visits > 1
            for wanted in self._spare:
                wanted.set()
        try:
            yield
        finally:
            with self._changed:
                self._visits -= 1
                self._left = time.monotonic()

    def _wait_for_spare(self, cancelled: threading.Event | None, on_step: OnStep) -> None:
        """Until nobody has spare room: who measures wants the machine, too."""
        with self._changed:
            while self._spare:
                stop_if(cancelled)
                on_step("Waiting until a measurement in the background has stopped")
                self._changed.wait(LOOK_AGAIN_SECONDS)

    def loaded(self) -> dict[ModelKey, int]:
        """The models in memory and their bytes, most recently used first."""
        with self._changed:
            held = [(key, shelf) for key, shelf in self._shelves.items() if shelf.model is not None]
        return {key: shelf.bytes for key, shelf in sorted(held, key=lambda item: -item[1].last_used)}

    def unload(self) -> int:
        """Drop every model that nobody uses; the bytes they held."""
        with self._changed:
            before = self._bytes_kept()
            while self._drop_least_recent():
                pass
            freed = before - self._bytes_kept()
        release_memory()
        return freed

    def _fill(self, shelf: _Shelf, key: ModelKey, cancelled: threading.Event | None, on_step: OnStep) -> Any:
        on_step("Making room in memory")
        size = self._expect_bytes(key)
        self._make_room(size, cancelled, on_step)
        try:
            shelf.model = self._load_model(key, on_step)
            if self._are_several:
                on_step("Getting ready for several people at once")
                ready_for_several(shelf.model)
        finally:
            with self._changed:
                self._other_bytes -= size
                shelf.bytes = shelf.model.footprint if shelf.model is not None else 0
                self._changed.notify_all()
        self._drop_excess()
        self._spare_new_libraries()
        return shelf.model

    def _spare_new_libraries(self) -> None:
        """Set the libraries aside that a load has read, so that collecting a page's garbage does not visit them."""
        modules = len(sys.modules)
        if modules - self._modules >= _MANY_MODULES:
            self._modules = modules
            set_aside_what_lives()

    def _drop_excess(self) -> None:
        """Drop idle models when one turned out larger than its file: half precision doubles in fp32."""
        dropped = False
        with self._changed:
            while self._bytes_kept() > self.capacity_bytes and self._drop_least_recent():
                dropped = True
        if dropped:
            release_memory()

    def _make_room(self, size: int, cancelled: threading.Event | None, on_step: OnStep) -> None:
        """Reserve `size` bytes, dropping idle models and then waiting for those in use."""
        if size > self.capacity_bytes:
            raise OutOfMemory(
                f"This model needs about {size / 1e9:.1f} GB and Aula keeps at most {self.capacity_bytes / 1e9:.1f} GB "
                f"of models in memory. Choose a smaller model, or raise {MEMORY_VARIABLE}."
            )
        dropped = False
        with self._changed:
            while self._bytes_held() + size > self.capacity_bytes:
                if not self._spare and self._drop_least_recent():  # what is spare is given back at once
                    dropped = True
                    continue
                stop_if(cancelled)
                on_step("Waiting until another model is no longer in use")
                self._changed.wait(LOOK_AGAIN_SECONDS)
            self._other_bytes += size
        if dropped:
            release_memory()

    def _bytes_held(self) -> int:
        return self._bytes_kept() + sum(self._spare.values())

    def _bytes_kept(self) -> int:
        return self._other_bytes + sum(shelf.bytes for shelf in self._shelves.values())

    def _drop_least_recent(self) -> bool:
        """Empty the shelf that nobody has used for longest; False when every model is in use."""
        idle = [shelf for shelf in self._shelves.values() if shelf.model is not None and shelf.queue.is_idle]
        if not idle:
            return False
        oldest = min(idle, key=lambda shelf: shelf.last_used)
        oldest.model, oldest.bytes = None, 0
        oldest.queue.open(1)  # the next one loads it, and the others see that they wait
        return True
