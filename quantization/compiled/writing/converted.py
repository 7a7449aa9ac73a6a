"""The graphs of a model that writes: made from torch, or read from the disk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from quantization.compiled import graphs
from quantization.compiled.writing.stateful import remembering
from quantization.compiled.writing.traced import ENCODED, KEPT, POSITIONS, Encoded, Kind, Step

ROWS, BEFORE, NEW, READ = 2, 4, 3, 5  # sizes of the example: none is 1, all differ
_PAST, _PRESENT = "past", "present"


@dataclass(frozen=True)
class Graphs:
    """`step` reads new tokens. `encoded` makes keys and values of an encoded text, where the model has an encoder."""

    step: Any
    encoded: Any | None

    @classmethod
    def read(cls, name: str, kind: Kind) -> Self | None:
        """Those kept under this name; None where one is missing or cannot be read."""
        step = graphs.read_kept(f"{name}-step")
        encoded = graphs.read_kept(f"{name}-encoded") if kind.encoded else None
        return cls(step, encoded) if step and bool(encoded) == bool(kind.encoded) else None

    def keep(self, name: str) -> None:
        """For the next time, where the disk has room."""
        graphs.keep(f"{name}-step", self.step)
        if self.encoded:
            graphs.keep(f"{name}-encoded", self.encoded)


def converted(model: Any, forward: Callable[..., Any], kind: Kind) -> Graphs:
    """As exact as the weights are."""
    step = graphs.traced(Step(model, kind, forward), _example(kind))
    count = len(kind.remembered)
    _name(step.inputs, [*kind.inputs, *_numbered(_PAST, count), *_numbered(ENCODED, len(kind.encoded))])
    _name(step.outputs, ["scores", *_numbered(_PRESENT, count)])
    shapes = [*_shapes(kind), *((-1, heads, -1, width) for heads, width in (*kind.remembered, *kind.encoded))]
    graphs.reshape(step, shapes)
    remembered = list(zip(_numbered(_PAST, count), _numbered(_PRESENT, count), strict=True))
    remembering(step, kind.tokens, remembered)
    if not kind.encoded:
        return Graphs(step, None)
    width = model.config.d_model
    encoded = graphs.traced(Encoded(model, kind, forward), [torch.ones(ROWS, READ, width)])
    graphs.reshape(encoded, [(-1, -1, width)])
    return Graphs(step, encoded)


def _example(kind: Kind) -> list[Tensor]:
    read = READ if kind.encoded else BEFORE + NEW
    given = {
        kind.tokens: torch.arange(1, 1 + ROWS * NEW).reshape(ROWS, NEW),
        "attention_mask": torch.ones(ROWS, read, dtype=torch.long),
        POSITIONS: torch.arange(BEFORE, BEFORE + NEW).expand(ROWS, NEW).contiguous(),
        KEPT: torch.arange(1, NEW),
    }
    past = [torch.zeros(ROWS, heads, BEFORE, width) for heads, width in kind.remembered]
    encoded = [torch.zeros(ROWS, heads, READ, width) for heads, width in kind.encoded]
    return [*(given[name] for name in kind.inputs), *past, *encoded]


def _shapes(kind: Kind) -> Iterator[tuple[int, ...]]:
    return ((-1,) if name == KEPT else (-1, -1) for name in kind.inputs)


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name}{number}" for number in range(count)]


def _name(ports: list[Any], names: list[str]) -> None:
    for port, name in zip(ports, names, strict=True):
        port.get_tensor().set_names({name})
