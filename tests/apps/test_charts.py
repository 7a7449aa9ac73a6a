"""What all charts of the pages keep to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.classroom import ROOT

CHARTS = sorted(file for file in (ROOT / "apps").rglob("*.py") if "import altair" in file.read_text(encoding="utf-8"))


def bare_channels(source: str) -> Iterator[int]:
    """The lines of `.encode(…)` in which a channel, or one of a list, is a bare text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "encode":
            for keyword in node.keywords:
                parts = keyword.value.elts if isinstance(keyword.value, ast.List) else [keyword.value]
                yield from (part.lineno for part in parts if isinstance(part, ast.Constant))


def test_a_bare_channel_is_found() -> None:
    assert list(bare_channels("alt.Chart(t).encode(x=alt.X('a'),\ny='b',\ntooltip=['c', alt.Tooltip('d')])")) == [2, 3]


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_channels_are_objects_since_altair_takes_long_for_a_bare_text(file: Path) -> None:
    assert not list(bare_channels(file.read_text(encoding="utf-8")))
