"""Which layer hurts: one kind of layer in one block is rounded at a time, and the change of perplexity is measured.

Weights only, from fp32, one after another; everything else stays exact, so that a change is this layer's alone. Such a
list is what mixed precision starts from: Dong et al. 2019, “HAWQ”, https://arxiv.org/abs/1905.03696, rank layers by
how much the loss feels them, and keep in more bits what hurts.
Knows text generation models. Never give `measure_cells` a model that others use: it changes weights while it works.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import choose_device, release_memory
from models.errors import InvalidInput
from models.precision import FP32, require_applicable
from models.text.perplexity import Perplexity, context_length, perplexity
from models.text.readable import encode
from models.weights import hub
from quantization.experiments.steps import Step
from quantization.layers import HEADS, block_of, linear_layers, matrix_of, weight_of
from quantization.mapping import Mapping
from quantization.recipes import PRECISIONS

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

DEFAULT_MAPPING = Mapping(bits=4)  # 8 bits hardly show
DEFAULT_TOKENS = 256
FEWEST_TOKENS, MOST_TOKENS = 16, 4096
LONGEST_WINDOW = 512


@dataclass(frozen=True)
class Place:
    """Layers that are rounded together: one kind in one block, or an embedding or head, which have no block.

    `layers` are the modules' names; several share one matrix where head and embedding are tied. `parameters` counts
    the weights that are rounded.
    """

    block: int | None
    kind: str
    layers: tuple[str, ...]
    parameters: int

    @property
    def name(self) -> str:
        """The place in words: “block 3, mlp.c_fc”."""
        return self.kind if self.block is None else f"block {self.block}, {self.kind}"


@dataclass(frozen=True)
class Cell:
    """What rounding one place does. `change` is relative to the exact model: 0.02 is two per cent more perplexity."""

    block: int | None
    kind: str
    perplexity: float
    change: float
    layers: tuple[str, ...] = ()
    parameters: int = 0

    @property
    def name(self) -> str:
        """The place in words: “block 3, mlp.c_fc”."""
        return Place(self.block, self.kind, self.layers, self.parameters).name

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"layers": list(self.layers)}


@dataclass(frozen=True)
class Baseline:
    """The exact model: its perplexity in fp32, on how many tokens it was measured, and the places that will follow.

    `window` and `stride` are those of the sliding window, in tokens. `others` are parameters that no place holds:
    norms, biases, and layers that are not matrices.
    """

    perplexity: float
    tokens: int
    window: int
    stride: int
    places: tuple[Place, ...]
    others: int


def sensitivity(
    card: ModelCard,
    text: str,
    mapping: Mapping = DEFAULT_MAPPING,
    device: str = "auto",
    tokens: int = DEFAULT_TOKENS,
    cancelled: threading.Event | None = None,
) -> Iterator[Step | Baseline | Cell]:
    """Load a model of its own in fp32 and yield its Baseline, then a Cell for each place, with a Step before each.

    Perplexity is measured on the first `tokens` (16–4096) of `text`. Closing the iterator frees the model.

    Raises:
        InvalidInput: not a text generation model, a text too short, or `tokens` out of range.
        ModelNotHere: its weights are not on this machine.
        DeviceUnavailable, PrecisionNotApplicable: as `choose_device` and `require_applicable`.
        Cancelled: within a cell, when `cancelled` is set; the cells up to there have been yielded.
    """
    if card.task != Task.TEXT_GENERATION:
        raise InvalidInput(f"Only text generation models can be measured; {card.model_id} is for {card.task.label}.")
    if not FEWEST_TOKENS <= tokens <= MOST_TOKENS:
        raise InvalidInput(f"The number of tokens must be from {FEWEST_TOKENS} to {MOST_TOKENS}. It is {tokens}.")
    if not text.strip():
        raise InvalidInput("There is no text to measure. Give a few sentences.")
    where = choose_device(device).type
    require_applicable(FP32, where, card.task, PRECISIONS)
    hub.require(card)
    try:
        yield from _measure(card, text, mapping, where, tokens, cancelled)
    finally:
        release_memory()


def _measure(
    card: ModelCard, text: str, mapping: Mapping, device: str, tokens: int, cancelled: threading.Event | None
) -> Iterator[Step | Baseline | Cell]:
    from models.text_generation import TextGenerator

    yield Step("loading", 0.0)
    stop_if(cancelled)
    generator = TextGenerator.load(card, device=device, precision=FP32)
    yield from measure_cells(generator.model, generator.tokenizer, text, mapping, tokens, cancelled)


def measure_cells(
    model: "PreTrainedModel",
    tokenizer: Any,
    text: str,
    mapping: Mapping = DEFAULT_MAPPING,
    tokens: int = DEFAULT_TOKENS,
    cancelled: threading.Event | None = None,
) -> Iterator[Step | Baseline | Cell]:
    """The same for a loaded fp32 model that nobody else uses. Its weights are as before whenever a Cell comes.

    Raises:
        InvalidInput: fewer than two tokens of text.
        PrecisionNotApplicable: the model's numbers overflow.
        Cancelled: within a cell.
    """
    beginning = first_tokens(tokenizer, text, tokens)
    window = min(context_length(model), LONGEST_WINDOW)
    places = find_places(model)

    def measured_perplexity() -> Perplexity:
        return perplexity(model, tokenizer, beginning, window, cancelled=cancelled)

    yield Step("the exact model", 0.0)
    exact = measured_perplexity()
    everything = sum(parameter.numel() for parameter in model.parameters())
    others = everything - sum(place.parameters for place in places)
    yield Baseline(exact.perplexity, exact.tokens, window, window // 2, places, others)
    for done, place in enumerate(places, 1):
        yield Step(place.name, done / (len(places) + 1))
        with rounded(model, place.layers, mapping):
            changed = measured_perplexity().perplexity
        change = changed / exact.perplexity - 1
        yield Cell(place.block, place.kind, changed, change, place.layers, place.parameters)


def first_tokens(tokenizer: Any, text: str, count: int) -> str:
    """The beginning of `text` that has at most `count` tokens."""
    ends = [end for _, end in encode(tokenizer, text, return_offsets_mapping=True, verbose=False)["offset_mapping"]]
    return text if len(ends) <= count else text[: ends[count - 1]]


def find_places(model: "nn.Module") -> tuple[Place, ...]:
    """Every place of a model, in its order: embeddings, blocks, head. Layers that share a matrix are one place."""
    from torch import nn

    linears: dict[str, nn.Module] = dict(linear_layers(model))
    tables = {name: module for name, module in model.named_modules() if isinstance(module, nn.Embedding)}
    in_order = sorted((linears | tables).items(), key=lambda item: _order(item[0], item[1]))
    several = len({block.rpartition(".")[0] for name in linears if (block := block_of(name))}) > 1
    owners: dict[int, tuple[int | None, str]] = {}
    groups: dict[tuple[int | None, str], dict[str, Tensor]] = {}
    for name, module in in_order:
        weight = weight_of(module)
        place = owners.setdefault(id(weight), _place_of(name, several))
        groups.setdefault(place, {})[name] = weight
    return tuple(Place(*place, tuple(layers), _count(layers.values())) for place, layers in groups.items())


def _count(weights: Iterable["Tensor"]) -> int:
    return sum({id(weight): weight.numel() for weight in weights}.values())


def _order(name: str, module: "nn.Module") -> tuple[int, int]:
    """Embeddings first, then the blocks, then what follows them; within each, the model's own order."""
    from torch import nn

    block = block_of(name)
    if block is not None:
        return 1, int(block.rpartition(".")[2])
    return (0, 0) if isinstance(module, nn.Embedding) else (2, 0)


def _place_of(name: str, several_stacks: bool) -> tuple[int | None, str]:
    block = block_of(name)
    if block is None:
        path = name.split(".")
        return None, path[-1] if path[-1] in HEADS or len(path) < 3 else ".".join(path[1:])
    kind = re.sub(r"(?<=\.)\d+(?=\.|$)", "*", name[len(block) :]).removeprefix(".")  # experts of a block are one kind
    stack, _, number = block.rpartition(".")
    return int(number), f"{stack}: {kind}" if several_stacks else kind


@contextmanager
def rounded(model: "nn.Module", names: Sequence[str], mapping: Mapping) -> Iterator[None]:
    """Meanwhile the layers called `names` hold the numbers that the codes of their weights stand for.

    Their own tensors are put aside and put back, not computed back, so that they return bit by bit. Biases stay.
    """
    layers = [model.get_submodule(name) for name in names]
    by_weight = {id(layer.weight): layer for layer in layers}  # two layers may share one
    kept = [(weight_of(layer), weight_of(layer).data) for layer in by_weight.values()]
    try:
        for layer in by_weight.values():
            weight_of(layer).data = _rounded_weight(layer, mapping)
        yield
    finally:
        for parameter, data in kept:
            parameter.data = data


def _rounded_weight(layer: "nn.Module", mapping: Mapping) -> "Tensor":
    """The weights as the layer holds them: `Conv1D` keeps its matrix the other way round."""
    matrix = matrix_of(layer)
    rounded_matrix = mapping.quantize(matrix).dequantize().to(matrix.dtype)
    return rounded_matrix if matrix is layer.weight else rounded_matrix.t().contiguous()
