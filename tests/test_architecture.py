"""The arrows that docs/architecture.md draws: what may import what. Imports inside functions count as well."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {  # each package, and those that it may import beside itself
    "models": set(), "quantization": {"models"}, "training": {"models"},
    "serving": {"models", "quantization"}, "apps": {"models", "quantization", "serving", "training"},
    "benchmarks": {"models", "quantization", "serving", "training"}, "examples": {"models", "quantization"},
}  # fmt: skip
TREES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): ast.parse(file.read_text(encoding="utf-8"))
    for package in MAY_IMPORT
    for file in (ROOT / package).rglob("*.py")
}


def imported(tree: ast.AST) -> set[str]:
    """What a module imports. `from models.text import tokens` names models.text, and models.text.tokens."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [(getattr(node, "module", ""), alias.name) for node in nodes for alias in node.names]
    return {origin for origin, _ in names} | {f"{origin}.{name}".lstrip(".") for origin, name in names}


ARROWS = {module: sorted(imported(tree) & TREES.keys()) for module, tree in TREES.items()}


def test_arrows_point_one_way() -> None:
    ends = [(start, end, start.split(".")[0], end.split(".")[0]) for start in ARROWS for end in ARROWS[start]]
    wrong = [f"{start} → {end}" for start, end, here, there in ends if there not in MAY_IMPORT[here] | {here}]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter(ARROWS).prepare()  # raises CycleError, which names the circle, read from right to left


def test_models_neither_print_nor_know_streamlit() -> None:
    for module in filter(lambda name: name.startswith("models."), TREES):
        names = imported(TREES[module]) | {getattr(node, "id", "") for node in ast.walk(TREES[module])}
        assert not {name.split(".")[0] for name in names} & {"print", "streamlit"}, module
