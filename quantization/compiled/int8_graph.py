"""A graph of OpenVINO with 8 bits for the weights and inputs of its layers, whose products the processor then adds up.

OpenVINO's own tool for this (NNCF) wants an older numpy than the suite, and half of it is short: each input of a
layer gets the range that it has over examples, divided into 256 levels; each output's weights get a scale. It is done
in the graph and not in torch's modules, because here a normalisation has already become part of its convolution, and
whatever a network calls its layers, in the graph they are two kinds of node.

What stays as it was was chosen by measured loss. Convolutions that look at the picture itself, or give the result: a
box moves with them, and they are little work. Convolutions with a filter for each channel, whose sums are of nine
products: no faster in 8 bits. What lies between the layers: sums, softmax, normalisation.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy
from numpy.typing import NDArray

from models.errors import PrecisionNotApplicable
from quantization.compiled.int8_weights import in_bytes
from quantization.compiled.library import core, openvino

LEVELS = 256
# As far below zero as above, so that zero is zero without an offset. The smaller one is for processors that add two
# products in 16 bits: 2 · 255 · 63 fits.
LARGEST_WEIGHT, LARGEST_FOR_16_BITS = 127, 63
# How much of an input's uneven channels the weights take over (SmoothQuant, Xiao et al., 2022). After a normalisation
# a few channels are fifty times as wide as the others, and one scale for all would leave those with five levels.
# Of 0, 0.5, 0.6, 0.7 and 0.85 the last one left the least noise in a MiniLM: 5 % instead of 10.
SMOOTHING = 0.85
_SMALLEST = 1e-5  # of a channel's width, so that one that is always zero can be divided by

Numbers = NDArray[numpy.float32]


@dataclass(frozen=True)
class _Range:
    """The smallest and the largest number of each channel of a layer's input, over all examples: (channels,) each."""

    low: Numbers
    high: Numbers

    def __or__(self, other: "_Range") -> "_Range":
        return _Range(numpy.minimum(self.low, other.low), numpy.maximum(self.high, other.high))

    def __truediv__(self, widths: Numbers) -> "_Range":
        return _Range(self.low / widths, self.high / widths)


def in_int8(graph: Any, examples: Sequence[Sequence[Any]], largest: int = LARGEST_WEIGHT) -> Any:
    """A new graph that computes the layers of `graph` in 8 bits, with the ranges that their inputs have in `examples`.

    An example has an array for each input of the graph, in its order. Weights are whole numbers up to `largest`. What
    comes out for a row does not depend on the
    rows beside it: the ranges stand in the graph.

    Raises:
        PrecisionNotApplicable: there is no layer in it that could.
    """
    made = graph.clone()
    by_input = _by_input(_layers(made))
    if not by_input:
        raise PrecisionNotApplicable("This model has no layer that 8 bits would make faster. Choose openvino or fp32.")
    ranges = _ranges(graph, by_input, examples)
    for name, layers in by_input.items():
        _quantize(layers, ranges[name], largest)
    made.validate_nodes_and_infer_types()
    return made


# Which layers


_Name = tuple[str, int]  # of a node, and the number of its output


def _layers(graph: Any) -> Iterator[Any]:
    """The nodes whose input and weights become 8 bits, in their order."""
    nodes = graph.get_ordered_ops()
    outer = _outer(nodes)
    for node in nodes:
        if not _has_weights(node):
            continue
        if node.get_type_name() == "MatMul":
            if not node.get_attributes()["transpose_a"]:
                yield node
        elif node.get_friendly_name() not in outer:
            yield node


def _has_weights(node: Any) -> bool:
    return node.get_type_name() in ("Convolution", "MatMul") and _weights(node).get_type_name() == "Constant"


def _weights(layer: Any) -> Any:
    return layer.input(1).get_source_output().get_node()


def _outer(nodes: Sequence[Any]) -> set[str]:
    """The names of those with no layer before them or none behind them."""
    inner_before = _downstream(nodes, lambda node: [each.get_source_output().get_node() for each in node.inputs()])
    inner_behind = _downstream(
        nodes[::-1], lambda node: [each.get_node() for port in node.outputs() for each in port.get_target_inputs()]
    )
    return {node.get_friendly_name() for node in nodes} - (inner_before & inner_behind)


def _downstream(nodes: Sequence[Any], neighbours: Any) -> set[str]:
    """The names of the nodes that a layer leads to, where `neighbours` stand before each of these nodes."""
    reached: set[str] = set()
    for node in nodes:
        if any(_is_layer(other) or other.get_friendly_name() in reached for other in neighbours(node)):
            reached.add(node.get_friendly_name())
    return reached


def _is_layer(node: Any) -> bool:
    return _has_weights(node) or node.get_type_name() == "GroupConvolution"


def _by_input(layers: Iterable[Any]) -> dict[_Name, list[Any]]:
    """The layers by what they read: those that read the same share its range."""
    found: dict[_Name, list[Any]] = {}
    for layer in layers:
        found.setdefault(_name(layer.input(0).get_source_output()), []).append(layer)
    return found


def _name(port: Any) -> _Name:
    return port.get_node().get_friendly_name(), port.get_index()


# Which range


def _ranges(
    graph: Any, by_input: Mapping[_Name, Sequence[Any]], examples: Sequence[Sequence[Any]]
) -> dict[_Name, _Range]:
    """What each input's channels reach over the examples, computed by the graph as it was."""
    watched = graph.clone()
    nodes = {node.get_friendly_name(): node for node in watched.get_ordered_ops()}
    added = watched.add_outputs([nodes[name].output(number) for name, number in by_input])
    places = [watched.get_result_index(port) for port in added]
    program = core().compile_model(watched, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = program.create_infer_request()
    ranges: dict[_Name, _Range] = {}
    for example in examples:
        request.infer(list(example), share_inputs=True)
        for (name, layers), place in zip(by_input.items(), places, strict=True):
            found = _range(request.get_output_tensor(place).data, _channel_axis(layers[0]))
            ranges[name] = ranges[name] | found if name in ranges else found
    return ranges


def _channel_axis(layer: Any) -> int:
    """Of its input: (batch, channels, height, width) of a convolution, (…, channels) of a product."""
    return 1 if layer.get_type_name() == "Convolution" else -1


def _range(values: Numbers, axis: int) -> _Range:
    rows = numpy.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
    return _Range(rows.min(axis=0), rows.max(axis=0))


# The change


def _quantize(layers: Sequence[Any], found: _Range, largest: int) -> None:
    """Put 8 bits between these layers and what they all read, and into their weights."""
    operations = openvino().opset13
    port = layers[0].input(0).get_source_output()
    widths = None
    if all(layer.get_type_name() == "MatMul" for layer in layers):
        widths = _smoothing(found, layers)
        found = found / widths
        shape = [1] * (port.get_partial_shape().rank.get_length() - 1) + [-1]
        port = operations.multiply(port, operations.constant((1 / widths).reshape(shape))).output(0)
    ends = [operations.constant(numpy.float32(end)) for end in _ends(found)]
    levels = operations.fake_quantize(port, *ends, *ends, LEVELS).output(0)
    for layer in layers:
        layer.input(0).replace_source_output(levels)
        layer.input(1).replace_source_output(_in_bytes(layer, widths, largest).output(0))


def _ends(found: _Range) -> tuple[float, float]:
    """The first and the last level, so that zero, which pictures are padded with, is a level of its own."""
    low, high = min(0.0, float(found.low.min())), max(0.0, float(found.high.max()))
    step = (high - low) / (LEVELS - 1) or 1.0
    first = round(low / step)
    return first * step, (first + LEVELS - 1) * step


def _smoothing(found: _Range, layers: Sequence[Any]) -> Numbers:
    """What each channel is divided by, and its weights multiplied with: (channels,), 1 in the geometric mean."""
    reach = numpy.maximum(numpy.maximum(-found.low, found.high), _SMALLEST)
    weights = numpy.max([_per_channel(layer) for layer in layers], axis=0)
    widths = reach**SMOOTHING / numpy.maximum(weights, _SMALLEST) ** (1 - SMOOTHING)
    return (widths / numpy.exp(numpy.log(widths).mean())).astype(numpy.float32)  # type: ignore[no-any-return]


def _per_channel(layer: Any) -> Numbers:
    """The largest weight of each of a product's inputs."""
    weights = numpy.abs(_weights(layer).get_data())
    others = (*range(weights.ndim - 2), _output_axis(layer, weights.ndim))
    return weights.max(axis=others)  # type: ignore[no-any-return]


def _output_axis(layer: Any, dimensions: int) -> int:
    """Along which a product's weights have its outputs."""
    return dimensions - (2 if layer.get_attributes()["transpose_b"] else 1)


def _in_bytes(layer: Any, widths: Numbers | None, largest: int) -> Any:
    """The layer's weights as bytes and, for each output, what they are multiplied with: a fourth of the room."""
    weights = _weights(layer).get_data().astype(numpy.float32)
    outputs = _output_axis(layer, weights.ndim) if layer.get_type_name() == "MatMul" else 0
    if widths is not None:
        inputs = [1] * weights.ndim
        inputs[2 * weights.ndim - 3 - outputs] = -1  # the other one of the last two
        weights = weights * widths.reshape(inputs)
    summed = tuple(axis for axis in range(weights.ndim) if axis != outputs)
    return in_bytes(weights, summed, largest)
