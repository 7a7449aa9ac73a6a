"""What a graph was made from, as one name: another weight, setting or version of the code is another name."""

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from quantization.compiled.examples import Inputs, Shape

_PLAIN = (bool, int, float, str, type(None))
_LENGTH = 32  # characters of the digest: 128 bits


def fingerprint(model: nn.Module, shapes: Mapping[str, Shape], *others: str) -> str:
    """A name for `model` with inputs of these shapes: the same wherever the same graph would come out.

    `others` are further facts that the graph depends on.
    """
    digest = hashlib.sha256()
    for part in (*_facts(model, shapes), *others):
        digest.update(part.encode("utf-8", "backslashreplace") + b"\0")
    for name, tensor in model.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()[:_LENGTH]


def _facts(model: nn.Module, shapes: Mapping[str, Shape]) -> Iterator[str]:
    yield repr({name: version(name) for name in ("openvino", "torch", "transformers")})
    yield repr(sorted(shapes.items()))
    config = getattr(model, "config", None)
    if config is not None:
        settings = {name: value for name, value in config.to_dict().items() if name != "_name_or_path"}
        yield json.dumps(settings, sort_keys=True, default=str)
    for module_name in sorted({type(module).__module__ for module in model.modules()}):
        yield f"{module_name} {digest_of_source(module_name)}"
    for name, module in model.named_modules():
        yield f"{name} {type(module).__qualname__} {sorted(_settings(module))!r}"


def digest_of_source(module_name: str) -> str:
    """A name for the code of a module."""
    try:
        source = inspect.getsource(sys.modules[module_name])
    except (OSError, TypeError, KeyError):  # a program without its source: its version has to do
        return ""
    return hashlib.sha256(source.encode("utf-8", "backslashreplace")).hexdigest()


def digest_of_inputs(examples: Iterable[Inputs]) -> str:
    """A name for the numbers of these inputs."""
    digest = hashlib.sha256()
    for inputs in examples:
        for name, tensor in inputs.items():
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\0".encode())
            digest.update(_bytes(tensor))
    return digest.hexdigest()


def _settings(module: nn.Module) -> Iterator[tuple[str, str]]:
    """The plain values of a layer: strides, anchors, the numbers of heads."""
    for name, value in vars(module).items():
        if not name.startswith("_") and _is_plain(value):
            yield name, repr(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return isinstance(value, _PLAIN)


def _bytes(tensor: Tensor) -> Any:
    """The numbers as they lie in memory, without a copy where they lie in order."""
    return tensor.detach().contiguous().view(-1).view(torch.uint8).numpy()
