"""The forward of a model that OpenVINO computes, and torch where somebody wants more than its result.

Whoever looks inside (a hook in one of its layers, gradients, attentions) or gives it what no graph was made for gets
torch's own numbers, from the same weights. So a wrapper needs to know nothing of it.
"""

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy
import torch
from torch import Tensor, nn

from quantization.compiled import graphs
from quantization.compiled.attempt import attempted, by_name, is_looked_into
from quantization.compiled.examples import Inputs, Shape, examples, shapes_of, usual_inputs
from quantization.compiled.fingerprint import fingerprint
from quantization.compiled.program import Program, Programs

MOST_GRAPHS = 4  # of one model: pictures of ever new sizes are left to torch


class CompiledForward:
    """What `model.forward` becomes."""

    def __init__(self, model: nn.Module, arithmetic: str, tolerance: float, weight_bytes: int):
        """`arithmetic` is f32 or bf16; `tolerance` how far from torch's numbers its own may be.

        `weight_bytes` are those of a copy of the weights by OpenVINO, of which it holds one for each number of threads.
        """
        self.model = model
        self._torch: Callable[..., Any] = model.forward
        self._arithmetic, self._tolerance = arithmetic, tolerance
        self._inside = [module for module in model.modules() if module is not model]
        self._graphs: dict[tuple[tuple[str, Shape], ...], Graph] = {}
        self._making = threading.Lock()
        self._weight_bytes = weight_bytes
        self.__signature__ = inspect.signature(self._torch)  # by which wrappers know what it takes

    def prepare(self) -> None:
        """Make the graph that will most likely be asked for, where that is known already."""
        inputs = usual_inputs(self.model)
        if inputs is not None:
            with torch.inference_mode():
                self(**inputs)

    @property
    def weight_bytes(self) -> int:
        """What OpenVINO holds of the weights, beside torch."""
        return self._weight_bytes * max((graph.programs.copies for graph in self._graphs.values()), default=1)

    def compile_here(self) -> None:
        """Have the graphs that there are for as many threads as torch has now, beside those for other numbers."""
        for graph in list(self._graphs.values()):
            graph.programs.now()

    def __call__(self, *given: Any, **named: Any) -> Any:
        inputs = by_name(self.__signature__, given, named)
        shapes = None if is_looked_into(self._inside) else shapes_of(self.model, inputs)
        graph = self._graph(shapes) if shapes is not None else None
        return self._torch(*given, **named) if graph is None else graph(inputs)

    def _graph(self, shapes: dict[str, Shape]) -> "Graph | None":
        key = tuple(shapes.items())
        with self._making:
            if key not in self._graphs and len(self._graphs) < MOST_GRAPHS:
                self._graphs[key] = self._made(shapes)
            return self._graphs.get(key)

    def _made(self, shapes: dict[str, Shape]) -> "Graph":
        """The graph from the disk if its numbers are torch's, else a new one. Raises what `attempted` raises."""
        with attempted():
            return self.read_or_converted(shapes)

    def read_or_converted(self, shapes: dict[str, Shape]) -> "Graph":
        """The graph for these shapes, whose numbers are torch's. Raises what a network trips over, and AulaErrors."""
        name = fingerprint(self.model, shapes)
        small, other = examples(self.model, shapes)
        expected = self.by_torch(other)
        kept = graphs.read_kept(name)
        if kept is not None:
            graph = Graph(kept, expected, self._arithmetic)
            if graph.difference(other, expected) <= self._tolerance:
                return graph
        made = graphs.convert(graphs.Traceable(self.model, self._torch, list(shapes)), shapes, small)
        graph = Graph(made, expected, self._arithmetic)
        for inputs, output in ((small, self.by_torch(small)), (other, expected)):
            graph.require_same(inputs, output, self._tolerance)
        graphs.keep(name, made)
        return graph

    @torch.inference_mode()
    def by_torch(self, inputs: Inputs) -> Any:
        """What torch gives for these inputs."""
        return self._torch(**inputs)


class Graph:
    """One graph, compiled for as many threads as torch has when it is called, with outputs like torch's."""

    def __init__(self, graph: Any, like: Any, arithmetic: str):
        self.graph = graph
        self._names = list(like) if hasattr(like, "values") else None
        self._type: Callable[..., Any] = type(like)
        self.programs = Programs(graph, arithmetic)

    def __call__(self, inputs: Mapping[str, Tensor]) -> Any:
        tensors = _computed(self.programs.now(), inputs)
        if self._names is None:
            return self._type(tensors)
        return self._type(**dict(zip(self._names, tensors, strict=True)))

    def difference(self, inputs: Inputs, expected: Any) -> float:
        """How far its numbers are from those expected, as `graphs.largest_difference` measures it."""
        return graphs.largest_difference(graphs.values_of(self(inputs)), graphs.values_of(expected))

    def require_same(self, inputs: Inputs, expected: Any, tolerance: float) -> None:
        """Raises PrecisionNotApplicable as `graphs.require_same`."""
        graphs.require_same(graphs.values_of(self(inputs)), graphs.values_of(expected), tolerance)


def _computed(program: Program, inputs: Mapping[str, Tensor]) -> list[Tensor]:
    request = program.take()
    arrays = [numpy.ascontiguousarray(value.numpy()) for value in inputs.values()]
    found = request.infer(arrays, share_inputs=True)  # outputs are copies
    tensors = [torch.from_numpy(array) for array in found.values()]
    program.give_back(request)
    return tensors
