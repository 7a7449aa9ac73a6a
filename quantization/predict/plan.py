"""What a model needs while it runs or learns: weights, keys and values, an allowance for activations, and Adam.

Weights are exact (`quantization.predict.weight_bytes`), and so is what the model keeps of a full context, its keys and
values or states: transformers' own cache is counted (`quantization.predict.kept`). Activations are an allowance: what
is alive at once in the widest moment of one block, as `activations` says. Left out: what Python and the libraries take
themselves, the work space of the kernels, and the second copy of weights that some precisions need while they load.
"""

import threading
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.catalog import ModelCard
from models.errors import InvalidInput
from models.precision import PlainPrecision
from models.weights.configurations import Configuration, find_configuration
from models.wording import size_text
from quantization.layers import PARTS
from quantization.predict.kept import KeptBytes, kept_bytes
from quantization.predict.shape import Shape
from quantization.predict.stored_bytes import WIDTHS
from quantization.predict.weight_bytes import Anatomy, anatomy
from quantization.recipes import BitsAndBytes, OpenVino, find_precision

MOST_CONTEXT = 10_000_000
MOST_BATCH = 10_000
CACHE, ACTIVATIONS, GRADIENTS, MOMENTS, TABLES = (
    "keys and values",
    "activations",
    "gradients",
    "Adam's moments",
    "tables",
)
WEIGHTS = "weights"  # of a model whose parts are not known
COMPONENTS = (*PARTS, WEIGHTS, TABLES, CACHE, ACTIVATIONS, GRADIENTS, MOMENTS)
HIDDEN_STATES = 3
# Numbers that a block keeps for the way back, beside queries, keys, values and the feed-forward layer's inside: the
# inputs of two norms, of the attention and of the feed-forward layer. Counted as Korthikanti et al. 2022 do, “Reducing
# Activation Recomputation in Large Transformer Models”, https://arxiv.org/abs/2205.05198.
KEPT_FOR_GRADIENTS = 4


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes that a model needs in one precision, by what they are for.

    `weights` is by part, `context` in tokens after it was cut to what the model reads, `cache` what is kept of them
    (None where that cannot be worked out, and `notes` say why), and `most` the highest total where only a number of
    parameters is known (else None). `notes` are sentences about what was assumed.
    """

    model: str
    precision: str
    context: int
    batch: int
    training: bool
    parameters: int
    weights: dict[str, int]
    tables: int = 0
    cache: int | None = 0
    activations: int = 0
    gradients: int = 0
    moments: int = 0
    most: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def weight_bytes(self) -> int:
        """All weights."""
        return sum(self.weights.values())

    @property
    def total(self) -> int:
        """Everything that is known."""
        return sum(self.components.values())

    @property
    def components(self) -> dict[str, int]:
        """Bytes of each of COMPONENTS."""
        others = (self.tables, self.cache or 0, self.activations, self.gradients, self.moments)
        names = (TABLES, CACHE, ACTIVATIONS, GRADIENTS, MOMENTS)
        return dict.fromkeys(COMPONENTS, 0) | self.weights | dict(zip(names, others, strict=True))

    @property
    def visible(self) -> dict[str, int]:
        """The components without those that are too small to be seen beside the others."""
        return {name: size for name, size in self.components.items() if size > self.total / 1000}

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"notes": list(self.notes), "weight_bytes": self.weight_bytes, "total": self.total}


def plan(
    model: ModelCard | Configuration | str,
    precision: str = "fp32",
    context: int = 512,
    batch: int = 1,
    training: bool = False,
    cancelled: threading.Event | None = None,
) -> MemoryPlan:
    """What `model` needs with `batch` texts of `context` tokens at once; to learn with Adam if `training`.

    Raises:
        Cancelled: as the event says; read while the model is run without its numbers, which takes seconds.
        InvalidInput: a context or batch out of range, or training in another precision than fp32.
        PrecisionNotApplicable: there is no such precision, or nothing in this model that it could change.
        What `find_configuration` and `anatomy` raise.
    """
    require_request(precision, context, batch, training)
    configuration = model if isinstance(model, Configuration) else find_configuration(model)
    body = anatomy(configuration)
    shape, notes = body.shape, [] if body.assumed is None else [body.assumed]
    if shape is None:
        notes.append("Its kind of block is not known here: activations are not counted.")
    elif shape.picture and shape.positions is not None:
        context = shape.positions
        notes.append(f"A picture of any size is {context:,} tokens for it; “texts” are pictures here.")
    elif shape.positions is not None and context > shape.positions:
        context = shape.positions
        notes.append(f"The model reads at most {context:,} tokens at once, so the context is cut to that.")
    needed = MemoryPlan(
        model=configuration.model_id,
        precision=precision,
        context=context,
        batch=batch,
        training=training,
        parameters=sum(body.parameters.values()),
        weights=body.bytes_needed(precision),
        tables=body.tables,
    )
    if training:
        needed = with_adam(needed)
    else:
        kept = kept_bytes(configuration, number_width(precision), context, batch, cancelled)
        needed = replace(needed, cache=kept.bytes)
        notes += kept_note(kept, context)
    needed = replace(needed, notes=(*notes, *loading_note(body, precision)))
    if shape is None:
        return needed
    if training:
        return replace(needed, activations=training_activations(shape, context, batch))
    unpacked = 2 * body.largest_converted(precision)
    return replace(needed, activations=activations(shape, precision, context, batch) + unpacked)


def kept_note(kept: KeptBytes, context: int) -> list[str]:
    """How the keys and values were found where they were not simply counted, or why they are missing."""
    if kept.bytes is None:
        return [
            "Keys and values cannot be worked out for this architecture and are not in the total, which is too low: "
            f"{kept.problem}."
        ]
    if not kept.extrapolated_from:
        return []
    few, more = kept.extrapolated_from
    return [
        f"What is kept of {context:,} tokens is extrapolated: the model goes through a text token by token, so it read "
        f"{few}, and its cache took the rest. With {more} tokens both ways give the same."
    ]


def require_request(precision: str, context: int, batch: int, training: bool) -> None:
    """Raise what `plan` says, before anything is built."""
    find_precision(precision)
    if not 1 <= context <= MOST_CONTEXT:
        raise InvalidInput(f"A context of {context:,} tokens is not possible. Give 1 to {MOST_CONTEXT:,}.")
    if not 1 <= batch <= MOST_BATCH:
        raise InvalidInput(f"A batch of {batch:,} texts is not possible. Give 1 to {MOST_BATCH:,}.")
    if training and precision != "fp32":
        raise InvalidInput(f"Training with Adam is worked out in fp32, not in {precision}. Choose fp32 for training.")


def number_width(precision: str) -> int:
    """Bytes of a number that is computed with: 16 bits where bitsandbytes keeps the rest in bf16, else as the name."""
    if isinstance(find_precision(precision), BitsAndBytes):
        return 2
    return WIDTHS.get(precision, 4)


def activations(shape: Shape, precision: str, context: int, batch: int) -> int:
    """An allowance for what is alive at once while `batch` texts of `context` tokens are read.

    In the widest moment of a block: three hidden states (what went in, the running sum, and its normed copy), and the
    larger of queries + keys + values + their result, and the inside of the feed-forward layer (before and after its
    activation function, with two copies more where that is a formula in Python, and a gate where there is one). Where
    attention is “eager”, the scores of each pair of tokens and, in fp32, their softmax. A model that writes has the
    scores of its vocabulary for the last token of each text, once more in fp32.
    """
    width, tokens = number_width(precision), context * batch
    block = max(2 * shape.queries + 2 * shape.keys, shape.inner_copies * shape.inner)
    needed = width * tokens * (HIDDEN_STATES * shape.hidden + block)
    if shape.eager:
        needed += (width + 4) * batch * shape.heads * context**2
    return needed + ((width + 4) * batch * shape.vocabulary if shape.writes else 0)


def training_activations(shape: Shape, context: int, batch: int) -> int:
    """An allowance in fp32 for what the way back needs of every block, without recomputing any of it.

    For each token and block: KEPT_FOR_GRADIENTS hidden states, queries, keys, values and their result, and the inside
    of the feed-forward layer; eager attention keeps two tables of scores as well. A model that writes has the scores of
    its vocabulary for every token, their softmax, and their gradient.
    """
    tokens = context * batch
    blocks = shape.blocks + (shape.written_blocks if shape.encoder_decoder else 0)
    token = KEPT_FOR_GRADIENTS * shape.hidden + 2 * (shape.queries + shape.keys) + shape.inner_copies * shape.inner
    scores = 2 * batch * shape.heads * context**2 if shape.eager else 0
    vocabulary = 3 * tokens * shape.vocabulary if shape.writes else 0
    return 4 * (blocks * (tokens * token + scores) + vocabulary)


def with_adam(needed: MemoryPlan) -> MemoryPlan:
    """The plan for learning: a gradient and Adam's two moments for each parameter, all in fp32."""
    return replace(needed, gradients=4 * needed.parameters, moments=8 * needed.parameters)


def loading_note(body: Anatomy, precision: str) -> tuple[str, ...]:
    """What loading needs on top for a moment, where a precision is made from the whole model in fp32."""
    recipe = find_precision(precision)
    if isinstance(recipe, (PlainPrecision, BitsAndBytes)):
        return ()
    if isinstance(recipe, OpenVino):
        return ("Computed by OpenVINO, the weights are held twice: by torch, and in a layout of OpenVINO's own.",)
    fp32 = sum(body.bytes_needed("fp32").values())
    return (
        f"The int8 precisions are made on this machine from the fp32 weights ({size_text(fp32)}), read first; the "
        "figures here are those of the finished model.",
    )
