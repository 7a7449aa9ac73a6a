"""What commands write, and what they leave alone."""

import errno
import os
from pathlib import Path

import pytest

from apps.terminal.written import free_name, require_apart, require_writable, write_result, write_whole
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


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("deep", "deep cannot be written: it is a folder. Choose another with --out"),
        ("nowhere/a.csv", "there is no such folder. Choose another with --out"),
        ("a.txt", r"a\.txt does not end in \.csv or \.json\. Choose such a name for --out"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_computed(name: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    with pytest.raises(InvalidInput, match=problem):
        require_writable(tmp_path / name, "--out", () if name == "deep" else (".csv", ".json"))


def test_asking_leaves_nothing_behind(tmp_path: Path) -> None:
    for name in ("a.csv", "A.CSV"):
        require_writable(tmp_path / name, "--out", (".csv",))
    require_writable(None, "--out", (".csv",))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_in_full_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    write_whole(tmp_path / "old.txt", b"old")
    monkeypatch.setattr(os, "fsync", full)
    for name in ("old.txt", "new.txt"):
        with pytest.raises(OSError, match="No space"):
            write_whole(tmp_path / name, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old.txt", b"old")]


def test_a_result_that_finds_no_room_is_told_and_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = tmp_path / "marks.csv"
    write_result(file, "año\r\n", "--out")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InvalidInput, match=r"cannot be written: No space left on device\. Choose another with --out"):
        write_result(file, "otro\r\n", "--out")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("marks.csv", "año\r\n".encode())]


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only, and has no such pipes")
def test_links_and_pipes_stay_what_they_are(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    link, pipe = tmp_path / "link.csv", tmp_path / "pipe"
    link.symlink_to(tmp_path / "deep" / "there.csv")
    write_result(link, "a", "--out")
    assert link.is_symlink()
    assert (tmp_path / "deep" / "there.csv").read_text(encoding="utf-8") == "a"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    require_writable(pipe, "--out")
    write_result(pipe, "b", "--out")
    assert os.read(reader, 9) == b"b"
    assert pipe.is_fifo()
    os.close(reader)
