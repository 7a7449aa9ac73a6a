"""Tables as a whole: which columns, which parts, what is found in them."""

import json

import pandas as pd
import pytest

from models.errors import Cancelled, InvalidInput
from training.exploration.reading import Opened, open_table
from training.exploration.steps import Steps
from training.exploration.tables import Columns, chosen_columns, explore_tables
from training.text_data import SAMPLE, split


def opened(content: str, name: str = "a.csv") -> Opened:
    return open_table(content.encode(), name)


def lines(count: int = 12) -> str:
    return "".join(f"a good and warm text about subject{n},good\na bad and cold text about thing{n},bad\n"
                   for n in range(count))  # fmt: skip


def test_the_sample_has_the_counts_of_pandas_and_the_split_of_a_training() -> None:
    report = explore_tables([open_table(SAMPLE)])
    frame = pd.read_csv(SAMPLE)
    assert report.columns == Columns("text", "label", None)
    assert report.texts is not None
    assert report.texts.facts.classes == frame["label"].value_counts().to_dict()
    assert len(report.texts.facts.duplicates) == frame["text"].duplicated().sum()
    words = frame["text"].str.split().str.len()
    assert report.texts.facts.words.median == words.median()
    assert sum(one.count for one in report.texts.words.bins) == len(frame)
    assert report.texts.parts is not None
    rows = report.data[0].rows
    assert [row for row, part in zip(rows, report.texts.parts.names, strict=True) if part == "test"] == list(
        split(rows).test
    )
    assert report.problem is None


def test_a_column_that_names_parts_is_found_and_leaks_between_them_are_told() -> None:
    content = "text,label,split\n" + lines().replace("\n", ",train\n")
    content += "A good  and warm text about SUBJECT1,good,test\na good and quite warm text about subject2,good,test\n"
    content += "something else altogether,bad,test\n"
    report = explore_tables([opened(content)])
    assert report.columns.split == "split"
    assert report.texts is not None
    [leak] = report.texts.leaks
    assert (leak.first, leak.second, leak.same, leak.near, leak.total) == ("train", "test", 1, 1, 3)
    assert len(report.texts.facts.duplicates) == 1


def test_rows_of_json_in_one_line_have_the_parts_that_they_name() -> None:
    rows = [
        {"text": f"a {label} and long text about subject{n}", "label": label, "fold": n % 3}
        for n in range(6)
        for label in ("good", "bad")
    ]
    report = explore_tables([opened(json.dumps([{"text": "", "label": "good", "fold": 2}, *rows]), "a.json")])
    assert report.columns.split == "fold"
    assert report.texts is not None
    assert report.texts.parts is not None
    assert report.texts.parts.names == tuple(str(row["fold"]) for row in rows)


def test_two_files_are_two_parts() -> None:
    train, test = opened("text,label\n" + lines(), "train.csv"), opened("text,label\n" + lines(2), "test.csv")
    report = explore_tables([train, test])
    assert report.texts is not None
    assert [(leak.first, leak.second, leak.same, leak.total) for leak in report.texts.leaks] == [
        ("train.csv", "test.csv", 4, 4)
    ]
    with pytest.raises(InvalidInput, match=r"other\.csv has no column “label”"):
        explore_tables([train, opened("text,kind\na,b\n", "other.csv")])


def test_texts_that_are_nearly_the_same_leak_out_of_the_seeded_split() -> None:
    content = "text,label\n" + "".join(
        f"the very same long sentence of many words with number {n},{'ab'[n % 2]}\n" for n in range(60)
    )
    report = explore_tables([opened(content)])
    assert report.texts is not None
    assert {leak.same for leak in report.texts.leaks} == {0}
    assert all(leak.near == leak.total for leak in report.texts.leaks)


def test_a_table_without_labels_or_without_texts_is_explored_all_the_same() -> None:
    without = explore_tables([opened("".join(f"{n}.5,Text number {n} of a table\n" for n in range(20)))])
    assert without.columns == Columns("column 2", None, None)
    assert without.texts is not None
    assert (without.texts.facts.rows, without.texts.facts.classes) == (20, {})
    assert without.problem is not None
    assert "Choose the label column" in without.problem
    numbers = explore_tables([opened("a,b\n1,2\n3,5\n4,5\n")])
    assert (numbers.texts, [one.kind for one in numbers.facts]) == (None, ["whole number", "whole number"])
    with pytest.raises(InvalidInput, match=r"no rows beside its names of columns \(text, label\)"):
        explore_tables([opened("text,label\n")])


def test_differing_keys_and_nested_objects_of_json_lines() -> None:
    content = '{"text": "a b", "label": 1}\n{"text": "c d", "meta": {"k": [1]}}\n{"txt": "e", "label": "1"}\n[1]\n'
    report = explore_tables([opened(content, "a.jsonl")])
    kinds = {one.name: (one.kind, one.missing) for one in report.facts}
    assert kinds == {"text": ("text", 1), "label": ("mixed", 1), "meta": ("object", 2), "txt": ("text", 2)}
    assert "Values of several types stand in “label”." in report.remarks
    json.dumps(report.as_dict())


def test_unequal_labels_and_those_that_differ_in_case_are_remarked_on() -> None:
    content = "text,label\n" + "".join(f"text number {n} here,ham\n" for n in range(20)) + "one more,Ham\nlast,spam\n"
    report = explore_tables([opened(content)])
    assert report.texts is not None
    unequal, alike = report.texts.remarks
    assert "“ham” alone is 91% of the rows" in unequal
    assert "“ham” and “Ham” differ only in case" in alike


def test_columns_are_chosen_by_a_person_by_name_or_number() -> None:
    table = opened("a,b,c\nlong text here,x,1\nlong text there,y,2\n").table
    assert chosen_columns(table, text="1", label="C") == Columns("a", "c", None)
    with pytest.raises(InvalidInput, match="no column “d”"):
        chosen_columns(table, label="d")
    with pytest.raises(InvalidInput, match="“b” is named for two different things"):
        explore_tables([Opened(table)], Columns("b", "b", None))


def test_stop_ends_the_work_between_two_steps() -> None:
    import threading

    told: list[str] = []
    cancelled = threading.Event()

    def on_step(what: str, fraction: float) -> None:
        assert 0 <= fraction <= 1
        told.append(what)
        if what == "Counting":
            cancelled.set()

    with pytest.raises(Cancelled):
        explore_tables([open_table(SAMPLE)], steps=Steps(on_step, cancelled))
    assert told[-1] == "Counting"


def test_a_cell_of_megabytes_is_named_in_csv_and_explored_in_json_lines() -> None:
    giant = "x " * 1_000_000
    named = explore_tables([opened(f'text,label\n"{giant}",a\nshort one,b\nanother one,a\n')])
    assert [fault.reason for fault in named.data[0].faults] == ["a cell has more than 131,072 characters"]
    explored = explore_tables(
        [opened(f'{{"text": "{giant}", "label": "a"}}\n{{"text": "b c", "label": "d"}}', "a.jsonl")]
    )
    assert explored.texts is not None
    assert explored.texts.facts.words.longest == 1_000_000
