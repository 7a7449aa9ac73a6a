"""What commands write, and what they leave alone."""

import os
from pathlib import Path

import pytest

from apps.terminal.written import free_name, require_apart
from models.errors import InvalidInput


def test_what_is_read_is_not_overwritten_under_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "data.csv"
    data.touch()
    (tmp_path / "deep").mkdir()
    os.link(data, tmp_path / "link.csv")
    for name in ("data.csv", "deep/../data.csv", "link.csv"):
        with pytest.raises(InvalidInput, match=r"would be overwritten\. Choose another file with --out"):
            require_apart(Path(name), [Path("gone.csv"), data], "--out")


def test_other_files_and_none_may_be_written(tmp_path: Path) -> None:
    data, other = tmp_path / "data.csv", tmp_path / "other.csv"
    data.touch()
    other.touch()
    for written in (None, other, tmp_path / "new.csv"):
        require_apart(written, [data, tmp_path], "--out")


def test_a_name_that_nobody_chose_is_one_that_is_free(tmp_path: Path) -> None:
    first = tmp_path / "drawing-5.png"
    assert free_name(first) == first
    first.touch()
    (tmp_path / "drawing-5-2.png").touch()
    assert free_name(first) == tmp_path / "drawing-5-3.png"
