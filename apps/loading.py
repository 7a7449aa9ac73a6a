"""From names to a loaded wrapper: the one road that pages and terminal share."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from models.catalog import Task, find_card
from models.device import choose_device
from models.precision import require_applicable
from models.pretrained import OnStep, silent
from quantization.recipes import PRECISIONS, find_precision

# Named, not imported: a page must not wait for the libraries of the other pages.
WRAPPERS = {
    Task.QUESTION_ANSWERING: "models.question_answering:QuestionAnswerer",
    Task.TEXT_TO_TEXT: "models.text_to_text:TextToText",
    Task.TEXT_GENERATION: "models.text_generation:TextGenerator",
    Task.OBJECT_DETECTION: "models.object_detection:ObjectDetector",
}


@dataclass(frozen=True)
class ModelKey:
    """Everything that decides which model is meant: the only thing that a loaded model is kept under."""

    task: Task
    model_id: str
    device: str = "auto"
    precision: str = "fp32"


def wrapper_class(task: Task) -> type:
    """The wrapper class of a task, imported on demand."""
    module, name = WRAPPERS[task].split(":")
    return getattr(import_module(module), name)


def load(key: ModelKey, on_step: OnStep = silent) -> Any:
    """The loaded wrapper for `key`; `on_step` is told each step in words. Raises what the wrapper's `load` raises."""
    card = find_card(key.model_id, key.task)
    precision = find_precision(key.precision)
    on_step("Choosing the device")
    require_applicable(precision, choose_device(key.device).type, key.task, PRECISIONS)
    return wrapper_class(key.task).load(card, device=key.device, precision=precision, on_step=on_step)
