"""Bytes that become text."""

import pytest

from apps.words.decoding import decode_lines, decode_readable_lines, decode_text
from models.errors import InvalidInput


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_with_or_without_a_mark(encoding: str) -> None:
    assert decode_text("¿Dónde está?\r\nAquí.\rSí.".encode(encoding), "a.txt") == "¿Dónde está?\nAquí.\nSí."


def test_another_encoding_is_refused_with_what_to_do() -> None:
    with pytest.raises(InvalidInput, match=r"“a\.txt” is not UTF-8 text.*save it"):
        decode_text("¿Dónde?".encode("latin-1"), "a.txt")


def test_what_is_no_text_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not a text file"):
        decode_text(b"PK\x03\x04\x00\x00", "a.txt")


def test_half_a_character_after_a_mark_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not UTF-8"):
        decode_text("é".encode("utf-16")[:-1], "a.txt")


def test_lines_come_as_soon_as_they_are_whole_however_the_bytes_arrive() -> None:
    content = "¿Dónde?\r\nAquí.\nFin".encode()
    assert list(decode_lines((content[i : i + 1] for i in range(len(content))), "a.txt")) == ["¿Dónde?", "Aquí.", "Fin"]
    wide = "¿Dónde?\r\nAquí.\r\n".encode("utf-16")
    assert list(decode_lines(wide.splitlines(keepends=True), "a.txt")) == ["¿Dónde?", "Aquí."]
    assert list(decode_lines([], "a.txt")) == []


def test_a_line_that_is_not_utf_8_can_be_kept_beside_the_others() -> None:
    content = "\ufeffUno\r\n".encode() + b"caf\xe9\n" + "¿Dos?\n".encode()
    for size in (1, 3, len(content)):
        chunks = (content[i : i + size] for i in range(0, len(content), size))
        assert list(decode_lines(chunks, "a.txt", keep_unreadable=True)) == ["Uno", "caf\udce9", "¿Dos?"]
    with pytest.raises(InvalidInput, match="not UTF-8"):
        list(decode_lines([content], "a.txt"))


def test_a_file_most_of_whose_lines_cannot_be_read_is_refused() -> None:
    assert decode_readable_lines(b"one\n\ncaf\xe9\ntwo", "a.txt") == ["one", "", "caf\udce9", "two"]
    with pytest.raises(InvalidInput, match=r"“a\.txt” is not UTF-8 text"):
        decode_readable_lines(b"caf\xe9\n\ncaf\xe9\ntwo", "a.txt")
