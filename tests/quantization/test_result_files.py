"""Results as JSON, CSV and Markdown, made of a few values by hand."""

import csv
import io
import json

from quantization.result_files import csv_text, json_text, markdown_table


def test_json_keeps_letters_and_ends_with_a_line_break() -> None:
    found = json_text({"word": "fútbol", "none": None})
    assert "fútbol" in found
    assert found.endswith("}\n")
    assert json.loads(found) == {"word": "fútbol", "none": None}


def test_csv_has_every_name_that_any_line_has() -> None:
    lines = [{"a": 1, "b": None}, {"a": 2, "c": 'with "quotes",\nand more'}]
    first, second = csv.DictReader(io.StringIO(csv_text(lines)))
    assert first == {"a": "1", "b": "", "c": ""}
    assert second == {"a": "2", "b": "", "c": lines[1]["c"]}


def test_csv_without_lines_has_its_heading() -> None:
    assert csv_text([], ("a", "b")) == "a,b\n"


def test_a_markdown_table_puts_numbers_to_the_right() -> None:
    assert markdown_table(("name", "size"), [("one", "1")]) == "| name | size |\n| --- | ---: |\n| one | 1 |\n"
    assert "| --- | --- |" in markdown_table(("name", "kind"), [], words=2)
