"""JSON in every form that programs write gives the same rows; what cannot be read is named with its line."""

import json

import pytest

from models.errors import InvalidInput
from training.text_data import read_texts

ROWS = [("a warm day", "good"), ("a cold night", "bad"), ("sun again", "good")]
OBJECTS = [{"text": text, "label": label} for text, label in ROWS]
COLUMNS = {"text": [text for text, _ in ROWS], "label": [label for _, label in ROWS]}
FORMS = {
    "lines": "\n".join(map(json.dumps, OBJECTS)),
    "lines with commas": ",\n".join(map(json.dumps, OBJECTS)),
    "an object a line within a list": "[\n" + ",\n".join(map(json.dumps, OBJECTS)) + "\n]\n",
    "a list on one line": json.dumps(OBJECTS),
    "a list of many lines": json.dumps(OBJECTS, indent=2),
    "a list with a comma too many": json.dumps(OBJECTS, indent=1)[:-2] + ",\n]",
    "a list within an object": json.dumps({"version": "1.1", "data": OBJECTS}, indent=1),
    "columns": json.dumps(COLUMNS),
    "pandas, by column": json.dumps({name: dict(enumerate(cells)) for name, cells in COLUMNS.items()}),
    "pandas, split": json.dumps({"columns": ["text", "label"], "index": [0, 1, 2], "data": ROWS}),
    "pandas, by row": json.dumps(dict(enumerate(OBJECTS))),
    "lists with names": json.dumps([["text", "label"], *ROWS]),
    "objects one after the other": "\n".join(json.dumps(one, indent=2) for one in OBJECTS),
}


def read(content, name="a.json", **options):
    data = read_texts(content if isinstance(content, bytes) else content.encode(), name, **options)
    return [(row.text, row.label) for row in data.rows], [(fault.line, fault.reason) for fault in data.faults]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_form_gives_the_same_rows(form, encoding) -> None:
    assert read(FORMS[form].encode(encoding)) == (ROWS, [])


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("lists with names", "columns")])
def test_json_is_known_without_its_suffix(form) -> None:
    assert read(FORMS[form], "a.txt") == (ROWS, [])


def test_lists_without_names_are_numbered_columns() -> None:
    assert read(json.dumps(ROWS), text_column="1", label_column="2")[0] == ROWS


def test_rows_know_their_line_and_broken_ones_cost_only_themselves() -> None:
    lines = ["[", '{"text": "a",', ' "label": "x"},', '{"text": "b" "label": "y"},', '{"text": "c", "label": "x"}', "]"]
    data = read_texts("\n".join(lines).encode(), "a.json", "text", "label")
    assert [(row.line, row.text) for row in data.rows] == [(2, "a"), (5, "c")]
    assert [fault.line for fault in data.faults] == [4]


def test_a_file_that_is_cut_off_keeps_what_is_whole() -> None:
    rows, faults = read(json.dumps(OBJECTS, indent=1)[:-30])
    assert rows == ROWS[:2]
    assert len(faults) == 1


def test_rows_within_an_object_know_their_line() -> None:
    data = read_texts(FORMS["a list within an object"].encode(), "a.json")
    assert [row.line for row in data.rows] == [4, 8, 12]


def test_objects_in_objects_become_cells_under_both_names() -> None:
    inner = [{"review": {"text": text, "stars": 3}, "label": label} for text, label in ROWS]
    assert read(json.dumps(inner), text_column="review.text")[0] == ROWS


def test_an_object_in_one_row_only_is_named_and_makes_no_column() -> None:
    lines = ['{"text": "a", "label": 1}', '{"text": "b", "label": {"x": 1}}', '{"text": "c", "label": 2}']
    rows, faults = read("\n".join(lines))
    assert rows == [("a", "1"), ("c", "2")]
    assert faults == [(2, "the label is not a single value")]


def test_half_a_character_in_json_is_named() -> None:
    rows, faults = read('{"text": "a \\ud83d", "label": 1}\n{"text": "b \\ud83d\\ude00", "label": 2}\n')
    assert rows == [("b 😀", "2")]
    assert faults == [(1, "the text holds bytes of another encoding")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('["a", "b"]', "no JSON objects"),
        ("[]", "no JSON objects"),
        ("{}", "no column|No column|no JSON objects|only the column"),
        ('{"train": [{"text": "a"}], "test": [{"text": "b"}]}', r"several lists: train, test\..*file of its own"),
        ('{"good": ["a", "b", "c"], "bad": ["d"]}', "lists of different lengths: good, bad"),
    ],
)
def test_what_holds_no_single_table_is_refused_in_a_sentence(content, sentence) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        read(content)
