"""What every forward that OpenVINO takes over needs: what is asked of it, and a sentence where that cannot be done."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from models.errors import AulaError, PrecisionNotApplicable, ran_out_of_memory


@contextmanager
def attempted() -> Iterator[None]:
    """For the lines that make a graph of a model.

    Raises:
        PrecisionNotApplicable: OpenVINO cannot convert the model, gives other numbers, or is not here.
    """
    try:
        yield
    except AulaError:
        raise
    except Exception as error:  # whatever a network trips over while it is traced, and all that OpenVINO lacks
        if isinstance(error, MemoryError) or ran_out_of_memory(error):
            raise
        raise PrecisionNotApplicable(
            f"OpenVINO cannot take over this kind of model ({type(error).__name__}). Choose fp32."
        ) from error


def by_name(signature: inspect.Signature, given: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """All that was given, by name, in the order of the signature, without what only says that nothing more is asked."""
    both = {**dict(zip(signature.parameters, given, strict=False)), **named}
    ordered = {name: both[name] for name in (*signature.parameters, *both) if name in both}
    return {name: value for name, value in ordered.items() if not says_nothing(name, value)}


def says_nothing(name: str, value: Any) -> bool:
    """Whether a forward does the same without this argument."""
    if name == "return_dict":
        return value is None or value is True
    return value is None or (value is False and name.startswith("output_"))


def is_looked_into(modules: Sequence[nn.Module]) -> bool:
    """Whether somebody wants gradients, or what the layers of a model compute."""
    if torch.is_grad_enabled():
        return True
    return any(map(_sees, (hook for module in modules for hook in _hooks(module))))


def _hooks(module: nn.Module) -> Iterator[Any]:
    yield from module._forward_hooks.values()
    yield from module._forward_pre_hooks.values()


def _sees(hook: Any) -> bool:
    """Those of transformers stay in a model that was looked into once, and see only what a call asks them for."""
    return getattr(hook, "__module__", None) != "transformers.utils.output_capturing"
