"""What a model needs when nothing but its number of parameters is known: a range, with what it assumes."""

import re

from models.errors import InvalidInput
from quantization.layers import spared
from quantization.predict.plan import WEIGHTS, MemoryPlan, require_request, with_adam
from quantization.predict.stored_bytes import LayerSizes, Touched, is_int8_of_openvino, storage
from quantization.predict.weight_bytes import by_part
from quantization.recipes import DynamicInt8, find_precision

MOST_PARAMETERS = 10**14
ROW = 1024  # weights that share a scale where a precision has one for each output: the width of a small model
EMBEDDING_SHARE = 0.5  # at most: half of a small multilingual model is its vocabulary
NOTE = "Only the number is known: keys, values and activations depend on the model's shape and are not counted."
RANGE_NOTE = (
    "At least: every parameter is a weight of a linear layer. At most: half of them are embeddings, which most "
    "precisions leave as they are."
)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_COUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?(?:e\d{1,2})?)\s*([kmbt]?)", re.IGNORECASE)


def parse_count(text: str) -> int | None:
    """A number of parameters as people write it: 124,439,808, 110M, 8 B, 1.5e9; None for anything else.

    Raises:
        InvalidInput: no parameters at all, or more than a hundred trillion.
    """
    match = _COUNT.fullmatch(text.strip())
    if match is None:
        return None
    count = float(match[1].replace(",", "")) * _UNITS[match[2].lower()]
    if not 1 <= count <= MOST_PARAMETERS:  # an endless one too
        raise InvalidInput(f"{count:.3g} parameters are not possible. Give 1 to {MOST_PARAMETERS:,}.")
    return round(count)


def plan_for_count(parameters: int, precision: str = "fp32", training: bool = False) -> MemoryPlan:
    """What so many parameters need: `total` at least, `most` at most. Context and batch are left out, and are 0.

    Raises:
        InvalidInput: as `parse_count`, or training in another precision than fp32.
        PrecisionNotApplicable: there is no such precision.
    """
    parse_count(str(parameters))
    require_request(precision, 1, 1, training)
    least, most = (_bytes(parameters, precision, share) for share in (0.0, EMBEDDING_SHARE))
    needed = MemoryPlan(
        model=f"{parameters:,} parameters",
        precision=precision,
        context=0,
        batch=0,
        training=training,
        parameters=parameters,
        weights={WEIGHTS: least},
        most=most if most > least else None,
        notes=(NOTE, RANGE_NOTE) if most > least else (NOTE,),
    )
    return with_adam(needed) if training else needed


def _bytes(parameters: int, precision: str, share: float) -> int:
    """Bytes of all weights where `share` of them are embeddings, whose matrix a head shares."""
    recipe = find_precision(precision)
    embeddings = round(parameters * share)
    layers = (
        LayerSizes("embedding", "embeddings", weights=embeddings, outputs=embeddings // ROW),
        LayerSizes("linear", "feed-forward", weights=parameters - embeddings, outputs=(parameters - embeddings) // ROW),
        LayerSizes("head", "head", weights=embeddings, outputs=embeddings // ROW, tied=True),
    )
    _, linear, head = layers
    changed = Touched(frozenset({"linear"}))
    if is_int8_of_openvino(recipe):
        bytes_less = {
            "linear": spared(linear.weights, linear.outputs),
            "head": spared(head.weights, head.outputs, True),
        }
        changed = Touched(spared=bytes_less)
    if isinstance(recipe, DynamicInt8):
        # At most, all but the head is of a type that only some recipes see, as in GPT-2.
        linears = {"linear"} if recipe.scope.conv1d or not embeddings else set()
        linears |= {"head"} if recipe.scope.tied_head and embeddings else set()
        changed = Touched(frozenset(linears), frozenset({"embedding"} if recipe.scope.embeddings else ()))
    return sum(by_part(layers, storage(recipe, changed)).values())
