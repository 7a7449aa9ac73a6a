"""Results alone: tables and charts of a report."""

import pytest

from apps.demos.datasets.charts import balance_chart, length_chart
from apps.demos.datasets.results import columns_table, pairs_table, places_table
from apps.demos.datasets.sentences import leak_texts, no_leak_text
from models.text.labelled_row import Row
from training.exploration import texts
from training.exploration.leaks import Leak
from training.exploration.lengths import histogram
from training.exploration.reading import open_table
from training.exploration.tables import explore_tables
from training.exploration.texts import Parts, explore_texts
from training.text_data import SAMPLE


def test_the_bars_of_the_balance_are_the_counts() -> None:
    chart = balance_chart({"train": {"a": 3, "b": 1}, "test": {"b": 4}}).to_dict()
    [rows] = chart["datasets"].values()
    assert {(row["label"], row["part"]): row["count"] for row in rows} == {
        ("b", "train"): 1, ("a", "train"): 3, ("b", "test"): 4, ("a", "test"): 0,
    }  # fmt: skip
    assert chart["encoding"]["y"]["sort"] == ["b", "a"]


def test_the_bars_of_the_lengths_are_the_bins() -> None:
    [rows] = length_chart(histogram([1, 1, 2, 60])).to_dict()["datasets"].values()
    assert [(row["words"], row["texts"]) for row in rows] == [("1", 2), ("2–60", 2)]


def test_tables_say_part_and_language_of_each_row() -> None:
    report = explore_tables([open_table(SAMPLE)])
    assert report.texts is not None
    table = places_table(report.texts, [0, 1])
    assert list(table.columns) == ["line", "label", "text", "part", "language"]
    assert list(table["language"]) == ["English", "Spanish"]
    assert list(pairs_table(report.texts, [(0, 1, "0.90")], "similarity").iloc[0][:2]) == ["0.90", 2]
    assert list(columns_table(report.facts)["type"]) == ["text", "category", "category", "category"]


def test_a_leak_is_said_in_one_sentence() -> None:
    assert leak_texts((Leak("train", "test", 1, 2, 50, ()),)) == [
        "1 of 50 in test stands in train, too, and 2 more nearly so (6.0%). "
        "What is measured on test will look better than it is."
    ]
    assert leak_texts((Leak("train", "test", 0, 1, 50, ()),))[0].startswith(
        "1 of 50 in test has a near-duplicate in train (2.0%)."
    )


def test_nothing_is_said_to_leak_nearly_where_not_all_was_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test rows come last, so that with many rows none of them is compared."""
    rows = [Row(n, f"word{n} thing{n} number{n} and more{n}", "ab"[n % 2]) for n in range(20)]
    parts = Parts(("train",) * 16 + ("test",) * 4, "files")
    assert no_leak_text(explore_texts(rows, True, parts)) == "Nothing stands in two parts at once, nor nearly."

    monkeypatch.setattr(texts, "MOST_COMPARED", 16)
    report = explore_texts(rows, True, parts)

    assert no_leak_text(report) == (
        "Nothing stands in two parts at once. What nearly does was not looked for everywhere."
    )
    assert "Near-duplicates were sought among the first 16 different texts." in report.remarks
