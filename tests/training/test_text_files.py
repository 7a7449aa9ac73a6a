"""Tables of texts from people's machines: what is detected, what is left out, and what is refused."""

import pytest

from models.errors import InvalidInput
from training.text_files import MAX_BYTES, Fault, read_table

SPANISH = "texto;etiqueta\nUna película preciosa, ¿no?;buena\n“Qué sueño”, dijo mi compañera;mala\n"


def cells(table):
    return [tuple(record.cells.values()) for record in table.records]


@pytest.mark.parametrize(
    ("separator", "name"), [(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("|", "a.txt"), ("\t", "a.csv")]
)
def test_the_delimiter_is_detected_and_said(separator, name) -> None:
    lines = [("text", "label"), ("good and long", "1"), ("bad", "0"), ("so so", "0")]
    content = "\n".join(separator.join(line) for line in lines).encode()
    table = read_table(content, name)
    assert table.delimiter == separator
    assert table.columns == ("text", "label")
    assert cells(table) == lines[1:]
    assert not table.faults


def test_commas_in_texts_do_not_make_commas_the_delimiter() -> None:
    content = b"text\tlabel\ngood, warm, long\t1\nbad, cold\t0\nfine\t1\n"
    assert read_table(content, "a.csv").delimiter == "\t"


def test_a_named_delimiter_is_taken_by_sign_or_name() -> None:
    content = b"a,b;c\nd,e;f\n"
    assert cells(read_table(content, delimiter="semicolon"))[-1] == ("d,e", "f")
    assert cells(read_table(content, delimiter=","))[-1] == ("d", "e;f")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"  \n \n", "is empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
        (b"text,label\ngood\x00,1\n", "not text"),
        (b"text\ngood\nbad\n", "one column only"),
    ],
)
def test_what_is_not_a_table_is_refused_in_a_sentence(content, sentence) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read_table(content, "a.csv")


def test_a_wrong_delimiter_is_refused_and_a_better_one_named() -> None:
    with pytest.raises(InvalidInput, match=r"one column only when it is cut at each semicolon.*a comma"):
        read_table(b"text,label\ngood,1\n", delimiter=";")
    with pytest.raises(InvalidInput, match="“::” is not a delimiter"):
        read_table(b"text,label\ngood,1\n", delimiter="::")


def test_a_file_of_200_mb_is_refused_before_it_is_read(tmp_path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as out:
        out.truncate(200_000_000)  # a hole: no bytes are written
    with pytest.raises(InvalidInput, match=r"large\.csv has 200 MB; the limit is 50\.0 MB"):
        read_table(large)
    with pytest.raises(InvalidInput, match="limit"):
        read_table(bytes(MAX_BYTES + 1), "upload.csv")


def test_missing_files_and_folders_are_refused_in_a_sentence(tmp_path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(InvalidInput, match="cannot be read"):
            read_table(path)


def test_broken_lines_are_named_and_do_not_swallow_their_neighbours() -> None:
    lines = [
        "text,label",
        "good,1",
        '"never closed,0',
        "fine,1",
        "one,two,3",
        "",
        '"a ""quoted"" word",0',
        '"x" y,1',
        "z,0",
    ]
    table = read_table("\r\n".join(lines).encode(), "a.csv")
    assert cells(table) == [("good", "1"), ("fine", "1"), ('a "quoted" word', "0"), ("z", "0")]
    assert [record.line for record in table.records] == [2, 4, 7, 9]
    quotation = "a quotation mark opens or closes in the wrong place"
    assert table.faults == (
        Fault(3, quotation),
        Fault(5, "the line has 3 cells instead of 2"),
        Fault(6, "the line is empty"),
        Fault(8, quotation),
    )


def test_texts_of_several_lines_count_from_their_first() -> None:
    table = read_table(b'text,label\n"one\ntwo",1\nthree,0\n', "a.csv")
    assert [(record.line, record.cells["text"]) for record in table.records] == [(2, "one\ntwo"), (4, "three")]


def test_quotation_marks_in_tsv_belong_to_the_texts_unless_a_spreadsheet_wrote_them() -> None:
    own = read_table(b'"good" they said\t1\nit was "bad"\t0\n"half\t0\n', "a.tsv")
    assert cells(own) == [('"good" they said', "1"), ('it was "bad"', "0"), ('"half', "0")]
    spreadsheet = read_table(b'"a ""good"" one"\t1\nplain\t0\n', "a.tsv")
    assert cells(spreadsheet) == [('a "good" one', "1"), ("plain", "0")]


def test_a_first_line_of_data_is_not_taken_for_names() -> None:
    assert read_table(b"good,1\nbad,0\n").columns == ("column 1", "column 2")
    assert read_table(b"good,pos\nbad,neg\nfine,pos\n").columns == ("column 1", "column 2")
    assert read_table(b"text,label\ngood,pos\nbad,neg\n").columns == ("text", "label")


def test_json_lines_give_columns_and_name_what_is_none() -> None:
    lines = ['{"text": "good", "stars": 5}', "", '{"text": "bad", "user": "x"}', "[1]", "{broken"]
    table = read_table("\n".join(lines).encode(), "a.jsonl")
    assert table.columns == ("text", "stars", "user")
    assert table.delimiter is None
    assert [record.line for record in table.records] == [1, 3]
    assert [(fault.line, fault.reason) for fault in table.faults] == [
        (2, "the line is empty"),
        (4, "the line is not a JSON object"),
        (5, "the line is not a JSON object"),
    ]


@pytest.mark.parametrize("content", [b'[{"text": "a"}]', b"plain\nwords\n"])
def test_a_json_file_without_lines_of_objects_is_refused(content) -> None:
    with pytest.raises(InvalidInput, match=r"one object a line|one a line"):
        read_table(content, "a.json")
