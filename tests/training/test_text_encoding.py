"""An encoding is detected where that can be done for sure; else it is refused, with the line, and never guessed."""

import codecs

import pytest

from models.errors import InvalidInput
from training.text_encoding import decoded
from training.text_files import read_table

SPANISH = "texto;etiqueta\nUna película preciosa, ¿no?;buena\n“Qué sueño”, dijo mi compañera;mala\n"


def cells(table):
    return [tuple(record.cells.values()) for record in table.records]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_encoding_is_detected_and_said(encoding) -> None:
    table = read_table(SPANISH.encode(encoding), "a.csv")
    assert cells(table)[0] == ("Una película preciosa, ¿no?", "buena")
    assert table.columns == ("texto", "etiqueta")  # without the mark in front
    assert codecs.lookup(table.encoding) == codecs.lookup(encoding.removesuffix("-sig"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("очень хорошо;да\n", "cp1251"), ("πολύ καλό;ναι\n", "cp1253"), ("así fue el café;sí\n", "mac-roman")],
)
def test_another_encoding_is_refused_with_its_line_instead_of_guessed(text, encoding) -> None:
    with pytest.raises(InvalidInput, match=r"a\.csv .* cannot be told for sure \(line 2\).*UTF-8"):
        read_table(b"text;label\n" + text.encode(encoding), "a.csv")


def test_utf_8_with_a_broken_sign_is_not_read_as_latin() -> None:
    content = "text;label\nMañana será así, más allá;x\n".encode() + b"\xff;y\n"
    with pytest.raises(InvalidInput, match=r"line 3"):
        decoded(content, "a.csv")


def test_a_named_encoding_is_taken_or_named_in_the_error() -> None:
    assert (
        read_table("привет;да\nпока;нет\nи;да\n".encode("cp1251"), encoding="cp1251").records[0].cells["column 1"]
        == "привет"
    )
    with pytest.raises(InvalidInput, match="not in utf-8"):
        read_table(SPANISH.encode("cp1252"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="no encoding “latin-99”"):
        read_table(b"a,b\n", encoding="latin-99")
