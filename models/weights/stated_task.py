"""What the settings of a model say that it is for, against what it is wanted for."""

from typing import Any

from models.catalog import ModelCard
from models.errors import UnsupportedCheckpoint
from models.tasks import Task, task_made_with
from models.weights.timm_folder import is_timm


def require_task(card: ModelCard, config: dict[str, Any]) -> None:
    """Raise UnsupportedCheckpoint for a model that says itself that it is for another task."""
    task = _task_of(config)
    if task is not None and task not in (card.task, card.task.loaded_as):
        raise UnsupportedCheckpoint(
            f"{card.model_id} is a model for {task.label}, not for {card.task.label}. "
            "Choose a model made for this task."
        )


def require_text_task(card: ModelCard, config: dict[str, Any]) -> None:
    """The same for a task of texts: any model of texts may do, as its head is looked at when it is loaded."""
    task = _task_of(config)
    if task is not None and not task.row.reads_text:
        require_task(card, config)


def _task_of(config: dict[str, Any]) -> Task | None:
    """The task of the class that settings name; None where they name none that a row of the suite knows."""
    names = config.get("architectures")
    if isinstance(names, list) and names:
        return task_made_with(str(names[0]))
    return Task.IMAGE_CLASSIFICATION if is_timm(config) else None
