"""What every wrapper is: a model on a device with its card, the steps of its loading, and what it raises when it fails.

Whatever all wrappers share is read here, once: what they hold, and the sentences for a memory that is full, for numbers
that overflow, and for text that is not text. Imports no torch, so that a page can draw before the libraries are there.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from models.device import Device
from models.errors import InvalidInput, OutOfMemory, PrecisionNotApplicable, ran_out_of_memory

if TYPE_CHECKING:
    from torch import Tensor

    from models.catalog import ModelCard
    from models.precision import Precision

OnStep = Callable[[str], None]
AnyDevice = str | Device  # “auto”, “cpu” or “cuda”, or one that was chosen before

# Held while a model is built. transformers then sets torch's default dtype and replaces `tie_weights`, both for the
# whole process: two builds at once would leave them so for good, and every model after them broken.
BUILDING = threading.Lock()


def silent(step: str) -> None:
    """The `on_step` of a caller who does not watch."""


@dataclass(frozen=True)
class Pretrained:
    """A loaded checkpoint, ready for inference on its device: what a wrapper is made from.

    Where text goes in there is a `tokenizer`, where pictures go in a `processor`, else None;
    YOLOv5 has neither. `precision` is a name, `footprint` the bytes of all weights. `doubt` is a sentence where its
    parts may be of different models, and nobody can tell for sure.
    """

    card: "ModelCard"
    model: Any
    tokenizer: Any
    device: Device
    precision: str
    footprint: int
    load_seconds: float
    processor: Any = None
    doubt: str | None = None


class LoadedModel:
    """The base of every wrapper. It only holds what loading gave: the fields of `Pretrained`, under the same names.

    `people` is how many may use it at the same time: one, unless it computes together what they ask (`Together`).
    """

    people: int = 1

    def __init__(self, loaded: "Pretrained | LoadedModel"):
        self.card: ModelCard = loaded.card
        self.model: Any = loaded.model
        self.tokenizer: Any = loaded.tokenizer
        self.device: Device = loaded.device
        self.precision: str = loaded.precision
        self.footprint: int = loaded.footprint
        self.load_seconds: float = loaded.load_seconds
        self.processor: Any = loaded.processor
        self.doubt: str | None = loaded.doubt


class Wrapper(Protocol):
    """What loading and serving ask of a wrapper. The rest is between it and those who use it."""

    card: "ModelCard"
    device: Device
    precision: str
    footprint: int
    load_seconds: float
    people: int

    @classmethod
    def load(
        cls, card: "ModelCard", device: AnyDevice = "auto", precision: "Precision" = ..., on_step: OnStep = silent
    ) -> Self:
        """The model of `card` from this machine; `on_step` is told each step in words."""
        ...


@contextmanager
def running(card: "ModelCard", smaller: str = "a smaller model") -> Iterator[None]:
    """For the lines that run a model: a memory that is full becomes OutOfMemory, which says to choose `smaller`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch says it in a RuntimeError, on CUDA in a kind of its own
        if not ran_out_of_memory(error):
            raise
        raise OutOfMemory(
            f"There is not enough memory to run {card.model_id}. Close other programs, or choose {smaller}."
        ) from error


def finite(numbers: "Tensor", loaded: LoadedModel) -> "Tensor":
    """What a model gave, in float32: bf16 and fp16 are widened before anything else is computed with them.

    Raises:
        PrecisionNotApplicable: one of the numbers is infinite or not a number. fp16 ends at 65,504.
    """
    if not numbers.isfinite().all():
        raise PrecisionNotApplicable(
            f"The numbers of {loaded.card.model_id} overflow in {loaded.precision}. Load it in bf16 or fp32."
        )
    return numbers.float()


def readable(text: str) -> str:
    """The same text. Raises InvalidInput where it holds bytes that were not UTF-8."""
    # Python keeps a byte that it could not decode as one of these halves of a character, which stand for nothing.
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidInput("The text holds bytes that are not UTF-8. Save the file as UTF-8 and try again.")
    return text
