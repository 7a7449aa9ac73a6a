"""What a model needs: parameters × bytes, per part, before anything is loaded.

The model is built from its configuration on torch's `meta` device, where tensors have a shape and no memory. Knows how
each precision stores a layer; knows nothing of activations or of the keys and values kept while generating.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import InvalidInput, PrecisionNotApplicable
from models.pretrained import BUILDING
from quantization.bits_and_bytes import BLOCK_SIZE, HEADS

if TYPE_CHECKING:
    from torch import nn

AUTO_CLASSES = {
    Task.QUESTION_ANSWERING: "AutoModelForQuestionAnswering",
    Task.TEXT_TO_TEXT: "AutoModelForSeq2SeqLM",
    Task.TEXT_GENERATION: "AutoModelForCausalLM",
}
PARTS = ("embeddings", "linear layers", "head", "norms and others")


@dataclass(frozen=True)
class Layer:
    """The parameters that one module holds itself.

    `weights` counts its matrix and `others` what else it has (biases); `outputs` are the matrix's rows once it is laid
    out as (outputs, inputs). The matrix of a `tied` layer is another layer's, so it takes no room until a precision
    makes a copy. `kept` layers are those that bitsandbytes leaves as they are.
    """

    name: str
    part: str
    linear: bool
    weights: int
    outputs: int
    others: int
    tied: bool
    kept: bool

    @property
    def parameters(self) -> int:
        """Parameters of its own: a tied matrix is counted where it lives."""
        return self.others + (0 if self.tied else self.weights)


def skeleton(config: Any, task: Task) -> "nn.Module":
    """The model of a transformers configuration, without any weights.

    Raises:
        InvalidInput: a task whose models are not made by transformers.
    """
    import torch
    import transformers

    if task not in AUTO_CLASSES:
        raise InvalidInput(f"The memory of {task.label} models cannot be worked out yet. Choose a text model.")
    with BUILDING, torch.device("meta"):
        return getattr(transformers, AUTO_CLASSES[task]).from_config(config)


def layers(model: "nn.Module") -> list[Layer]:
    """Every module of `model` that holds parameters, in the model's order."""
    return list(_layers(model))


def _layers(model: "nn.Module") -> Iterator[Layer]:
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    never_converted = {*HEADS, *(getattr(model, "_keep_in_fp32_modules", None) or ())}
    seen: set[int] = set()
    for name, module in model.named_modules():
        own = dict(module.named_parameters(recurse=False))
        if not own:
            continue
        linear = type(module) in (nn.Linear, Conv1D)
        matrix = own.pop("weight", None) if linear or isinstance(module, nn.Embedding) else None
        tied = matrix is not None and id(matrix) in seen
        seen.add(id(matrix))
        yield Layer(
            name=name,
            part=_part(name, module, linear),
            linear=linear,
            weights=0 if matrix is None else matrix.numel(),
            outputs=0 if matrix is None else matrix.shape[1 if isinstance(module, Conv1D) else 0],
            others=sum(parameter.numel() for parameter in own.values()),
            tied=tied,
            kept=not linear or not never_converted.isdisjoint(name.split(".")),
        )


def _part(name: str, module: "nn.Module", linear: bool) -> str:
    from torch import nn

    if name.rpartition(".")[2] in HEADS:
        return "head"
    if isinstance(module, nn.Embedding):
        return "embeddings"
    return "linear layers" if linear else "norms and others"


def parameters(model: "nn.Module") -> dict[str, int]:
    """Parameters by part; a matrix that two layers share is counted once, where it comes first."""
    return _by_part(model, lambda layer: layer.parameters)


def bytes_needed(model: "nn.Module", precision: str) -> dict[str, int]:
    """Bytes of all weight tensors by part, as the footprint of a model loaded in `precision` counts them.

    Raises:
        PrecisionNotApplicable: there is no such precision.
    """
    if precision not in LAYER_BYTES:
        raise PrecisionNotApplicable(f"There is no precision “{precision}”. Choose one of: {', '.join(LAYER_BYTES)}.")
    return _by_part(model, LAYER_BYTES[precision])


def _by_part(model: "nn.Module", count: Callable[[Layer], int]) -> dict[str, int]:
    totals = dict.fromkeys(PARTS, 0)
    for layer in layers(model):
        totals[layer.part] += count(layer)
    return totals


def _int8(layer: Layer) -> int:
    if not layer.linear:
        return 4 * layer.parameters
    # For each output a scale (64-bit float) and a zero point (64-bit integer); 12 bytes more that torch never uses.
    return layer.weights + 16 * layer.outputs + 4 * layer.others + 12


def _bnb_int8(layer: Layer) -> int:
    if layer.kept:
        return 2 * layer.parameters
    return layer.weights + 4 * layer.outputs + 2 * layer.others + 1  # fp32 scales, and one byte that names the layout


def _bnb_nf4(layer: Layer) -> int:
    if layer.kept:
        return 2 * layer.parameters
    scales = 4 * math.ceil(layer.weights / BLOCK_SIZE)
    description = 16 * 4 + 80  # the 16 levels, and about 80 bytes of JSON with the matrix's shape and type
    return math.ceil(layer.weights / 2) + scales + 2 * layer.others + description


LAYER_BYTES: dict[str, Callable[[Layer], int]] = {
    "fp32": lambda layer: 4 * layer.parameters,
    "bf16": lambda layer: 2 * layer.parameters,
    "fp16": lambda layer: 2 * layer.parameters,
    "int8": _int8,
    "bnb-int8": _bnb_int8,
    "bnb-nf4": _bnb_nf4,
}
