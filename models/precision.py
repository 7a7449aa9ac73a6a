"""What a precision is, the plain ones (fp32, bf16, fp16), and the file that says in which one a folder was saved.

A precision acts when a model is loaded: `load_arguments` go into `from_pretrained`, `apply` changes the loaded model.
And when it is kept: `save` writes the weights as they are stored in this precision, `restore` reads them back. So a
wrapper needs to know nothing about quantization, and `quantization.recipes` can supply the precisions that are more
than a dtype.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.catalog import ModelCard, Task
from models.errors import PrecisionNotApplicable, UnsupportedCheckpoint
from models.folders import read_json
from models.weights.load_report import require_loaded

if TYPE_CHECKING:
    from torch import nn

PRECISION_FILE = "aula_precision.json"
LONGEST_NAME = 40  # characters; the file may come from anywhere, and the name goes into sentences


class Precision(Protocol):
    """How a model's numbers are stored and computed with. Properties, because whoever has a precision only reads it."""

    @property
    def name(self) -> str:
        """As options and choosers call it."""
        ...

    @property
    def explanation(self) -> str:
        """What it is, in a sentence or two."""
        ...

    @property
    def touches(self) -> str:
        """Which of a model's numbers it changes, in a few words."""
        ...

    @property
    def devices(self) -> tuple[str, ...]:
        """Where it runs: `cpu`, `cuda` or both."""
        ...

    @property
    def tasks(self) -> frozenset[Task]:
        """Whose models it suits."""
        ...

    def load_arguments(self, device: str) -> dict[str, Any]:
        """Keyword arguments for `from_pretrained`, for a model that will run on `cpu` or `cuda`."""
        ...

    def apply(self, model: "nn.Module", reader: Any = None) -> "nn.Module":
        """Change a loaded model; it may be changed in place.

        `reader` is its tokenizer or preprocessor, for precisions that try the model on examples; detectors have none.
        """
        ...

    def save(self, model: Any, folder: Path) -> None:
        """Write config and weights, without tokenizer and card, of a model of transformers loaded in this precision.

        The model must be freshly loaded: some precisions repack weights at the first run, and raise InvalidInput then.
        """
        ...

    def restore(self, auto_class: type[Any], folder: Path, device: str) -> "nn.Module":
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

    def apply(self, model: "nn.Module", reader: Any = None) -> "nn.Module":
        """The model in this dtype; one of transformers comes as it is."""
        import torch

        # transformers has loaded it so, and keeps in fp32 what would overflow otherwise (T5's `wo` in fp16).
        is_loaded_so = hasattr(model, "from_pretrained")
        return model if is_loaded_so else model.to(getattr(torch, self.dtype_name))

    def save(self, model: Any, folder: Path) -> None:
        """Write an ordinary folder of transformers, which any precision can be loaded from."""
        model.save_pretrained(folder)
        write_saved(folder, self.name, quantized=False)

    def restore(self, auto_class: type[Any], folder: Path, device: str) -> "nn.Module":
        """As loading any other folder in this dtype. Raises UnsupportedCheckpoint for one that holds something else."""
        if "quantization_config" in read_json(folder / "config.json"):
            raise unfit(folder, self.name)
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


# What a folder says of itself


@dataclass(frozen=True)
class SavedPrecision:
    """The precision that Aula saved a folder's weights in; `quantized` ones can be loaded in no other.

    The name is as the file says it: whether there is such a precision is found out by whoever loads the folder.
    """

    name: str
    quantized: bool


def write_saved(folder: Path, name: str, quantized: bool) -> None:
    """Say in `folder` that its weights are in the precision called `name`."""
    content = {"precision": name, "quantized": quantized}
    (folder / PRECISION_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read_saved(folder: Path) -> SavedPrecision | None:
    """What the folder says; None where Aula did not save it. A damaged file reads as a precision without a name."""
    if not (folder / PRECISION_FILE).is_file():
        return None
    content = read_json(folder / PRECISION_FILE)
    name = content.get("precision")
    return SavedPrecision(name[:LONGEST_NAME] if isinstance(name, str) else "", content.get("quantized") is not False)


def unfit(folder: Path, name: str) -> UnsupportedCheckpoint:
    """The error for a folder that holds something else than weights saved in the precision called `name`."""
    return UnsupportedCheckpoint(
        f"The weights in {folder} are not what its settings say: {name} was expected. Save the model again."
    )


def read_folder(
    auto_class: type[Any], folder: Path | None, arguments: dict[str, Any], card: ModelCard | None = None
) -> Any:
    """What `auto_class.from_pretrained` reads from a folder, without a request and without running code from it.

    Raises:
        What `load_report.require_loaded` raises: the folder lacks weights that the model needs, or holds others.
    """
    model, report = auto_class.from_pretrained(
        folder,
        local_files_only=True,
        trust_remote_code=False,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # they are reported, and refused here with both sizes
        **arguments,
    )
    # transformers fills what the file lacks with random numbers and only warns: a GPT-2 would "answer questions".
    require_loaded(model, report, folder, card)
    return model
