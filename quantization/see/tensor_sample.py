"""The weights of one layer of a model, to look at: all of them, or a sample where there are too many to be quick.

Knows models and layers; knows nothing of quantizing.
"""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import InvalidInput
from models.tasks import TEXT_TASKS
from quantization.layers import block_of, linear_layers, matrix_of, part_of

if TYPE_CHECKING:
    from torch import Tensor, nn

# Whose models are made of matrices, each with weights of its own; what is looked at where nobody chooses stands first.
TASKS = (
    Task.TEXT_GENERATION,
    *(task for task in Task if task in TEXT_TASKS - {Task.TEXT_GENERATION} and task.loaded_as == task),
    Task.IMAGE_CLASSIFICATION,
)
# Enough for a fair picture, and few enough to quantize some twenty times while a slider moves.
MOST_WEIGHTS = 2**18
MOST_INPUTS = 2**12
OUTLIER = 4  # times the largest weight: as far out as single weights of trained models are


@dataclass(frozen=True)
class LayerShape:
    """A layer with a matrix of weights: its name, what it is for (of `layers.PARTS`), and the matrix's shape."""

    name: str
    part: str
    block: str | None
    outputs: int
    inputs: int

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Sample:
    """Weights of a layer: fp32 on the CPU, of shape (outputs, inputs), evenly spaced outputs where `whole` is False."""

    layer: LayerShape
    weights: "Tensor"

    @property
    def whole(self) -> bool:
        """Whether these are all weights of the layer."""
        return tuple(self.weights.shape) == (self.layer.outputs, self.layer.inputs)

    def with_outlier(self) -> "Sample":
        """The same with its largest weight made OUTLIER times as large: what a single one does to a shared scale."""
        weights = self.weights.clone()
        weights.view(-1)[weights.abs().argmax()] *= OUTLIER
        return replace(self, weights=weights)


def layers_with_weights(model: "nn.Module") -> dict[str, "nn.Module"]:
    """The linear layers, embeddings and convolutions of a model by name, in its order: nearly all of its weights."""
    from torch import nn

    linear = linear_layers(model)
    return {
        name: module
        for name, module in model.named_modules()
        if name in linear or type(module) is nn.Embedding or isinstance(module, nn.Conv2d)
    }


def layers_of(model: "nn.Module") -> tuple[LayerShape, ...]:
    """Their shapes. Raises InvalidInput where a model has none, as one that is quantized already."""
    shapes = tuple(_shape(name, module) for name, module in layers_with_weights(model).items())
    if not shapes:
        raise InvalidInput("This model has no layer whose weights can be read as numbers. Choose another model.")
    return shapes


def sample_of(model: "nn.Module", name: str | None = None) -> Sample:
    """The weights of the layer called `name`, else of the first linear one; at most MOST_WEIGHTS of them.

    From a larger matrix it takes whole rows, evenly spaced, so that groups of neighbours stay together, and from rows
    longer than MOST_INPUTS their beginning.

    Raises:
        InvalidInput: there is no such layer, or its weights are not all finite.
    """
    layers = layers_with_weights(model)
    name = name or next(iter([*linear_layers(model), *layers]), None)
    if name not in layers:
        raise InvalidInput(
            f"This model has no layer “{name}” with a matrix of weights. Without a name they are listed."
        )
    matrix = matrix_of(layers[name]).detach()[:, :MOST_INPUTS]
    weights = matrix[_rows(*matrix.shape)].float().cpu().contiguous()
    if not weights.isfinite().all():
        raise InvalidInput(f"The layer “{name}” holds numbers that are not finite, so there is nothing to measure.")
    return Sample(_shape(name, layers[name]), weights)


def _rows(outputs: int, inputs: int) -> "Tensor":
    import torch

    kept = min(outputs, max(1, MOST_WEIGHTS // inputs))
    return torch.arange(kept) * outputs // kept


def _shape(name: str, module: "nn.Module") -> LayerShape:
    return LayerShape(name, part_of(name, module), block_of(name), *matrix_of(module).shape)
