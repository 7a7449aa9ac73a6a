"""From names to a loaded wrapper: the one road that pages and terminal share."""

from dataclasses import dataclass, replace
from typing import Any

from models.catalog import Task
from models.device import choose_device
from models.errors import PrecisionNotApplicable
from models.precision import require_applicable
from models.tasks import wrapper_class
from models.weights.cards import find_card
from models.wrapper import OnStep, silent
from quantization.recipes import PRECISIONS, find_precision, own_precision


@dataclass(frozen=True)
class ModelKey:
    """Everything that decides which model is meant: the only thing that a loaded model is kept under.

    Without a precision it is the one that a folder was saved in, else fp32.
    """

    task: Task
    model_id: str
    device: str = "auto"
    precision: str | None = None


def resolved(key: ModelKey) -> ModelKey:
    """The same model by one key, whatever was left open: “auto” and “cpu” may be one device. Raises as `load`."""
    precision = key.precision or own_precision(find_card(key.model_id, key.task)).name
    return replace(key, device=choose_device(key.device).type, precision=precision)


def load(key: ModelKey, on_step: OnStep = silent) -> Any:
    """The loaded wrapper for `key`; `on_step` is told each step in words. Raises what the wrapper's `load` raises."""
    card = find_card(key.model_id, key.task)
    precision = own_precision(card) if key.precision is None else find_precision(key.precision)
    on_step("Choosing the device")
    place = choose_device(key.device).type
    if card.precision is not None and place not in precision.devices:
        raise PrecisionNotApplicable(
            f"{card.model_id} was saved in {precision.name}, which does not run on the device “{place}”. "
            f"Choose the device “{precision.devices[0]}”."
        )
    require_applicable(precision, place, key.task, PRECISIONS)
    return wrapper_class(key.task).load(card, device=key.device, precision=precision, on_step=on_step)
