"""The layers of a transformers model: which of them multiply, what each is for, and in which block it stands.

Knows names and types of layers; knows nothing of precisions.
"""

import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers.pytorch_utils import Conv1D

PARTS = ("embeddings", "attention", "feed-forward", "convolutions", "norms", "head", "others")
# The last layer of a model for a task, by the name that transformers gives it.
HEADS = ("lm_head", "qa_outputs", "classifier", "score")
_BLOCK = re.compile(r"(?:[^.]+\.)*?\d+(?=\.|$)")  # up to the first step of the path that is a number


def linear_layers(model: "nn.Module") -> dict[str, "nn.Linear | Conv1D"]:
    """The layers that multiply by a matrix of weights, by name, in the model's order; GPT-2's are of type `Conv1D`."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    # Exact types: a subclass (bitsandbytes has some) computes something else than its parent.
    return {name: module for name, module in model.named_modules() if type(module) in (nn.Linear, Conv1D)}


def spared_in_bytes(model: "nn.Module") -> dict[str, int]:
    """What `spared` is of each layer, by name: the linear ones, and convolutions whose outputs see all channels."""
    from torch import nn

    convolutions = {
        name: module for name, module in model.named_modules() if isinstance(module, nn.Conv2d) and module.groups == 1
    }
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    matrices = {name: matrix_of(layer) for name, layer in {**linear_layers(model), **convolutions}.items()}
    return {
        name: spared(matrix.numel(), len(matrix), id(weight_of(model.get_submodule(name))) in tables)
        for name, matrix in matrices.items()
    }


def spared(weights: int, outputs: int, shared: bool = False) -> int:
    """How many bytes less than fp32 a layer takes with a byte for each weight and a scale for each output.

    Less than none where it has `shared` its weights with the table of the tokens, which is looked up, and stays.
    """
    return (-1 if shared else 3) * weights - 4 * outputs


def matrix_of(layer: "nn.Module") -> "Tensor":
    """The weights as (outputs, inputs), linear ones without a copy: `Conv1D` keeps them the other way round.

    An output of a convolution sees its input channels through a small window: (outputs, channels · height · width).
    """
    from transformers.pytorch_utils import Conv1D

    weight = weight_of(layer)
    return weight.t() if isinstance(layer, Conv1D) else weight.flatten(1)


def weight_of(layer: "nn.Module") -> "Tensor":
    """The weights as the layer holds them."""
    return cast("Tensor", layer.weight)  # torch says of every attribute that it may be a module as well


def bias_of(layer: "nn.Module") -> "Tensor | None":
    """What a layer adds to its product: a number for each output; None where it adds nothing."""
    return cast("Tensor | None", layer.bias)


def part_of(name: str, module: "nn.Module") -> str:
    """What the module called `name` is for, one of PARTS. Norms within attention count as norms."""
    from torch import nn

    path = name.lower().split(".")
    if "norm" in type(module).__name__.lower():
        return "norms"
    if path[0] in HEADS or path[-1] in HEADS:
        return "head"
    if any("attn" in step or "attention" in step for step in path):
        return "attention"
    if isinstance(module, nn.Embedding) or "embed" in name.lower():
        return "embeddings"
    if isinstance(module, nn.Conv2d):
        return "convolutions"
    return "feed-forward" if block_of(name) else "others"


def block_of(name: str) -> str | None:
    """The block that a layer stands in: “transformer.h.3” of “transformer.h.3.attn.c_attn”; None outside of blocks.

    T5 numbers the parts of a block too (“encoder.block.0.layer.1.DenseReluDense.wi”): the block is the first number's.
    """
    match = _BLOCK.match(name)
    return match.group() if match else None
