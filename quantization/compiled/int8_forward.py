"""The forward of a model that OpenVINO computes in 8 bits: other numbers than torch's, on examples not too far off."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from quantization.compiled import graphs, int8_graph, int8_weights
from quantization.compiled.examples import Inputs, Shape
from quantization.compiled.fingerprint import digest_of_inputs, digest_of_source, fingerprint
from quantization.compiled.forward import CompiledForward, Graph
from quantization.compiled.library import F32, knows_bf16, sums_bytes_in_32_bits
from quantization.compiled.noise import noise, require_little_noise
from quantization.compiled.suite_examples import Examples, examples_for


class Int8Forward(CompiledForward):
    """As its base, in 8 bits; what lies between the layers is computed in bf16 where the processor has units for it."""

    def __init__(self, model: nn.Module, most_noise: float, weight_bytes: int, reader: Any):
        """`reader` is the model's tokenizer or preprocessor, None for a detector; `most_noise` a share of 1."""
        # As near as the graph has to be to torch's numbers before it is quantized.
        super().__init__(model, F32, graphs.TOLERANCE, weight_bytes)
        self._most_noise, self._reader = most_noise, reader

    def read_or_converted(self, shapes: dict[str, Shape]) -> Graph:
        """The graph for these shapes in 8 bits, from the disk if it is sound. Raises as its base."""
        examples = examples_for(self.model, shapes, self._reader)
        largest = int8_graph.LARGEST_WEIGHT if sums_bytes_in_32_bits() else int8_graph.LARGEST_FOR_16_BITS
        facts = (
            digest_of_inputs(examples),
            *map(digest_of_source, (int8_graph.__name__, int8_weights.__name__)),
            str(largest),
        )
        name = fingerprint(self.model, shapes, *facts)
        kept = graphs.read_kept(name)
        if kept is not None:
            graph = self._in_bytes(kept, examples)
            if self._noise(graph, examples.withheld[:1]) <= self._most_noise:
                return graph
        exact = super().read_or_converted(shapes).graph
        made = int8_graph.in_int8(exact, [_arrays(each) for each in examples.learned], largest)
        graph = self._in_bytes(made, examples)
        self._require_little_noise(graph, examples)
        graphs.keep(name, made)
        return graph

    def _in_bytes(self, graph: Any, examples: Examples) -> Graph:
        return Graph(graph, self.by_torch(examples.withheld[0]), "bf16" if knows_bf16() else F32)

    def _require_little_noise(self, graph: Graph, examples: Examples) -> None:
        found = max(self._noise(graph, some) for some in (examples.withheld, examples.withheld[:1]))
        require_little_noise(found, self._most_noise)

    def _noise(self, graph: Graph, examples: Sequence[Inputs]) -> float:
        pairs = [(graphs.values_of(graph(each)), graphs.values_of(self.by_torch(each))) for each in examples]
        return noise([found for found, _ in pairs], [expected for _, expected in pairs])


def _arrays(inputs: Inputs) -> list[Any]:
    return [value.contiguous().numpy() for value in inputs.values()]
