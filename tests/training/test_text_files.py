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
    assert read_table(b"good, warm\t1\nbad, cold\t0\n", "a.csv").delimiter == "\t"


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
        (b"text,label\n" + bytes(range(32)) * 9, "not text"),
        (b"\x1f\x8b\x08rest", "packed with gzip"),
        (b"PAR1rest", "Parquet"),
        (b"SQLite format 3\x00", "a database"),
        (b"{\\rtf1 rest}", "word processor"),
        (b"<!DOCTYPE html>\n<title>Log in, please</title>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        (b",,\n,,\n", "nothing in its cells"),
        (b"text,label\n", r"no rows beside its names of columns \(text, label\)"),
        (b"text,label\na, b, c,good\nd, e, f,bad\n", r"2 lines, the line has 4 cells.*quotation marks"),
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


@pytest.mark.parametrize("content", [b'["a", "b"]', b"plain\nwords\n"])
def test_a_json_file_without_lines_of_objects_is_refused(content) -> None:
    with pytest.raises(InvalidInput, match=r"one object a line|one a line"):
        read_table(content, "a.json")


SAYINGS = [("A long way to go for so little", "no"), ("I would walk it again tomorrow", "yes")] * 5


def written(header: str, row: str, rows: int = 10) -> str:
    """A line of names above rows of this form, each text with its number in words of its own."""
    texts = [(number, f"{text} number {number}", label) for number, (text, label) in enumerate(SAYINGS[:rows])]
    return header + "".join(row.format(number=number, text=text, label=label) + "\n" for number, text, label in texts)


@pytest.mark.parametrize(
    ("header", "row", "columns", "line"),
    [
        (",text,label\n", "{number},{text},{label}", ("column 1", "text", "label"), 1),  # pandas
        ('"","text","label"\n', '"{number}","{text}","{label}"', ("column 1", "text", "label"), 1),  # R: write.csv
        ('"text","label"\n', '"{number}","{text}","{label}"', ("column 1", "text", "label"), 1),  # R: write.table
        ("text,label,\n", "{text},{label},", ("text", "label", "column 3"), 1),
        ("text,label\n", "{text},{label},", ("text", "label", "column 3"), 1),
        ("text,label,,\n", "{text},{label}", ("text", "label"), 1),
        ("v1,v2,,,\n", "{label},{text},,,", ("v1", "v2", "column 3", "column 4", "column 5"), 1),
        ("text,yes\n", "{text},{label}", ("text", "yes"), 1),
        ("0,1\n", "{text},{label}", ("0", "1"), 1),
        ("text,text,label\n", "{text},{number},{label}", ("text", "text (2)", "label"), 1),
        ("text, label\n", "{text}, {label}", ("text", "label"), 1),
        ("\n,\ntext,label\n", "{text},{label}", ("text", "label"), 3),
        ("Our walks, 2026\n\ntext;label\n", "{text};{label}", ("text", "label"), 3),
        ("Our walks,\ntext,label\n", "{text},{label}", ("text", "label"), 2),
        ("# exported today, by hand\ntext,label\n", "{text},{label}", ("text", "label"), 2),
        ("#,text,label\n", "{number},{text},{label}", ("#", "text", "label"), 1),
        ("", "{text},{label}", ("column 1", "column 2"), None),
        ("", "#{text},{label}", ("column 1", "column 2"), None),
    ],
)
def test_the_line_of_names_is_found_and_said(header, row, columns, line) -> None:
    table = read_table(written(header, row).encode(), "a.csv")
    assert (table.columns, table.header_line, len(table.records)) == (columns, line, 10)


@pytest.mark.parametrize("sign", [";", ",", "\t", "|", "^", "~"])
@pytest.mark.parametrize("form", ["sep={}\n", "\ufeffsep={}\n", '"SEP={}"\n'])
def test_the_line_in_which_excel_names_the_delimiter_is_understood(sign, form) -> None:
    table = read_table(written(form.format(sign) + f"text{sign}label\n", "{text}" + sign + "{label}").encode(), "a.csv")
    assert (table.delimiter, table.columns, table.header_line, len(table.records)) == (sign, ("text", "label"), 2, 10)
    assert table.faults == (Fault(1, "it only says what stands between the cells"),)


def test_a_line_about_the_delimiter_that_is_not_true_is_only_left_out() -> None:
    table = read_table(written("sep=;\ntext,label\n", "{text},{label}").encode(), "a.csv")
    assert (table.delimiter, table.columns) == (",", ("text", "label"))


def test_names_that_come_again_in_joined_files_are_left_out_and_named() -> None:
    one = written("\ufeffsep=;\ntext;label\n", "{text};{label}")
    table = read_table((one + one).encode(), "a.csv")
    assert (table.columns, len(table.records)) == (("text", "label"), 20)
    assert [(fault.line, fault.reason) for fault in table.faults][1:] == [
        (13, "it only says what stands between the cells"),
        (14, "it names the columns again"),
    ]


def test_names_that_come_again_in_another_order_are_followed() -> None:
    content = written("text,label\n", "{text},{label}") + written("label,text\n", "{label},{text}")
    table = read_table(content.encode(), "a.csv")
    assert {record.cells["label"] for record in table.records} == {"yes", "no"}
    assert [fault.line for fault in table.faults] == [12]


def test_whether_the_first_line_names_the_columns_can_be_said() -> None:
    content = written("\ntext,label\n", "{text},{label}").encode()
    assert read_table(content, "a.csv", header=False).columns == ("column 1", "column 2")
    assert len(read_table(content, "a.csv", header=False).records) == 11
    bare = written("", "{text},{label}").encode()
    assert read_table(bare, "a.csv", header=True).columns == ("A long way to go for so little number 0", "no")
    with pytest.raises(InvalidInput, match="every object names its own columns"):
        read_table(b'{"text": "a"}\n', "a.jsonl", header=False)


def test_only_empty_cells_may_be_too_many_and_only_columns_without_names_may_lack() -> None:
    content = written("text,label,\n", "{text},{label},") + "short,yes\nlong,yes,,,\nlost\nwords,yes,no,more\n"
    table = read_table(content.encode(), "a.csv")
    assert cells(table)[10:] == [("short", "yes", ""), ("long", "yes", "")]
    assert [(fault.line, fault.reason) for fault in table.faults] == [
        (14, "the line has 1 cell instead of 3"),
        (15, "the line has 4 cells instead of 3"),
    ]


def test_texts_with_commas_do_not_make_a_row_of_the_line_of_names() -> None:
    table = read_table(written("text,label\n", "{text}, or so,{label}").encode() + b"fine,yes\n", "a.csv")
    assert (table.columns, table.header_line, cells(table)) == (("text", "label"), 1, [("fine", "yes")])
    assert len(table.faults) == 10


def test_the_first_lines_are_kept_as_they_were_read() -> None:
    table = read_table(written("sep=,\ntext,label\n", "{text},{label}").encode(), "a.csv")
    assert table.first[1:3] == ((2, ("text", "label")), (3, ("A long way to go for so little number 0", "no")))


def test_marks_within_texts_are_understood_as_databases_and_r_write_them() -> None:
    rows = [("He said “go” and went", "x"), ("One, two and three", "y"), ("Nothing", "x"), ("It's late", "y")]
    escaped = "".join('"' + text.replace("“", '\\"').replace("”", '\\"') + f'",{label}\n' for text, label in rows)
    table = read_table(f"text,label\n{escaped}".encode(), "a.csv")
    assert cells(table)[0] == ('He said "go" and went', "x")
    assert not table.faults
    single = "".join("'" + text.replace("'", "''") + f"',{label}\n" for text, label in rows)
    assert cells(read_table(f"text,label\n{single}".encode(), "a.csv"))[1:] == rows[1:]


def test_apostrophes_enclose_nothing_by_themselves() -> None:
    content = b"text,label\n'twas late,x\nthe dogs' bowl,y\n'tis so,x\n"
    assert cells(read_table(content, "a.csv"))[0] == ("'twas late", "x")


def test_a_drawn_line_below_the_names_is_left_out() -> None:
    content = b"| text | label |\n|---|:---|\n| a warm day | good |\n| a cold day | bad |\n"
    table = read_table(content, "a.md")
    assert [fault.reason for fault in table.faults] == ["it only draws a line"]
    assert len(table.records) == 2


def test_wrong_bytes_are_shown_as_such_among_the_first_lines() -> None:
    table = read_table("text,label\ncafé,1\n".encode() + b"a\xffb\x00,2\n", "a.csv")
    assert table.first[2] == (3, ("a\\xffb\\x00", "2"))
