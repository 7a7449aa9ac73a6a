"""Every precision there is: the plain dtypes, and those that quantize. A new one is one more object in this file.

Nothing here imports torch: a page lists the precisions before any library is loaded.
"""

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.catalog import ModelCard, Task
from models.device import has_bf16_units
from models.errors import PrecisionNotApplicable, UnsupportedCheckpoint
from models.precision import BF16, FP32, PLAIN_PRECISIONS, Precision, applies, read_folder, write_saved
from models.tasks import TEXT_TASKS, WRITING_TASKS
from quantization.int8.quantize import Scope

if TYPE_CHECKING:
    from torch import nn
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class DynamicInt8:
    """Dynamic quantization after training: int8 weights kept, activations quantized to 8 bits at each call."""

    name: str
    explanation: str
    touches: str
    scope: Scope = field(default_factory=Scope)
    devices: tuple[str, ...] = ("cpu",)  # torch has its int8 kernels for processors only
    tasks: frozenset[Task] = TEXT_TASKS  # made of `nn.Linear` and `Conv1D`; YOLO's convolutions stay as they are

    def load_arguments(self, device: str) -> dict[str, Any]:
        """fp32, from which `apply` quantizes."""
        import torch

        return {"dtype": torch.float32}

    def apply(self, model: "nn.Module", reader: Any = None) -> "nn.Module":
        """Quantize in place. Raises PrecisionNotApplicable as `quantization.int8.quantize.quantize_dynamic` does."""
        from quantization.int8.quantize import quantize_dynamic

        return quantize_dynamic(model, self.scope, self.name)

    def save(self, model: "PreTrainedModel", folder: Path) -> None:
        """Write config and packed weights."""
        from quantization.int8 import state

        state.save(model, folder)
        write_saved(folder, self.name, quantized=True)

    def restore(self, auto_class: type[Any], folder: Path, device: str) -> "nn.Module":
        """Raises what `quantization.int8.state.restore` raises."""
        from quantization.int8 import state

        return state.restore(auto_class, folder, self.scope, self.name)


@dataclass(frozen=True)
class BitsAndBytes:
    """Quantization by bitsandbytes, which acts while `from_pretrained` reads the weights."""

    name: str
    explanation: str
    touches: str
    bits: int
    double: bool = False  # the scales of the weights are quantized too
    devices: tuple[str, ...] = ("cpu", "cuda")
    tasks: frozenset[Task] = TEXT_TASKS

    def load_arguments(self, device: str) -> dict[str, Any]:
        """Raises PrecisionNotApplicable where bitsandbytes is missing or does not start."""
        from quantization import bits_and_bytes

        return bits_and_bytes.load_arguments(self.name, self.bits, device, self.double)

    def apply(self, model: "nn.Module", reader: Any = None) -> "nn.Module":
        """The model as it was loaded, with the kernels of its 4-bit layers chosen by their shape."""
        from quantization import bits_and_bytes

        return bits_and_bytes.choose_kernels(model)

    def save(self, model: "PreTrainedModel", folder: Path) -> None:
        """Write config and weights. Raises InvalidInput for a model that has run, where that repacks its weights."""
        from quantization import bits_and_bytes

        bits_and_bytes.require_fresh(model, self.name)
        model.save_pretrained(folder)
        write_saved(folder, self.name, quantized=True)

    def restore(self, auto_class: type[Any], folder: Path, device: str) -> "nn.Module":
        """Raises PrecisionNotApplicable as `load_arguments`, and UnsupportedCheckpoint for weights of another kind."""
        from quantization import bits_and_bytes

        arguments = bits_and_bytes.saved_arguments(folder, self.name, self.bits, device, self.double)
        return self.apply(read_folder(auto_class, folder, arguments))


@dataclass(frozen=True)
class OpenVino:
    """The same weights, computed by OpenVINO: `arithmetic` is f32, bf16 or int8. torch's stay for who looks inside."""

    name: str
    explanation: str
    arithmetic: str
    bytes_a_number: int  # in OpenVINO's own copy of the weights; with int8 those of the layers
    tolerance: float  # how far from torch's numbers it may be, as a share of the largest; of int8 of how they vary
    touches: str = "no weight, only how they are computed with"
    devices: tuple[str, ...] = ("cpu",)
    tasks: frozenset[Task] = frozenset(Task) - {Task.TEXT_TO_IMAGE}  # a pipeline is several networks and a loop

    def load_arguments(self, device: str) -> dict[str, Any]:
        """fp32, which is computed with."""
        return FP32.load_arguments(device)

    def apply(self, model: "nn.Module", reader: Any = None) -> "nn.Module":
        """The model with another forward. Raises PrecisionNotApplicable as the functions of `compiled.apply`."""
        from quantization.compiled.apply import compiled, compiled_in_int8

        if self.arithmetic == "int8":
            return compiled_in_int8(model, self.tolerance, reader)
        return compiled(model, self.name, self.arithmetic, self.tolerance, self.bytes_a_number)

    def save(self, model: Any, folder: Path) -> None:
        """Write an ordinary folder of transformers in fp32, which any precision can be loaded from."""
        model.save_pretrained(folder)
        write_saved(folder, self.name, quantized=False)

    def restore(self, auto_class: type[Any], folder: Path, device: str) -> "nn.Module":
        """As loading any other folder."""
        return self.apply(read_folder(auto_class, folder, self.load_arguments(device)))


# In a ViT, nearly all weights; in a convolution network only the last layer, since convolutions stay as they are.
WITH_LINEARS = TEXT_TASKS | {Task.IMAGE_CLASSIFICATION}

INT8_LINEAR = DynamicInt8(
    "int8-linear",
    "Dynamic int8 as it is usually copied: only layers of the type nn.Linear. In GPT-2 that is the head alone, which "
    "then needs a matrix of its own, so the file grows; models made of nn.Linear throughout get the same as int8.",
    "layers of the type nn.Linear",
    Scope(conv1d=False),
    tasks=WITH_LINEARS,
)
INT8 = DynamicInt8(
    "int8",
    "8 bits for the weights of every linear layer, Conv1D included; sums in 32 bits. Small and fast on a CPU. A head "
    "that shares the embedding's matrix gets an int8 copy of its own.",
    "every linear layer and the head",
    tasks=WITH_LINEARS,
)
INT8_TIED = DynamicInt8(
    "int8-tied",
    "As int8, but a head that shares the embedding's matrix goes on sharing it, in fp32: a smaller file, and slower.",
    "every linear layer but the head",
    Scope(tied_head=False),
    tasks=WRITING_TASKS,
)
INT8_EMBEDDINGS = DynamicInt8(
    "int8-embeddings",
    "As int8, and the table of the tokens in int8 too, with a scale for each token: the smallest of these.",
    "every linear layer, the head and the token embedding",
    Scope(embeddings=True),
)
BNB_INT8 = BitsAndBytes(
    "bnb-int8",
    "LLM.int8 of bitsandbytes: 8 bits for the weights, rare very large activations kept in 16 bits.",
    "every linear layer but the head; the rest in bf16",
    bits=8,
)
BNB_NF4 = BitsAndBytes(
    "bnb-nf4",
    "NF4 of bitsandbytes: each weight is one of 16 levels that suit normally distributed numbers, in groups of 64.",
    "every linear layer but the head; the rest in bf16",
    bits=4,
)
BNB_NF4_DOUBLE = BitsAndBytes(
    "bnb-nf4-double",
    "As bnb-nf4, with the scales of the groups quantized to 8 bits as well: about 0.37 bits less for each weight.",
    "every linear layer but the head, and their scales; the rest in bf16",
    bits=4,
    double=True,
)

OPENVINO = OpenVino(
    "openvino",
    "fp32, computed by OpenVINO instead of torch: the same answers to the fourth digit, faster on most processors. The "
    "first time, the model is converted, which takes some seconds; it takes twice the memory.",
    arithmetic="f32",
    bytes_a_number=4,
    tolerance=1e-4,
)
OPENVINO_BF16 = OpenVino(
    "openvino-bf16",
    "bf16, computed by OpenVINO: for processors that have units for it (Intel since 2020, AMD since 2022, in part).",
    arithmetic="bf16",
    bytes_a_number=2,
    tolerance=0.1,
)
OPENVINO_INT8 = OpenVino(
    "openvino-int8",
    "8 bits for the weights and inputs of layers, computed by OpenVINO: fast on processors with units for it (VNNI: "
    "Intel since 2019, AMD since 2022, in part). Which numbers the inputs reach is learned from pictures and texts of "
    "the suite, once; in models that write, at each token anew. Scores differ a little from those of fp32.",
    arithmetic="int8",
    bytes_a_number=1,
    tolerance=0.25,
    touches="every linear layer, and convolutions but those at both ends",
)

PRECISIONS: tuple[Precision, ...] = (
    *PLAIN_PRECISIONS,
    *(INT8_LINEAR, INT8, INT8_TIED, INT8_EMBEDDINGS),
    *(BNB_INT8, BNB_NF4, BNB_NF4_DOUBLE),
    *(OPENVINO, OPENVINO_BF16, OPENVINO_INT8),
)
PRECISION_NAMES: tuple[str, ...] = tuple(precision.name for precision in PRECISIONS)


def find_precision(name: str) -> Precision:
    """The precision called `name`. Raises PrecisionNotApplicable, naming them all, where there is none."""
    for precision in PRECISIONS:
        if precision.name == name:
            return precision
    raise PrecisionNotApplicable(f"There is no precision “{name}”. Choose one of: {', '.join(PRECISION_NAMES)}.")


def offered(device: str, task: Task) -> list[Precision]:
    """Those that exist for models of this task on `cpu` or `cuda`, and can run on this machine as far as is known."""
    return [precision for precision in PRECISIONS if applies(precision, device, task) and _can_run(precision)]


def _can_run(precision: Precision) -> bool:
    if not isinstance(precision, OpenVino):
        return True
    if find_spec("openvino") is None:  # asked, not imported
        return False
    return precision.arithmetic != "bf16" or has_bf16_units() is not False


def is_exact(precision: Precision) -> bool:
    """Whether it gives what fp32 gives, but for the last digits."""
    return precision in (FP32, OPENVINO)


def is_held_twice(name: str | None) -> bool:
    """Whether a model in the precision of this name has its weights in memory twice: torch's, and OpenVINO's own."""
    return any(each.name == name for each in PRECISIONS if isinstance(each, OpenVino))


def slow_here(name: str, device: str) -> str | None:
    """Why a precision is slower than fp32 on this machine, in a sentence; None where nothing says so."""
    if name == BF16.name and device == "cpu" and has_bf16_units() is False:
        return "This processor has no units for bf16, so torch imitates it: several times slower than fp32."
    return None


def own_precision(card: ModelCard) -> Precision:
    """The precision to load a model in where none was asked for: the one it was saved in here, else fp32.

    Raises:
        UnsupportedCheckpoint: the folder names a precision that does not exist.
    """
    saved = card.saved_in
    if saved is None:
        return FP32
    if saved not in PRECISION_NAMES:
        raise UnsupportedCheckpoint(
            f"{card.model_id} was saved in a precision that does not exist here, “{saved}”. "
            "Get a newer version of the suite, or choose the model that it was made from."
        )
    return find_precision(saved)
