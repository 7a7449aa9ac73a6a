"""Makes a graph remember: what it gives out as remembered, it reads the next time, in the order of the rows by then.

OpenVINO knows this form by its parts (a variable, read through a `Gather`, grown by a `Concat`) and computes attention
on it without copying what is remembered.
"""

from collections.abc import Sequence
from typing import Any

import numpy

from quantization.compiled.library import openvino

ORDER = "order"  # the input that says, for each row, which row of the step before it goes on


def remembering(graph: Any, tokens: str, remembered: Sequence[tuple[str, str]]) -> Any:
    """The same graph, in which each of `remembered`, an input and an output by their names, is kept from step to step.

    A request begins with nothing remembered, for as many rows as `tokens` has.
    """
    from openvino._offline_transformations import apply_make_stateful_transformation

    _in_order(graph, [source for source, _ in remembered])
    graph.validate_nodes_and_infer_types()
    apply_make_stateful_transformation(graph, dict(remembered))
    _begin_empty(graph, tokens)
    graph.validate_nodes_and_infer_types()
    return graph


def _in_order(graph: Any, names: Sequence[str]) -> None:
    operations = openvino().opset13
    order = operations.parameter([-1], numpy.int32, name=ORDER)
    order.output(0).get_tensor().set_names({ORDER})
    graph.add_parameters([order])
    rows = operations.constant(0, dtype=numpy.int32)  # the axis
    for name in names:
        source = graph.input(name)
        readers = source.get_target_inputs()
        gathered = operations.gather(source, order, rows)
        for reader in readers:
            reader.replace_source_output(gathered.output(0))


def _begin_empty(graph: Any, tokens: str) -> None:
    operations = openvino().opset13
    shape = operations.shape_of(graph.input(tokens), output_type="i64")
    rows = operations.gather(shape, operations.constant([0]), operations.constant(0))
    for node in graph.get_ops():
        if node.get_type_name() == "ReadValue":
            _, *others = (dimension.min_length for dimension in node.get_output_partial_shape(0))  # 0 for the tokens
            sizes = [rows, *(operations.constant(numpy.array([size])) for size in others)]
            zero = operations.constant(0.0, dtype=node.get_output_element_type(0))
            node.set_arguments([operations.broadcast(zero, operations.concat(sizes, axis=0))])
