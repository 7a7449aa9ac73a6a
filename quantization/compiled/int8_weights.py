"""Weights in 8 bits in a graph of OpenVINO: what is multiplied by them is not touched.

A model that writes reads all its weights for every token, so a quarter of the bytes takes a quarter of the time.
"""

from typing import Any

import numpy
from numpy.typing import NDArray

from quantization.compiled.library import openvino

LEAST = 4096  # numbers: smaller layers cost no time
LARGEST = 127  # of a signed byte, the same on both sides of 0


def in_int8(graph: Any) -> Any:
    """The same graph; each linear layer's weights become bytes, with a scale for each of its outputs."""
    for node in graph.get_ops():
        if node.get_type_name() != "MatMul":
            continue
        turned = node.get_attributes()
        for place, inputs_last in enumerate((not turned["transpose_a"], turned["transpose_b"])):
            weights = node.input_value(place).get_node()
            if weights.get_type_name() == "Constant" and len(weights.shape) == 2:
                _replace(node.input(place), weights.data, axis=1 if inputs_last else 0)
    graph.validate_nodes_and_infer_types()
    return graph


def _replace(reader: Any, weights: NDArray[numpy.float32], axis: int) -> None:
    """Let a layer read bytes; `axis` is that of its inputs, over which a scale is shared."""
    if weights.size >= LEAST:
        reader.replace_source_output(in_bytes(weights, (axis,), LARGEST).output(0))


def in_bytes(weights: NDArray[numpy.float32], summed: tuple[int, ...], largest: int) -> Any:
    """The weights as whole numbers up to `largest` either way, and what each output's are multiplied with.

    `summed` are the axes of the weights that one output adds up.
    """
    operations = openvino().opset13
    scales = numpy.abs(weights).max(axis=summed, keepdims=True) / largest
    scales[scales == 0] = 1
    codes = numpy.rint(weights / scales).astype(numpy.int8)
    widened = operations.convert(operations.constant(codes), "f32")
    return operations.multiply(widened, operations.constant(scales.astype(numpy.float32)))
