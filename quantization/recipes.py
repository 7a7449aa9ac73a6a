"""Every precision there is: the plain dtypes, and those that quantize. A new one is one more object in this file.

Nothing here imports torch: a page lists the precisions before any library is loaded.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import PrecisionNotApplicable
from models.precision import PLAIN_PRECISIONS, Precision

if TYPE_CHECKING:
    from torch import nn

# The models made of `nn.Linear` and `Conv1D`; YOLO is made of convolutions, which neither method touches.
TEXT_TASKS = frozenset({Task.QUESTION_ANSWERING, Task.TEXT_TO_TEXT, Task.TEXT_GENERATION})


@dataclass(frozen=True)
class DynamicInt8:
    """Dynamic quantization after training: int8 weights kept, activations quantized to 8 bits at each call."""

    name: str
    explanation: str
    devices: tuple[str, ...] = ("cpu",)  # torch has its int8 kernels for processors only
    tasks: frozenset[Task] = TEXT_TASKS

    def load_arguments(self, device: str) -> dict[str, Any]:
        """fp32, from which `apply` quantizes."""
        import torch

        return {"dtype": torch.float32}

    def apply(self, model: "nn.Module") -> "nn.Module":
        """Quantize in place. Raises PrecisionNotApplicable as `quantization.dynamic.quantize_dynamic` does."""
        from quantization.dynamic import quantize_dynamic

        return quantize_dynamic(model)


@dataclass(frozen=True)
class BitsAndBytes:
    """Quantization by bitsandbytes, which acts while `from_pretrained` reads the weights."""

    name: str
    explanation: str
    bits: int
    devices: tuple[str, ...] = ("cpu", "cuda")
    tasks: frozenset[Task] = TEXT_TASKS

    def load_arguments(self, device: str) -> dict[str, Any]:
        """Raises PrecisionNotApplicable where bitsandbytes is missing or does not start."""
        from quantization import bits_and_bytes

        return bits_and_bytes.load_arguments(self.name, self.bits, device)

    def apply(self, model: "nn.Module") -> "nn.Module":
        """The model as it was loaded, with the kernels of its 4-bit layers chosen by their shape."""
        from quantization import bits_and_bytes

        return bits_and_bytes.choose_kernels(model)


INT8 = DynamicInt8(
    "int8",
    "8 bits for the weights of every linear layer, Conv1D included; sums in 32 bits. Small and fast on a CPU.",
)
BNB_INT8 = BitsAndBytes(
    "bnb-int8",
    "LLM.int8 of bitsandbytes: 8 bits for the weights, rare very large activations kept in 16 bits.",
    bits=8,
)
BNB_NF4 = BitsAndBytes(
    "bnb-nf4",
    "NF4 of bitsandbytes: each weight is one of 16 levels that suit normally distributed numbers, in groups of 64.",
    bits=4,
)

PRECISIONS: tuple[Precision, ...] = (*PLAIN_PRECISIONS, INT8, BNB_INT8, BNB_NF4)
PRECISION_NAMES: tuple[str, ...] = tuple(precision.name for precision in PRECISIONS)


def find_precision(name: str) -> Precision:
    """The precision called `name`. Raises PrecisionNotApplicable, naming them all, where there is none."""
    for precision in PRECISIONS:
        if precision.name == name:
            return precision
    raise PrecisionNotApplicable(f"There is no precision “{name}”. Choose one of: {', '.join(PRECISION_NAMES)}.")
