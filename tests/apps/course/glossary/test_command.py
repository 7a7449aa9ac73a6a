"""aula.py words."""

import json
from pathlib import Path

import pytest

from tests.apps.commands import Aula


def test_a_word_as_json(aula: Aula) -> None:
    ended = aula("words", "over-fitting", "--json")
    found = json.loads(ended.output)

    assert ended.code == 0
    assert found["word"] == "overfitting"
    assert set(found) == {"word", "spellings", "text", "pages", "source"}
    assert found["pages"] == ["transfer_learning"]


def test_a_word_in_spanish(aula: Aula) -> None:
    assert aula("words", "perplexity", "--language", "es").output.startswith("perplejidad")


def test_all_words_are_a_table(aula: Aula) -> None:
    lines = aula("words").output.splitlines()

    assert lines[0].split() == ["WORD", "MEANING"]
    assert any(line.startswith("zero-shot ") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("perplexty",), "Perhaps: perplexity"),
        (("zzzzz",), "`words` lists all"),
        (("a", "--language", "qu"), "en, es"),
    ],
)
def test_what_does_not_exist_is_said(aula: Aula, arguments: tuple[str, ...], sentence: str) -> None:
    ended = aula("words", *arguments)

    assert ended.code == 1
    assert ended.output == ""
    assert sentence in ended.errors


def test_a_broken_file_is_told_and_the_rest_printed(aula: Aula, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("AULA_COURSES", str(tmp_path))
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "glossary.md").write_text("## one\n\n## two\n\nText.\n", encoding="utf-8")
    ended = aula("words", "--json")

    assert ended.code == 1
    assert [word["word"] for word in json.loads(ended.output)] == ["two"]
    assert "en/glossary.md, line 1: Nothing explains “one”" in ended.errors
