"""Memory really freed: what a process holds before a model is loaded, with it, after it has worked, and without it.

Knows text generation models. A model is loaded, used and dropped several times in one process; nothing is restarted.
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import choose_device, memory_in_use, release_memory, touch_weights
from models.errors import InvalidInput
from models.precision import FP32, Precision, require_applicable
from models.weights import hub
from quantization.experiments.steps import Step
from quantization.measure.default_text import DEFAULT_PROMPT
from quantization.recipes import PRECISIONS

if TYPE_CHECKING:
    from models.text_generation import TextGenerator

MOMENTS = ("before load", "after load", "after generation", "after unload")
MOST_CYCLES = 5
NEW_TOKENS = 16
# What is promised: the part of the footprint that may remain, and for models from which size on. The libraries keep
# some megabytes for the next model whatever its size, and of a small model that is a large part.
MOST_REMAINS = 0.05
LARGE_MODEL = 400_000_000


@dataclass(frozen=True)
class MemoryReading:
    """Memory at one of the MOMENTS of a cycle, in bytes, `seconds` after the first cycle began.

    `resident` is what the process holds of the machine's memory (its resident set). `allocated` and `reserved` are
    CUDA's: what tensors hold, and what torch has taken from the card for them; None on the CPU.
    """

    cycle: int
    moment: str
    seconds: float
    resident: int
    allocated: int | None = None
    reserved: int | None = None

    @property
    def bytes(self) -> int:
        """The memory that the weights are in: CUDA's where they are there."""
        return self.resident if self.allocated is None else self.allocated

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Cycle:
    """A model loaded, used and dropped: the four readings, and the bytes of its weight tensors (`footprint`)."""

    number: int
    precision: str
    device: str
    footprint: int
    readings: tuple[MemoryReading, ...]

    @property
    def remains(self) -> int:
        """Bytes in use after unloading beyond those before loading; below 0 where there are fewer."""
        return self.readings[-1].bytes - self.readings[0].bytes

    @property
    def part(self) -> float:
        """What remains as a part of the footprint: 0.05 is five per cent."""
        return self.remains / self.footprint

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with what remains."""
        return asdict(self) | {
            "remains": self.remains,
            "part": self.part,
            "readings": [reading.as_dict() for reading in self.readings],
        }


def memory_cycles(
    card: ModelCard,
    precision: Precision = FP32,
    device: str = "auto",
    cycles: int = 3,
    cancelled: threading.Event | None = None,
) -> Iterator[Step | MemoryReading | Cycle]:
    """Load, use and drop the model of `card` in one process, `cycles` times (1–5), and read the memory meanwhile.

    A Step comes before each thing that is done, a MemoryReading at each moment, a Cycle at its end. The first cycle
    also loads the libraries, which stay; from the second on, what remains is the model's. “After load” is read once
    every page of the weights has been touched, because files of safetensors are memory-mapped. Closing the iterator
    frees the model.

    Raises:
        InvalidInput: not a text generation model, or a number of cycles out of range.
        ModelNotHere: its weights are not on this machine.
        DeviceUnavailable, PrecisionNotApplicable: as `choose_device` and `require_applicable`.
        Cancelled: between two steps or two tokens, when `cancelled` is set; the memory is free then.
    """
    if card.task != Task.TEXT_GENERATION:
        raise InvalidInput(f"Only text generation models can be used here; {card.model_id} is for {card.task.label}.")
    if not 1 <= cycles <= MOST_CYCLES:
        raise InvalidInput(f"The number of cycles must be from 1 to {MOST_CYCLES}. It is {cycles}.")
    where = choose_device(device).type
    require_applicable(precision, where, card.task, PRECISIONS)
    hub.require(card)
    watch = _Watch(card, precision, where, cycles, cancelled)
    for number in range(1, cycles + 1):
        try:
            yield from watch.cycle(number)
        finally:
            release_memory()


@dataclass(frozen=True)
class _Watch:
    """What is the same for every cycle, and the clock of all of them."""

    card: ModelCard
    precision: Precision
    device: str
    cycles: int
    cancelled: threading.Event | None
    started: float = field(default_factory=time.monotonic)

    def cycle(self, number: int) -> Iterator[Step | MemoryReading | Cycle]:
        """One load, use and unload. The model is this function's alone, so that dropping it here frees it."""
        release_memory()  # what others have dropped in this process must not look like ours
        readings = [self._read(number, MOMENTS[0])]
        yield readings[-1]
        yield self._begin(number, "loading", 0)
        generator = self._load()
        footprint = generator.footprint
        readings.append(self._read(number, MOMENTS[1]))
        yield readings[-1]
        yield self._begin(number, "generating", 1)
        self._generate(generator)
        readings.append(self._read(number, MOMENTS[2]))
        yield readings[-1]
        yield self._begin(number, "unloading", 2)
        del generator
        release_memory()
        readings.append(self._read(number, MOMENTS[3]))
        yield readings[-1]
        yield Cycle(number, self.precision.name, self.device, footprint, tuple(readings))

    def _begin(self, number: int, action: str, done: int) -> Step:
        stop_if(self.cancelled)
        return Step(f"cycle {number}: {action}", (number - 1 + done / 3) / self.cycles)

    def _load(self) -> "TextGenerator":
        from models.text_generation import TextGenerator

        generator = TextGenerator.load(self.card, device=self.device, precision=self.precision)
        touch_weights(generator.model)
        return generator

    def _generate(self, generator: "TextGenerator") -> None:
        from models.text_generation import GenerationSettings

        settings = GenerationSettings(max_new_tokens=NEW_TOKENS, sample=False, beams=1)
        for _ in generator.generate(DEFAULT_PROMPT, settings, self.cancelled):
            pass

    def _read(self, number: int, moment: str) -> MemoryReading:
        seconds = time.monotonic() - self.started
        if self.device != "cuda":
            return MemoryReading(number, moment, seconds, memory_in_use())
        import torch

        torch.cuda.synchronize()
        allocated, reserved = torch.cuda.memory_allocated(), torch.cuda.memory_reserved()
        return MemoryReading(number, moment, seconds, memory_in_use(), allocated, reserved)
