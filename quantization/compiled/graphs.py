"""From a module of torch to a graph of OpenVINO that gives the same numbers, kept on the disk for the next time.

Conversion traces the module, which takes seconds; reading a kept graph takes tenths of one. A kept graph is data, no
code, and whatever is wrong with it shows when its numbers are compared with torch's: then it is made anew.
"""

import logging
import os
import secrets
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from models.errors import PrecisionNotApplicable
from models.folders import cache_folder
from quantization.compiled.examples import Inputs, Shape
from quantization.compiled.library import core, openvino

MOST_KEPT = 2_000_000_000  # bytes of graphs on the disk; those that were not used for longest go first
TOLERANCE = 1e-4  # of the largest number: 0.06 pixels in a picture of 640
_GRAPH = "graph.xml"

log = logging.getLogger(__name__)


def graphs_folder() -> Path:
    """Where graphs are kept, a folder each. All of it can be made anew, and deleted at any time."""
    return cache_folder() / "openvino"


class Traceable(nn.Module):
    """A module as OpenVINO wants to trace it: tensors in, in this order, and a tuple of tensors out."""

    def __init__(self, module: nn.Module, forward: Callable[..., Any], names: Sequence[str]):
        super().__init__()
        self.module, self._forward, self._names = module, forward, tuple(names)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(values_of(self._forward(**dict(zip(self._names, inputs, strict=True)))))


def values_of(output: Any) -> list[Tensor]:
    """The tensors of a model's output, in its order."""
    return list(output.values() if hasattr(output, "values") else output)


def convert(module: Traceable, shapes: Mapping[str, Shape], example: Inputs) -> Any:
    """The graph of `module`, with weights as exact as they are there."""
    graph = traced(module, list(example.values()))
    reshape(graph, list(shapes.values()))
    return graph


def traced(module: nn.Module, example: Sequence[Tensor]) -> Any:
    """The graph of a module that takes tensors and gives a tuple of them."""
    _quieten()
    with torch.inference_mode(False), torch.no_grad():
        return openvino().convert_model(module, example_input=tuple(value.clone() for value in example))


def reshape(graph: Any, shapes: Sequence[Shape]) -> None:
    """Say for each input which of its sizes may vary: those that are -1."""
    given = zip(graph.inputs, shapes, strict=True)
    graph.reshape({port: openvino().PartialShape(list(shape)) for port, shape in given})


def _quieten() -> None:
    """Keep what tracing says of itself from the terminal. For good: what is scoped is not safe between threads."""
    # Sizes that it takes for constants: that is why a graph is compared at a second size.
    warnings.filterwarnings("ignore", category=TracerWarning)
    warnings.filterwarnings("ignore", message="`torch.jit.trace", category=FutureWarning)
    # Tracing asks a model for everything that it has, and transformers thinks that somebody wants it.
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing`", category=FutureWarning)
    logging.getLogger("transformers.modeling_utils").addFilter(_is_not_about_the_loss)


def _is_not_about_the_loss(record: logging.LogRecord) -> bool:
    return "loss_type=None" not in record.getMessage()


def largest_difference(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    """How far apart two outputs are, as a share of the largest number expected (at least 1); infinite for other shapes.

    Two outputs with NaN in one of them are infinitely far apart.
    """
    worst = 0.0
    for one, other in zip(found, expected, strict=True):
        if one.shape != other.shape:
            return float("inf")
        if one.numel():
            difference = float((one.double() - other.double()).abs().max() / max(1.0, float(other.abs().max())))
            worst = max(worst, difference if difference == difference else float("inf"))
    return worst


def require_same(found: Sequence[Tensor], expected: Sequence[Tensor], tolerance: float) -> None:
    """Raise PrecisionNotApplicable where OpenVINO gives other numbers than torch."""
    if largest_difference(found, expected) > tolerance:
        raise PrecisionNotApplicable(
            "OpenVINO gives other numbers for this model than torch does, so it is not used. Choose fp32."
        )


# On the disk


def read_kept(name: str) -> Any | None:
    """The graph kept under this name; None where there is none that can be read."""
    file = graphs_folder() / name / _GRAPH
    if not file.is_file():
        return None
    try:
        graph = core().read_model(file)
        os.utime(file.parent)  # used now
    except (RuntimeError, OSError) as error:
        log.debug("The kept graph %s cannot be read: %s", file, error)
        return None
    return graph


def keep(name: str, graph: Any) -> None:
    """Keep a graph for the next time; where the disk has no room for it, it is made anew then."""
    folder = graphs_folder()
    unfinished = folder / f".{name}-{secrets.token_hex(4)}"
    try:
        unfinished.mkdir(parents=True)
        openvino().save_model(graph, unfinished / _GRAPH, compress_to_fp16=False)
        forget(name)
        unfinished.rename(folder / name)
        _make_room(folder, name)
    except (OSError, RuntimeError) as error:
        log.debug("The graph %s is not kept: %s", name, error)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def forget(name: str) -> None:
    """Delete a kept graph. One that is in use on Windows stays, and is not read again where it is wrong."""
    shutil.rmtree(graphs_folder() / name, ignore_errors=True)


def _make_room(folder: Path, newest: str) -> None:
    """Delete the graphs that were not used for longest, until the others take no more than MOST_KEPT."""
    kept = sorted(folder.iterdir(), key=lambda path: (path.name != newest, -path.stat().st_mtime))
    taken = 0
    for path in kept:
        taken += sum(file.stat().st_size for file in _files(path))
        if taken > MOST_KEPT and path.name != newest:
            shutil.rmtree(path, ignore_errors=True)


def _files(path: Path) -> Iterator[Path]:
    return (file for file in path.rglob("*") if file.is_file())
