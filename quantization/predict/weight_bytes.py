"""What a model's weights need: parameters × bytes, part by part, before anything is loaded.

The model is built from its configuration, as a skeleton that takes no memory. How a precision stores a layer is in
`quantization.predict.stored_bytes`; what else a running model needs, in `quantization.predict.plan`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from models.precision import require_applicable
from models.tasks import Task
from models.weights import configurations
from models.weights.configuration_check import unusable
from models.weights.configurations import Configuration
from quantization.layers import PARTS, linear_layers, part_of
from quantization.predict.shape import Shape, shape_of
from quantization.predict.stored_bytes import LayerSizes, storage, touched
from quantization.recipes import PRECISIONS, BitsAndBytes, find_precision
from quantization.skeleton import assumption, skeleton

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Anatomy:
    """A model that was built without memory: its layers, its shape, and the bytes of tables that are not weights.

    `tables` (causal masks, positions) are made anew at each load, so no file and no footprint holds them; memory does.
    `assumed` is a sentence where the configuration does not say of which class the model is.
    """

    model: "nn.Module"
    layers: tuple[LayerSizes, ...]
    shape: Shape | None
    tables: int
    assumed: str | None = None

    @property
    def parameters(self) -> dict[str, int]:
        """Parameters by part; a matrix that two layers share is counted once, where it comes first."""
        return by_part(self.layers, lambda layer: layer.parameters)

    def bytes_needed(self, precision: str) -> dict[str, int]:
        """Bytes of all weight tensors by part, as the footprint of a model loaded in `precision` counts them.

        Raises:
            PrecisionNotApplicable: there is no such precision, or nothing in this model that it could change.
        """
        wanted = find_precision(precision)
        task = _told_task(self.model)
        if task is not None:
            require_applicable(wanted, wanted.devices[0], task, PRECISIONS)
        return by_part(self.layers, storage(wanted, touched(self.model, wanted)))

    def largest_converted(self, precision: str) -> int:
        """Weights of the largest matrix that bitsandbytes unpacks for a moment; 0 in other precisions."""
        wanted = find_precision(precision)
        if not isinstance(wanted, BitsAndBytes):
            return 0
        names = touched(self.model, wanted).linears
        return max((layer.weights for layer in self.layers if layer.name in names), default=0)

    @property
    def linear_weights(self) -> dict[str, int]:
        """Weights of the matrices that are multiplied by, for each type of layer; shared ones count as embeddings."""
        sizes = {layer.name: layer.weights for layer in self.layers if not layer.tied}
        totals: dict[str, int] = {}
        for name, module in linear_layers(self.model).items():
            kind = type(module).__name__
            totals[kind] = totals.get(kind, 0) + sizes.get(name, 0)
        return {kind: count for kind, count in totals.items() if count}


def _told_task(model: Any) -> Task | None:
    """The task, where the model's class alone tells what its precisions depend on."""
    if model.main_input_name == "pixel_values":
        return Task.IMAGE_CLASSIFICATION
    if model.can_generate():
        return Task.TEXT_TO_TEXT if model.config.is_encoder_decoder else Task.TEXT_GENERATION
    return None


@lru_cache(maxsize=32)
def anatomy(configuration: Configuration) -> Anatomy:
    """The anatomy of the model that a configuration describes; the second time at once.

    Raises:
        UnsupportedCheckpoint, UnsafeCheckpoint: as `models.weights.configurations.build`, or the model cannot be built
        from it.
    """
    config = configurations.build(configuration)
    try:
        model = skeleton(config, configuration.task)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, ImportError) as error:
        raise unusable(configuration.model_id, str(error)) from error
    assumed = assumption(config, configuration.task, model)
    return Anatomy(model, tuple(layer_sizes(model)), shape_of(config, model), _table_bytes(model), assumed)


def layer_sizes(model: "nn.Module") -> Iterator[LayerSizes]:
    """Every module of `model` that holds numbers, in the model's order."""
    seen: set[int] = set()
    for name, module in model.named_modules():
        own = dict(module.named_parameters(recurse=False))
        buffers, counters = _stored_buffers(module)
        if not own and not buffers and not counters:
            continue
        matrix = own.pop("weight", None)
        if matrix is not None and matrix.dim() != 2:  # a norm's scales
            own["weight"], matrix = matrix, None
        others = [parameter for parameter in own.values() if id(parameter) not in seen]
        tied = matrix is not None and id(matrix) in seen
        seen.update(id(parameter) for parameter in module.parameters(recurse=False))
        yield LayerSizes(
            name,
            part_of(name, module),
            weights=0 if matrix is None else matrix.numel(),
            outputs=0 if matrix is None else _outputs(module, matrix),
            others=sum(parameter.numel() for parameter in others),
            tied=tied,
            buffers=buffers,
            counter_bytes=counters,
        )


def _outputs(module: "nn.Module", matrix: "Tensor") -> int:
    from transformers.pytorch_utils import Conv1D

    return matrix.shape[1 if isinstance(module, Conv1D) else 0]


def _stored_buffers(module: "nn.Module") -> tuple[int, int]:
    """How many fractions, and how many bytes of whole numbers, are stored with a module's weights."""
    kept = set(module._buffers) - module._non_persistent_buffers_set
    tensors = [tensor for name in kept if (tensor := module._buffers[name]) is not None]
    fractions = [tensor for tensor in tensors if tensor.is_floating_point()]
    whole = [tensor for tensor in tensors if not tensor.is_floating_point()]
    return sum(tensor.numel() for tensor in fractions), sum(tensor.numel() * tensor.element_size() for tensor in whole)


def _table_bytes(model: "nn.Module") -> int:
    tensors = {
        id(tensor): tensor.numel() * tensor.element_size()
        for module in model.modules()
        for name, tensor in module._buffers.items()
        if tensor is not None and name in module._non_persistent_buffers_set
    }
    return sum(tensors.values())


def by_part(layers: Iterable[LayerSizes], count: Callable[[LayerSizes], int]) -> dict[str, int]:
    """What `count` gives for each layer, summed for each of PARTS."""
    totals = dict.fromkeys(PARTS, 0)
    for layer in layers:
        totals[layer.part] += count(layer)
    return totals
