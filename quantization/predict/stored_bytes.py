"""In how many bytes each precision stores a layer, with what it needs beside the weights: scales, zero points, tables.

The recipes themselves say which layers they touch. A test compares every formula with the footprint of loaded models.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from models.precision import Precision
from quantization.bits_and_bytes import BLOCK_SIZE
from quantization.int8.quantize import layers_in
from quantization.layers import HEADS, linear_layers, spared_in_bytes
from quantization.recipes import BitsAndBytes, DynamicInt8, OpenVino

if TYPE_CHECKING:
    from torch import nn

DOUBLE_BLOCK_SIZE = 256  # scales that share a scale in bitsandbytes' double quantization
WIDTHS = {"fp32": 4, "bf16": 2, "fp16": 2}


@dataclass(frozen=True)
class LayerSizes:
    """The numbers that one module holds itself.

    `weights` counts its matrix and `others` what else it has (biases); `outputs` are the matrix's rows once it is laid
    out as (outputs, inputs). The matrix of a `tied` layer is another layer's, so it takes no room until a precision
    makes a copy. `buffers` are numbers that are stored with the weights and are not parameters, `counter_bytes` the
    bytes of whole numbers among them (BatchNorm counts its batches), which no precision changes.
    """

    name: str
    part: str
    weights: int = 0
    outputs: int = 0
    others: int = 0
    tied: bool = False
    buffers: int = 0
    counter_bytes: int = 0

    @property
    def parameters(self) -> int:
        """Parameters of its own: a tied matrix is counted where it lives."""
        return self.others + (0 if self.tied else self.weights)

    @property
    def numbers(self) -> int:
        """All numbers of its own that are stored."""
        return self.parameters + self.buffers


@dataclass(frozen=True)
class Touched:
    """Names of the layers that a precision changes, and of modules that stay in fp32 whatever it is.

    `spared` are the bytes that OpenVINO's copy of a layer has less than torch's, by the layer's name.
    """

    linears: frozenset[str] = frozenset()
    embeddings: frozenset[str] = frozenset()
    wide: frozenset[str] = frozenset()
    spared: Mapping[str, int] = field(default_factory=dict)


def touched(model: "nn.Module", precision: Precision) -> Touched:
    """What `precision` changes in `model`.

    Raises:
        PrecisionNotApplicable: there is nothing in the model that it could change.
    """
    kept = frozenset(getattr(model, "_keep_in_fp32_modules", None) or ())
    if isinstance(precision, DynamicInt8):
        linears, embeddings = layers_in(model, precision.scope, precision.name)
        return Touched(frozenset(linears), frozenset(embeddings))
    if isinstance(precision, BitsAndBytes):
        return Touched(frozenset(_converted_by_bitsandbytes(model, kept)))
    if is_int8_of_openvino(precision):
        return Touched(spared=spared_in_bytes(model))
    # transformers keeps in fp32 what overflows in fp16: T5's second feed-forward layer.
    return Touched(wide=kept if precision.name == "fp16" else frozenset())


def _converted_by_bitsandbytes(model: "nn.Module", kept: frozenset[str]) -> Iterator[str]:
    from transformers.quantizers.quantizers_utils import should_convert_module

    return (name for name in linear_layers(model) if should_convert_module(name, [*HEADS, *kept]))


def storage(precision: Precision, changed: Touched) -> Callable[[LayerSizes], int]:
    """How many bytes `precision` stores a layer in, where it touches what `changed` says."""
    stored = _storage(precision, changed)
    return lambda layer: stored(layer) + layer.counter_bytes


def _storage(precision: Precision, changed: Touched) -> Callable[[LayerSizes], int]:
    if isinstance(precision, DynamicInt8):
        return lambda layer: _dynamic_int8(layer, changed)
    if isinstance(precision, BitsAndBytes):
        stored = _eight_bits if precision.bits == 8 else _four_double_bits if precision.double else _four_bits
        return lambda layer: stored(layer) if layer.name in changed.linears else 2 * layer.numbers
    if is_int8_of_openvino(precision):
        return lambda layer: _held_twice(layer, 4) - changed.spared.get(layer.name, 0)
    if isinstance(precision, OpenVino):
        return lambda layer: _held_twice(layer, precision.bytes_a_number)
    return lambda layer: layer.numbers * (WIDTHS[precision.name] if changed.wide.isdisjoint(_path(layer)) else 4)


def _path(layer: LayerSizes) -> list[str]:
    return layer.name.split(".")


def _dynamic_int8(layer: LayerSizes, changed: Touched) -> int:
    if layer.name in changed.linears:
        # For each output a scale (64-bit float) and a zero point (64-bit integer); 12 bytes more that torch never uses.
        return layer.weights + 16 * layer.outputs + 4 * (layer.others + layer.buffers) + 12
    if layer.name in changed.embeddings:
        return 0 if layer.tied else layer.weights + 4 * layer.outputs  # a scale for each token
    return 4 * layer.numbers


def _held_twice(layer: LayerSizes, bytes_a_number: int) -> int:
    """torch's fp32, and OpenVINO's copy."""
    return 4 * layer.numbers + (4 * layer.numbers + layer.counter_bytes) * bytes_a_number // 4


def is_int8_of_openvino(precision: Precision) -> bool:
    """Whether OpenVINO's copy of the weights is in bytes."""
    return isinstance(precision, OpenVino) and precision.arithmetic == "int8"


def _eight_bits(layer: LayerSizes) -> int:
    # fp32 scales, and one byte that names the layout.
    return layer.weights + 4 * layer.outputs + 2 * (layer.others + layer.buffers) + 1


def _four_bits(layer: LayerSizes) -> int:
    scales = 4 * math.ceil(layer.weights / BLOCK_SIZE)
    description = {"quant_type": "nf4", "blocksize": BLOCK_SIZE, "dtype": "bfloat16", "shape": _sides(layer)}
    return _packed(layer) + scales + len(json.dumps(description))


def _four_double_bits(layer: LayerSizes) -> int:
    blocks = math.ceil(layer.weights / BLOCK_SIZE)
    # Scales in 8 bits, an fp32 scale for 256 of them, and the table of the 256 levels that the 8 bits stand for.
    scales = blocks + 4 * math.ceil(blocks / DOUBLE_BLOCK_SIZE) + 4 * 256
    description = {
        **{"quant_type": "nf4", "blocksize": BLOCK_SIZE, "dtype": "bfloat16", "shape": _sides(layer)},
        **{"nested_blocksize": DOUBLE_BLOCK_SIZE, "nested_dtype": "float32"},
        "nested_offset": 0.01234567890123456,  # the mean scale, with as many digits as Python writes
    }
    return _packed(layer) + scales + len(json.dumps(description))


def _packed(layer: LayerSizes) -> int:
    """Two weights in a byte, the biases in 16 bits, and the 16 levels of NF4 in fp32."""
    return math.ceil(layer.weights / 2) + 2 * (layer.others + layer.buffers) + 4 * 16


def _sides(layer: LayerSizes) -> tuple[int, int]:
    return layer.outputs, layer.weights // max(layer.outputs, 1)
