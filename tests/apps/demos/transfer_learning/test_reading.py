"""How a file was read, in words."""

from apps.demos.transfer_learning.reading import doubts, left_out_texts, reading_text
from training.text_data import read_texts
from training.text_files import Fault, read_table


def test_what_was_found_out_is_said_in_three_sentences() -> None:
    rows = "".join(f"The walk of day {number} was long;{'yes' if number % 2 else 'no'}\n" for number in range(10))
    table = read_table(f"sep=;\nwords;liked\n{rows}".encode(), "walks.csv")
    assert reading_text(table, ("NA",)) == (
        "walks.csv was read with a semicolon between the cells, in utf-8. Line 2 names the columns: words, liked. "
        "Empty cells count as missing, and “NA”."
    )
    assert "with “^” between the cells" in reading_text(
        read_table(f"sep=^\n{rows.replace(';', '^')}".encode(), "a.csv")
    )
    assert reading_text(read_table(b'{"text": "a", "stars": 1}', "a.jsonl")) == (
        "a.jsonl was read as JSON, in utf-8. Its objects name the columns: text, stars. "
        "Only empty cells count as missing."
    )


def test_lines_that_were_left_out_are_counted_by_their_reason() -> None:
    faults = [Fault(3, "it is empty"), *(Fault(line, "it is torn") for line in range(10, 1300))]
    assert left_out_texts(faults) == [
        "Line 3 is left out: it is empty.",
        "1,290 lines are left out (10, 11, 12, 13, 14 and 1285 more): it is torn.",
    ]


def test_what_may_have_been_meant_otherwise_is_asked() -> None:
    rows = [f"good,The walk of day {number},," for number in range(10)] + ["none,A long walk, and a song,"]
    data = read_texts(("v1,v2,,\n" + "\n".join(rows)).encode(), "a.csv")
    label, cells = doubts(data)
    assert label.startswith("The label “none” of 1 row is taken for a class.")
    assert cells.startswith("1 row with something in columns without a name, which is not read (line 12)")
