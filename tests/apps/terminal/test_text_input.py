"""Texts from files: what is said of those that hold more than texts."""

from pathlib import Path

import pytest

from apps.terminal.text_input import read_lines, tell_if_marked_up
from models.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "kind"), [("a.CSV", "a table"), ("a.jsonl", "JSON"), ("a.html", "a web page"), ("a.txt", None)]
)
def test_a_file_with_columns_or_tags_is_read_as_it_is_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, kind: str | None
) -> None:
    (tmp_path / name).write_text("text,label\nA good film.,good\n", encoding="utf-8")
    assert list(read_lines(None, tmp_path / name, each=True)) == ["text,label", "A good film.,good"]
    said = capsys.readouterr().err
    assert said.startswith(f"{name} looks like {kind}, and is read as plain text") if kind else said == ""


def test_of_a_file_that_is_not_there_only_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_lines(None, Path("gone.csv"), each=True)
    tell_if_marked_up(None)
    assert capsys.readouterr().err == ""
