"""A model built from its configuration alone, on torch's `meta` device, where tensors have a shape and no memory.

What is predicted is worked out on it, and what is measured is compared with its layers.
"""

from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import InvalidInput
from models.wrapper import BUILDING

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def skeleton(config: Any, task: Task | None = None) -> "PreTrainedModel":
    """The model of a transformers configuration, without any weights.

    Without a task it is the class that the configuration names (`architectures`), else the plain encoder or decoder.

    Raises:
        InvalidInput: a task whose models are not made by transformers.
        ValueError and others: a configuration that transformers cannot build.
    """
    import torch
    import transformers

    auto_class = _auto_class(task)
    named = _named_class(config)
    with BUILDING, torch.device("meta"):
        if named is not None and (task is None or named.__name__ == "SentenceClassifier"):
            return named(config)
        model: PreTrainedModel = getattr(transformers, auto_class).from_config(config)
    if task is not None and task.loaded_as == Task.SENTENCE_SIMILARITY and hasattr(model, "pooler"):
        model.pooler = None  # type: ignore[assignment]  # as `SentenceEncoder` loads it
    return model


def _auto_class(task: Task | None) -> str:
    """By which name transformers makes the models of a task; for none, the plain encoder or decoder."""
    if task is None:
        return "AutoModel"
    if task.row.auto_class is None:
        raise InvalidInput(f"The memory of {task.label} models cannot be worked out yet. Choose a text model.")
    return task.row.auto_class


def _named_class(config: Any) -> "type[PreTrainedModel] | None":
    """The class of transformers, or ours, that a configuration says it was made with."""
    import transformers

    if getattr(config, "classifier_pooling", None) == "mean":
        from models.sentence_encoder import SentenceClassifier

        return SentenceClassifier
    name = str(next(iter(config.architectures or ()), ""))
    named = getattr(transformers, name, None) if name.isidentifier() else None
    return named if isinstance(named, type) and issubclass(named, transformers.PreTrainedModel) else None
