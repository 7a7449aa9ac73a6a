"""aula.py tokenize."""

import json
from pathlib import Path

import pytest

from tests.apps.commands import Aula


def test_several_tokenizers_and_texts_as_json(aula: Aula) -> None:
    options = ("--tokenizer", "gpt-2,aula/minilm", "--price", 2, "--times", 1000, "--json")
    ended = aula("tokenize", "Hello world", "ñ", *options)
    first, second = json.loads(ended.output)

    assert ended.code == 0
    assert (first["text"], second["text"]) == ("Hello world", "ñ")
    assert [found["tokenizer"] for found in first["tokenizers"]] == ["gpt-2", "aula/minilm"]
    assert [token["id"] for token in first["tokenizers"][0]["tokens"]] == [15496, 995]
    assert first["tokenizers"][1]["cost"] == pytest.approx(4 * 1000 * 2 / 1e6)
    assert second["tokenizers"][1]["normalized"] == [{"from": "ñ", "to": "n"}]


def test_tokens_and_figures_are_printed(aula: Aula) -> None:
    ended = aula("tokenize", "Hello world", "--tokenizer", "aula/minilm", "--no-special-tokens")

    assert ended.output.startswith("aula/minilm: hello | world\n")
    assert "WordPiece" in ended.output
    assert "differs from character 1 on" in ended.output


def test_a_file_is_one_text(aula: Aula, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("one\ntwo\n", encoding="utf-8")
    [found] = json.loads(aula("tokenize", "--file", tmp_path / "text.txt", "--tokenizer", "gpt-2", "--json").output)

    assert found["text"] == "one\ntwo"
    assert found["tokenizers"][0]["count"] == 3


def test_standard_input_is_one_text(aula: Aula) -> None:
    assert aula("tokenize", "--tokenizer", "gpt-2", stdin="Hello world\n").output.startswith("gpt-2: Hello | ·world\n")


def test_one_bad_text_is_named_and_the_others_go_on(aula: Aula) -> None:
    ended = aula("tokenize", "good", "a\udcff", "--tokenizer", "gpt-2", "--json")
    good, bad = json.loads(ended.output)

    assert ended.code == 1
    assert good["tokenizers"][0]["count"] == 1
    assert (bad["number"], bad["text"]) == (2, "a?")
    assert "Text 2 of 2: The text holds bytes that are not UTF-8" in ended.errors


def test_one_bad_tokenizer_is_named_and_the_others_go_on(aula: Aula, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{", encoding="utf-8")
    ended = aula("tokenize", "good", "--tokenizer", f"nobody,{tmp_path},gpt-2")

    assert ended.code == 1
    assert "no tokenizer, model, folder or file “nobody”" in ended.errors
    assert "cannot be read" in ended.errors
    assert "gpt-2: good" in ended.output


IMPOSSIBLE = [("--tokenizer", "nobody", "x"), ("",), ("--file", "nowhere.txt"), ("a", "--file", "b")]


@pytest.mark.parametrize("arguments", IMPOSSIBLE)
def test_what_cannot_be_done_is_one_sentence(aula: Aula, arguments: tuple[str, ...]) -> None:
    ended = aula("tokenize", *arguments)

    assert ended.code == 1
    assert ended.output == ""
    assert len(ended.errors.strip().splitlines()) == 1
