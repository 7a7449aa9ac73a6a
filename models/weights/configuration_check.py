"""Refuses a config.json that no library should be given: absurd numbers would build for ever, or fill the memory."""

import math
import re
from collections.abc import Iterator
from typing import Any

from models.errors import UnsupportedCheckpoint
from models.weights.timm_folder import is_timm, require_own_architecture

LARGEST_NUMBER = 2**27  # a vocabulary, a width, a context: the largest published ones are a tenth of it
LARGEST_COUNTS = (
    (re.compile(r"(layers?|blocks?|depths?|stages)$"), 1_000),
    (re.compile(r"experts$"), 10_000),
    (re.compile(r"(num_labels|num_classes)$"), 50_000),  # ImageNet has 21,843
)
MOST_EXPERTS = 50_000  # in all layers together


def check(model_id: str, values: dict[str, Any]) -> None:
    """Refuse settings that no library should be given, before anything is built.

    Raises:
        UnsafeCheckpoint: timm would build another model than the folder's.
        UnsupportedCheckpoint: the kind of model is not named, its backbone is a model of its own, or a number is too
            large.
    """
    if not isinstance(values.get("model_type"), str) and not is_timm(values):
        raise UnsupportedCheckpoint(
            f"The config.json of {model_id} does not say what kind of model it is (“model_type”). Choose another model."
        )
    require_own_architecture(model_id, values)
    layers: list[float] = [1]
    experts: list[float] = [1]
    for name, value in _settings(values):
        if name == "backbone" and value:
            raise unusable(model_id, "it is made of another model for pictures")
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        most = next((limit for pattern, limit in LARGEST_COUNTS if pattern.search(name)), LARGEST_NUMBER)
        if value == math.inf and most == LARGEST_NUMBER:
            continue  # “no limit”, as Mamba 2 writes it; no size can be that, so nothing is built from it
        if not -LARGEST_NUMBER <= value <= most:
            raise unusable(model_id, f"“{name}” is {value:,}, and at most {most:,} is taken seriously here")
        if name.endswith("experts"):
            experts.append(value)
        elif most == LARGEST_COUNTS[0][1]:
            layers.append(value)
    if max(layers) * max(experts) > MOST_EXPERTS:
        raise unusable(model_id, f"it has {max(layers):,} layers of {max(experts):,} experts")


def _settings(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value with the last name on the way to it, those of parts and lists included."""
    waiting = [(name, value)]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(str(inner), part) for inner, part in value.items()]
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]
        else:
            yield name, value


def unusable(model_id: str, reason: str) -> UnsupportedCheckpoint:
    """The error for a configuration that no model can be built from; the reason's first line is quoted."""
    first = next(iter(reason.strip().splitlines()), "its settings do not fit together").rstrip(".")
    return UnsupportedCheckpoint(f"The configuration of {model_id} cannot be used: {first}. Choose another model.")
