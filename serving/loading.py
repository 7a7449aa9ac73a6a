"""From names to a loaded wrapper: the one road that pages and terminal share."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from models.catalog import ModelCard, Task
from models.device import Device, choose_device
from models.errors import PrecisionNotApplicable
from models.precision import Precision, require_applicable
from models.tasks import wrapper_class
from models.weights.cards import find_card
from models.wrapper import OnStep, silent
from quantization.automatic.choice import AS_SAVED, AUTO, Choice, choose
from quantization.recipes import PRECISIONS, find_precision, own_precision


@dataclass(frozen=True)
class ModelKey:
    """Everything that decides which model is meant: the only thing that a loaded model is kept under.

    Without a precision it is the one that a folder was saved in, else fp32; “auto” is the one that `choice` says. What
    a key leads to, its card and its device, is looked up when it is first asked for, and travels with the key; keys are
    compared without it. A folder may change on the disk, so a key is made anew for each click or command, and
    `ModelStore.use` looks anew as well.
    """

    task: Task
    model_id: str
    device: str = "auto"
    precision: str | None = AS_SAVED

    @cached_property
    def card(self) -> ModelCard:
        """The card of the model. Raises what `find_card` raises."""
        return find_card(self.model_id, self.task)

    @cached_property
    def chosen_device(self) -> Device:
        """The device that the model will run on, and why there. Raises what `choose_device` raises."""
        return choose_device(self.device)

    @cached_property
    def choice(self) -> Choice | None:
        """What “auto” means for this model now; None where a precision was asked for. Raises what `choose` raises."""
        return choose(self.card, self.chosen_device.type) if self.precision == AUTO else None


def resolved(key: ModelKey) -> ModelKey:
    """The same model by one key, whatever was left open: “auto” and “cpu” may be one device. Raises as `load`."""
    precision = _precision(key).name
    return replace(key, device=key.chosen_device.type, precision=precision)


def load(key: ModelKey, on_step: OnStep = silent) -> Any:
    """The loaded wrapper for `key`; `on_step` is told each step in words. Raises what the wrapper's `load` raises."""
    precision = _precision(key)
    on_step("Choosing the device")
    _require_applicable(key, precision)
    return wrapper_class(key.task).load(key.card, device=key.chosen_device, precision=precision, on_step=on_step)


def _precision(key: ModelKey) -> Precision:
    if key.choice is not None:
        return key.choice.precision
    return own_precision(key.card) if key.precision is None else find_precision(key.precision)


def _require_applicable(key: ModelKey, precision: Precision) -> None:
    """Refuse by the names of all precisions; the wrapper, which would refuse too, knows the plain ones only."""
    device = key.chosen_device.type
    if key.card.precision is not None and device not in precision.devices:
        raise PrecisionNotApplicable(
            f"{key.model_id} was saved in {precision.name}, which does not run on the device “{device}”. "
            f"Choose the device “{precision.devices[0]}”."
        )
    require_applicable(precision, device, key.task, PRECISIONS)
