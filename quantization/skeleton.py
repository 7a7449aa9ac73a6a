"""A model built from its configuration alone, on torch's `meta` device, where tensors have a shape and no memory.

What is predicted is worked out on it, and what is measured is compared with its layers.
"""

from typing import TYPE_CHECKING, Any

from models.catalog import Task
from models.errors import InvalidInput
from models.wrapper import BUILDING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def skeleton(config: Any, task: Task | None = None, dtype: "torch.dtype | None" = None) -> "PreTrainedModel":
    """The model of a transformers configuration, without any weights, in fp32 or as `dtype` says.

    Without a task it is the class that the configuration names (`architectures`), else one that writes where its kind
    of model was made for that, else the plain encoder or decoder; `assumption` says which.

    Raises:
        InvalidInput: a task whose models are not made by transformers.
        ValueError and others: a configuration that transformers cannot build.
    """
    import torch
    import transformers

    auto_class = _auto_class(task, config)
    named = _named_class(config)
    if dtype is not None:
        config.dtype = dtype
    with BUILDING, torch.device("meta"):
        if named is not None and (task is None or named.__name__ == "SentenceClassifier"):
            make: Any = named if dtype is None else named._from_config
            built: PreTrainedModel = make(config)
            return built
        model: PreTrainedModel = getattr(transformers, auto_class).from_config(config)
    if task is not None and task.loaded_as == Task.SENTENCE_SIMILARITY and hasattr(model, "pooler"):
        model.pooler = None  # type: ignore[assignment]  # as `SentenceEncoder` loads it
    return model


def assumption(config: Any, task: Task | None, model: "PreTrainedModel") -> str | None:
    """What was assumed about the class of `model`, in a sentence; None where the task or the configuration says it."""
    if task is not None or _named_class(config) is not None:
        return None
    names = [str(name) for name in config.architectures or () if name]
    said = f"names a class that is not known here ({names[0]})" if names else "does not say its class (“architectures”)"
    return f"The configuration {said}, so {type(model).__name__} is assumed."


def _auto_class(task: Task | None, config: Any) -> str:
    """By which name transformers makes the models of a task; for none, what its kind of model was made for."""
    if task is None:
        return _usual_class(config)
    if task.row.auto_class is None:
        raise InvalidInput(f"The memory of {task.label} models cannot be worked out yet. Choose a text model.")
    return task.row.auto_class


def _usual_class(config: Any) -> str:
    """Of a kind that fills gaps (BERT) the plain encoder: it writes only where the configuration says so."""
    from transformers.models.auto import modeling_auto

    if config.model_type in modeling_auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES and config.is_encoder_decoder:
        return "AutoModelForSeq2SeqLM"
    reads = config.model_type in modeling_auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES
    writes = config.model_type in modeling_auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    return "AutoModelForCausalLM" if writes and (not reads or getattr(config, "is_decoder", False)) else "AutoModel"


def _named_class(config: Any) -> "type[PreTrainedModel] | None":
    """The class of transformers, or ours, that a configuration says it was made with."""
    import transformers

    if getattr(config, "classifier_pooling", None) == "mean":
        from models.sentence_encoder import SentenceClassifier

        return SentenceClassifier
    usual = "TimmWrapperForImageClassification" if config.model_type == "timm_wrapper" else ""  # timm says no class
    name = str(next(iter(config.architectures or ()), usual))
    named = getattr(transformers, name, None) if name.isidentifier() else None
    return named if isinstance(named, type) and issubclass(named, transformers.PreTrainedModel) else None
