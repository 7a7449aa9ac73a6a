"""The arrows that docs/architecture.md draws: what may import what. Imports inside functions count as well."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAY_IMPORT = {  # each package, and those that it may import beside itself
    "models": set(), "quantization": {"models"}, "training": {"models"},
    "serving": {"models", "quantization"}, "apps": {"models", "quantization", "serving", "training"},
    "benchmarks": {"models", "quantization", "serving", "training"}, "examples": {"models", "quantization"},
}  # fmt: skip
# Name of a module, the names that it imports, and every name that it uses.
Modules = dict[str, tuple[set[str], set[str]]]


@pytest.fixture(scope="module")
def modules() -> Modules:
    """Every module of these packages. They are read here and not with this file, which each process collects."""
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): names_in(ast.parse(file.read_text(encoding="utf-8")))
        for package in MAY_IMPORT
        for file in (ROOT / package).rglob("*.py")
    }


def names_in(tree: ast.AST) -> tuple[set[str], set[str]]:
    """What a module imports and uses. `from models.text import tokens` names models.text, and models.text.tokens."""
    imported, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", "") or ""
            imported |= {origin, *(f"{origin}.{alias.name}".lstrip(".") for alias in node.names)}
        elif isinstance(node, ast.Name):
            used.add(node.id)
    return imported, used


@pytest.fixture(scope="module")
def arrows(modules: Modules) -> dict[str, list[str]]:
    """Which modules each one imports."""
    return {module: sorted(imported & modules.keys()) for module, (imported, _) in modules.items()}


def test_arrows_point_one_way(arrows: dict[str, list[str]]) -> None:
    ends = [(start, end, start.split(".")[0], end.split(".")[0]) for start in arrows for end in arrows[start]]
    wrong = [f"{start} → {end}" for start, end, here, there in ends if there not in MAY_IMPORT[here] | {here}]
    assert not wrong, "\n".join(wrong)


def test_no_module_imports_itself_by_way_of_others(arrows: dict[str, list[str]]) -> None:
    TopologicalSorter(arrows).prepare()  # raises CycleError, which names the circle, read from right to left


def test_models_neither_print_nor_know_streamlit(modules: Modules) -> None:
    for module, (imported, used) in modules.items():
        if module.startswith("models."):
            assert not {name.split(".")[0] for name in imported | used} & {"print", "streamlit"}, module
