"""The forward of a model that OpenVINO computes in 8 bits: other numbers than torch's, and how far off they may be.

Nothing exact can be asked of 8 bits, so the question is what a user would see of it: whether outputs that differ still
differ in the same way. The yardstick is how much a model's outputs vary over examples, and `noise` what part of that
is error. With 10 % a classifier's first label changes where two were nearly equal; with 100 % it tells dice.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor, nn

from models.errors import PrecisionNotApplicable
from quantization.compiled import graphs, int8_graph
from quantization.compiled.examples import Inputs, Shape
from quantization.compiled.fingerprint import digest_of_inputs, digest_of_source, fingerprint
from quantization.compiled.forward import CompiledForward, Graph
from quantization.compiled.library import knows_bf16, sums_bytes_in_32_bits
from quantization.compiled.suite_examples import Examples, examples_for

EXACT = 1e-4  # as near as the graph has to be to torch's numbers before it is quantized


class Int8Forward(CompiledForward):
    """As its base, in 8 bits; what lies between the layers is computed in bf16 where the processor has units for it."""

    def __init__(self, model: nn.Module, most_noise: float, weight_bytes: int, reader: Any):
        """`reader` is the model's tokenizer or preprocessor, None for a detector; `most_noise` a share of 1."""
        super().__init__(model, "f32", EXACT, weight_bytes)
        self._most_noise, self._reader = most_noise, reader

    def read_or_converted(self, shapes: dict[str, Shape]) -> Graph:
        """The graph for these shapes in 8 bits, from the disk if it is sound. Raises as its base."""
        examples = examples_for(self.model, shapes, self._reader)
        largest = int8_graph.LARGEST_WEIGHT if sums_bytes_in_32_bits() else int8_graph.LARGEST_FOR_16_BITS
        facts = (digest_of_inputs(examples), digest_of_source(int8_graph.__name__), str(largest))
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
        return Graph(graph, self.by_torch(examples.withheld[0]), "bf16" if knows_bf16() else "f32")

    def _require_little_noise(self, graph: Graph, examples: Examples) -> None:
        found = max(self._noise(graph, some) for some in (examples.withheld, examples.withheld[:1]))
        if not found <= self._most_noise:
            raise PrecisionNotApplicable(
                f"8 bits are too few for this model: on examples its outputs were off by {_percent(found)} of how much "
                f"they vary, and {self._most_noise:.0%} is accepted. Choose openvino or fp32."
            )

    def _noise(self, graph: Graph, examples: Sequence[Inputs]) -> float:
        pairs = [(graphs.values_of(graph(each)), graphs.values_of(self.by_torch(each))) for each in examples]
        return noise([found for found, _ in pairs], [expected for _, expected in pairs])


def noise(found: Iterable[Sequence[Tensor]], expected: Iterable[Sequence[Tensor]]) -> float:
    """How far outputs are from those expected, as a share of how much the latter vary: of the worst kind of output.

    Both are root mean squares over all examples and numbers. Infinite for other shapes, and where one is no number.
    """
    kinds = zip(zip(*found, strict=True), zip(*expected, strict=True), strict=True)
    return max(_noise_of_kind(one, other) for one, other in kinds)


def _noise_of_kind(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    if any(one.shape != other.shape for one, other in zip(found, expected, strict=True)):
        return float("inf")
    off = sum(float((one.double() - other.double()).square().sum()) for one, other in zip(found, expected, strict=True))
    if off == 0:
        return 0.0
    mean = sum(float(each.double().sum()) for each in expected) / sum(each.numel() for each in expected)
    varied = sum(float((each.double() - mean).square().sum()) for each in expected)
    share = (off / varied) ** 0.5 if varied else float("inf")
    return share if share == share else float("inf")


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 10 else "far more than all"


def _arrays(inputs: Inputs) -> list[Any]:
    return [value.contiguous().numpy() for value in inputs.values()]
