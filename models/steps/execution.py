"""Runs cells, one after another, in one namespace: the very text that is shown. Knows nothing of tasks.

Each run says what came out of it: the names that got a value, what they hold, what was printed, how long it took.
"""

import ast
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.cancellation import stop_if
from models.device import footprint, memory_in_use, returnable_blocks
from models.steps.cells import MODEL, Cell
from models.threads import PARSING
from models.wrapper import BUILDING

MOST_SHOWN = 160  # characters of a value
MOST_PRINTED = 2_000
MOST_VALUES = 12
_PLAIN = (str, int, float, list, tuple, dict)


@dataclass(frozen=True)
class Value:
    """What a name holds after a step.

    `kind` is its class. A tensor has `shape`, `dtype` and `device`, a model dtype and device too; `bytes` is what it
    takes of memory. `shown` is the beginning of what it says; empty for tensors.
    """

    name: str
    kind: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    device: str | None = None
    bytes: int | None = None
    shown: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; what does not apply is null."""
        return asdict(self) | {"shape": None if self.shape is None else list(self.shape)}


@dataclass(frozen=True)
class Ran:
    """What one cell did: its `values`, what it `printed`, the value of its last line, and what it took.

    `memory` is in bytes, of the whole process, after it; on CUDA that of the card.
    """

    values: tuple[Value, ...]
    printed: str
    result: str | None
    seconds: float
    memory: int


class Namespace:
    """The names of a notebook that runs. `close` forgets them, and with them the model."""

    def __init__(self, device: str, cancelled: threading.Event | None = None):
        self._names: dict[str, Any] = {"__name__": "__main__", "print": self._print}
        self._device = device
        self._cancelled = cancelled
        self._printed: list[str] = []
        self._known: set[Value] = set()
        self._called: dict[str, str] = {}

    def __getitem__(self, name: str) -> Any:
        return self._names[name]

    def get(self, name: str) -> Any:
        """The value of a name; None where it has none."""
        return self._names.get(name)

    def put_places(self, places: Mapping[str, Path]) -> None:
        """Let names that a cell gave a value stand for a folder of this machine; what is printed tells the value."""
        self._called = {str(folder): str(self._names[name]) for name, folder in places.items()}
        self._names.update({name: str(folder) for name, folder in places.items()})

    def close(self) -> None:
        """Forget everything: nothing of a run stays in memory."""
        self._names.clear()

    def run(self, cell: Cell) -> Ran:
        """Run one cell. Raises what it raises, and Cancelled between two runs of the model within it."""
        stop_if(self._cancelled)
        with PARSING:
            tree = ast.parse(cell.source, f"<{cell.name}>")
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            code = compile(tree, f"<{cell.name}>", "exec")
        self._printed.clear()
        started = time.perf_counter()
        with ExitStack() as held:
            if cell.name == MODEL:  # see `models.wrapper`: two models may not be built at once
                held.enter_context(BUILDING)
                held.enter_context(returnable_blocks())
            exec(code, self._names)
            result = None if last is None else eval(_compiled(last, cell.name), self._names)
            self._finish()
        seconds = time.perf_counter() - started
        if cell.name == MODEL:
            self._stop_between_runs()
        stop_if(self._cancelled)
        shown = None if last is None else self._elsewhere(_short(result))
        printed = self._elsewhere("".join(self._printed))[:MOST_PRINTED]
        return Ran(self._new(tree), printed, shown, seconds, memory_in_use(self._device))

    def _new(self, tree: ast.AST) -> tuple[Value, ...]:
        """What names hold that a cell gave a value; what was told before, and is the same, is not told again."""
        values = [value for name in assigned(tree) for value in describe(name, self._names.get(name))]
        new = [value for value in values if value not in self._known]
        self._known.update(new)
        return tuple(new[:MOST_VALUES])

    def _elsewhere(self, text: str) -> str:
        for folder, name in self._called.items():
            text = text.replace(folder, name)
        return text

    def _print(self, *values: object, sep: str = " ", end: str = "\n") -> None:
        self._printed.append(sep.join(map(str, values)) + end)

    def _finish(self) -> None:
        """Wait for a graphics card, which works while Python goes on: else the time would not be its own."""
        if self._device == "cuda":
            import torch

            torch.cuda.synchronize()

    def _stop_between_runs(self) -> None:
        """Let Stop end a cell that runs the model many times."""
        self._names["model"].register_forward_pre_hook(lambda module, inputs: stop_if(self._cancelled))


def _compiled(last: ast.stmt, name: str) -> Any:
    assert isinstance(last, ast.Expr)
    with PARSING:
        return compile(ast.Expression(last.value), f"<{name}>", "eval")


def assigned(tree: ast.AST) -> list[str]:
    """The names that a cell gives a value, in their order; not those within functions, and no imports."""
    found: dict[str, None] = {}

    def look(node: ast.AST) -> None:
        if isinstance(node, ast.FunctionDef | ast.ListComp | ast.GeneratorExp | ast.Lambda):
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and not node.id.startswith("_"):
            found[node.id] = None
        for child in ast.iter_child_nodes(node):
            look(child)

    look(tree)
    return list(found)


def describe(name: str, value: Any) -> Iterator[Value]:
    """What a name holds, in one row or, for things that hold several tensors, in one for each."""
    import torch

    if value is None:
        return
    if isinstance(value, torch.Tensor):
        yield _tensor(name, value)
    elif isinstance(value, torch.nn.Module):
        yield _model(name, value)
    elif isinstance(value, Mapping) and any(isinstance(part, torch.Tensor) for part in value.values()):
        # A ModelOutput is read by attributes, what a tokenizer gives by keys.
        written = f'{name}["{{}}"]' if hasattr(value, "convert_to_tensors") else f"{name}.{{}}"
        parts = ((written.format(key), part) for key, part in value.items())
        yield from (_tensor(key, part) for key, part in parts if isinstance(part, torch.Tensor))
    elif isinstance(value, tuple) and value and isinstance(value[0], torch.Tensor):
        first = _tensor(name, value[0])
        size = sum(part.nbytes for part in value)
        yield Value(name, f"tuple of {len(value)}", first.shape, first.dtype, first.device, size)
    elif hasattr(value, "vocab_size") and hasattr(value, "decode"):
        yield Value(name, type(value).__name__, shown=_of_tokenizer(value))
    else:  # what a class of a library says of itself is long, and may hold the name of a folder
        yield Value(name, type(value).__name__, shown=_short(value) if isinstance(value, _PLAIN) else "")


def _tensor(name: str, tensor: Any) -> Value:
    kind = str(tensor.dtype).removeprefix("torch.")
    return Value(name, "Tensor", tuple(tensor.shape), kind, tensor.device.type, tensor.nbytes)


def _model(name: str, model: Any) -> Value:
    weight = next(model.parameters())
    count = sum(parameter.numel() for parameter in model.parameters())
    dtype = str(weight.dtype).removeprefix("torch.")
    return Value(
        name,
        type(model).__name__,
        None,
        dtype,
        weight.device.type,
        footprint(model),
        f"{count:,} numbers in its weights",
    )


def _of_tokenizer(tokenizer: Any) -> str:
    reads = f", at most {tokenizer.model_max_length:,} of them a text" if tokenizer.model_max_length < 10**9 else ""
    return f"{len(tokenizer):,} tokens{reads}"


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
