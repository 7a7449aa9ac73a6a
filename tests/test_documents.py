"""The documents keep what they promise: links lead to what they name, and the Python of the README runs."""

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
# A link or picture to a file of the suite: [text](path#section), not to the web and not within the page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)")

SYMBOL = re.compile(r"\[`(\w+)`\]\(([^)#\s]+\.py)\)")  # [`ModelCard`](../models/catalog.py)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_what_a_link_names_is_defined_there(document: Path) -> None:
    named = SYMBOL.findall(document.read_text(encoding="utf-8"))

    for symbol, link in named:
        source = (document.parent / link).read_text(encoding="utf-8")
        assert re.search(rf"^(class|def) {symbol}\b", source, re.MULTILINE), f"{link} does not define {symbol}"


def test_the_python_of_the_readme_prints_what_it_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [source] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "readme.py"
    script.write_text(source, encoding="utf-8")
    monkeypatch.chdir(ROOT)

    runpy.run_path(str(script), run_name="__main__")

    assert capsys.readouterr().out.splitlines() == re.findall(r"^# (.*)$", source, re.MULTILINE)
