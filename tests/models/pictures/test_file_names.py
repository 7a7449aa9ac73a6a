"""Names of files that are no text: printed, and found again."""

import os
from pathlib import Path

import pytest

from models.pictures.file_names import LONGEST_STEM, path_from, path_text, safe_stem, shown_name, spreadsheet_path

NAMES = [
    b"caf\xe9.jpg", b"two\nlines", b"tab\there", b"50%E9.jpg", b"\xf0\x9f\x90\x88.png", b"a\\xe9", b"file:x",
    "a\u202egpj.exe".encode(), b"a\x7fb", b"ends with blank ",
]  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_printed_on_one_line_and_leads_back(tmp_path: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name)))
    path.touch()
    for text in (path_text(path), spreadsheet_path(path)):
        assert text.encode("utf-8").decode("utf-8").isprintable()
        assert path_from(text).samefile(path)
    assert shown_name(path).encode("utf-8").decode("utf-8").isprintable()


def test_what_is_text_stays_as_it_is() -> None:
    for name in ("photos/a.jpg", "C:\\photos\\a.jpg", "año 50%.png", "-x.png"):
        assert path_text(Path(name)) == name
        assert shown_name(name) == name
    assert spreadsheet_path(Path("-x.png")).endswith("/-x.png")
    assert spreadsheet_path(Path("-x.png")).startswith("file:///")


def test_bytes_and_signs_are_shown_as_python_writes_them() -> None:
    assert shown_name("caf\udce9\n.jpg") == "caf\\xe9\\n.jpg"


@pytest.mark.parametrize(
    ("stem", "safe"),
    [("año 50%", "año 50%"), ("a/b", "a%2Fb"), ("nul", "_nul"), ("console", "console"), ("com1.x", "_com1.x"),
     ("x.", "x%2E"), ("caf\udce9", "caf%E9"), ("", "_")],
)  # fmt: skip
def test_names_for_the_disk_suit_every_system(stem: str, safe: str) -> None:
    assert safe_stem(stem) == safe


def test_long_names_are_cut_and_stay_different() -> None:
    one, other = safe_stem("漢" * 300 + "1"), safe_stem("漢" * 300 + "2")
    assert one != other
    assert len(one.encode()) < LONGEST_STEM + 10
