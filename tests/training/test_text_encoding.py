"""An encoding is detected where that can be done for sure; else it is refused, with the line, and never guessed."""

import codecs

import pytest

from models.errors import InvalidInput
from training.text_data import read_texts
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


def test_utf_8_with_a_broken_sign_is_not_read_as_latin_and_costs_one_line() -> None:
    content = "text;label\nMañana será así, más allá;x\n".encode() + b"\xff;y\nbien;z\n"
    assert decoded(content, "a.csv").encoding == "utf-8"
    data = read_texts(content, "a.csv")
    assert [row.text for row in data.rows] == ["Mañana será así, más allá", "bien"]
    assert [(fault.line, fault.reason) for fault in data.faults] == [(3, "the text holds bytes of another encoding")]


def test_zero_bytes_cost_their_lines_and_those_at_the_end_nothing() -> None:
    data = read_texts(b"text,label\ngood\x00 day,1\nbad day,0\nfine day,1\x00\nso so,0\n" + bytes(500), "a.csv")
    assert [row.text for row in data.rows] == ["bad day", "fine day", "so so"]
    assert [(fault.line, fault.reason) for fault in data.faults] == [(2, "the text holds a zero byte")]


def test_utf_16_that_was_cut_off_or_got_a_byte_too_many_keeps_its_lines() -> None:
    content = "text\tlabel\nwarm, day\tgood\ncold, day\tbad\n".encode("utf-16") + b"\n"
    data = read_texts(content, "unicode.txt")
    assert [(row.text, row.label) for row in data.rows] == [("warm, day", "good"), ("cold, day", "bad")]


@pytest.mark.parametrize("odd", [b"I\xd5\xf7m at home \xe5\xa3 10", b"it\x89\xdb\xd2s \x8e\x8f late", b"a \x81 sign"])
def test_a_few_odd_signs_among_plain_letters_are_taken_and_asked_about(odd) -> None:
    rows = b"".join(b"ham,see you at %d near the old bridge by the river,,,\r\n" % number for number in range(60))
    content = b"v1,v2,,,\r\n" + rows + b"spam," + odd + b",,,\r\n"
    found = decoded(content, "spam.csv")
    assert found.encoding == "cp1252"
    assert "not sure: it was taken for cp1252, in which line 62 reads" in found.doubt
    assert len(read_texts(content, "spam.csv").rows) == 61


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("очень хорошо", "cp1251"), ("πολύ καλό", "cp1253"), ("był żółty", "cp1250"), ("汤很热很好喝", "gb18030")],
)
def test_the_refusal_shows_what_the_line_would_be_in_likely_encodings(text, encoding) -> None:
    with pytest.raises(InvalidInput, match=rf"“{text};yes” in {encoding}"):
        read_table(b"text;label\n" + f"{text};yes\n".encode(encoding), "a.csv")


def test_a_named_encoding_is_taken_or_named_in_the_error() -> None:
    assert (
        read_table("привет;да\nпока;нет\nи;да\n".encode("cp1251"), encoding="cp1251").records[0].cells["column 1"]
        == "привет"
    )
    with pytest.raises(InvalidInput, match="not in utf-8"):
        read_table(SPANISH.encode("cp1252"), encoding="utf-8")
    with pytest.raises(InvalidInput, match="no encoding “latin-99”"):
        read_table(b"a,b\n", encoding="latin-99")
