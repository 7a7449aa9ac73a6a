"""What a precision is, and the plain ones: fp32, bf16, fp16.

A precision acts when a model is loaded: `load_arguments` go into `from_pretrained`, `apply` changes the loaded model.
And when it is kept: `save` writes the weights as they are stored in this precision, `restore` reads them back. So a
wrapper needs to know nothing about quantization, and `quantization.recipes` can supply the precisions that are more
than a dtype.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models import precision_file
from models.catalog import Task
from models.errors import PrecisionNotApplicable
from models.json_file import read_json

if TYPE_CHECKING:
    from torch import nn


class Precision(Protocol):
    """How a model's numbers are stored and computed with; `touches` says in a few words which of them it changes."""

    name: str
    explanation: str
    touches: str
    devices: tuple[str, ...]
    tasks: frozenset[Task]

    def load_arguments(self, device: str) -> dict[str, Any]:
        """Keyword arguments for `from_pretrained`, for a model that will run on `cpu` or `cuda`."""
        ...

    def apply(self, model: "nn.Module") -> "nn.Module":
        """Change a loaded model; it may be changed in place."""
        ...

    def save(self, model: "nn.Module", folder: Path) -> None:
        """Write config and weights, without tokenizer and card, of a model of transformers loaded in this precision.

        The model must be freshly loaded: some precisions repack weights at the first run, and raise InvalidInput then.
        """
        ...

    def restore(self, auto_class: type, folder: Path, device: str) -> "nn.Module":
        """The model that `save` wrote, on `cpu` or `cuda`, with the same weights; runs no code from the folder."""
        ...


@dataclass(frozen=True)
class PlainPrecision:
    """One dtype for all weights and all arithmetic."""

    name: str
    dtype_name: str
    explanation: str
    touches: str = "all weights"
    devices: tuple[str, ...] = ("cpu", "cuda")
    tasks: frozenset[Task] = frozenset(Task)

    def load_arguments(self, device: str) -> dict[str, Any]:
        """The dtype to load weights in."""
        import torch

        # Stated even for fp32: transformers v5 otherwise takes the dtype that the checkpoint was saved in.
        return {"dtype": getattr(torch, self.dtype_name)}

    def apply(self, model: "nn.Module") -> "nn.Module":
        """The model in this dtype; one of transformers comes as it is."""
        import torch

        if hasattr(model, "from_pretrained"):
            # transformers has loaded it so, and keeps in fp32 what would overflow otherwise (T5's `wo` in fp16).
            return model
        return model.to(getattr(torch, self.dtype_name))

    def save(self, model: "nn.Module", folder: Path) -> None:
        """Write an ordinary folder of transformers, which any precision can be loaded from."""
        model.save_pretrained(folder)
        precision_file.write(folder, self.name, quantized=False)

    def restore(self, auto_class: type, folder: Path, device: str) -> "nn.Module":
        """As loading any other folder in this dtype. Raises UnsupportedCheckpoint for one that holds something else."""
        from models.weights.pretrained import read_folder  # which needs this module

        if "quantization_config" in read_json(folder / "config.json"):
            raise precision_file.unfit(folder, self.name)
        return self.apply(read_folder(auto_class, folder, self.load_arguments(device))).to(device)


FP32 = PlainPrecision("fp32", "float32", "32 bits for each number: the reference that the others are measured against.")
BF16 = PlainPrecision(
    "bf16",
    "bfloat16",
    "16 bits with the range of fp32 and about three significant digits; fast where the processor knows it.",
)
FP16 = PlainPrecision(
    "fp16",
    "float16",
    "16 bits with about four significant digits and a small range (largest value 65,504).",
    devices=("cuda",),  # on a CPU half precision is emulated, slower than fp32
)
PLAIN_PRECISIONS = (FP32, BF16, FP16)


def applies(precision: Precision, device: str, task: Task) -> bool:
    """Whether this precision exists for models of this task on `cpu` or `cuda`."""
    return device in precision.devices and task in precision.tasks


def require_applicable(
    precision: Precision, device: str, task: Task, alternatives: Iterable[Precision] = PLAIN_PRECISIONS
) -> None:
    """Raise PrecisionNotApplicable, naming the alternatives that do apply, unless `precision` does."""
    if applies(precision, device, task):
        return
    instead = ", ".join(other.name for other in alternatives if applies(other, device, task))
    what = f"on the device “{device}”" if task in precision.tasks else f"to {task.label} models"
    raise PrecisionNotApplicable(f"The precision “{precision.name}” does not apply {what}. Choose one of: {instead}.")
