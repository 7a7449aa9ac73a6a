"""Texts: what is left to whoever has time for it, and what is told about labels."""

from models.text.labelled_row import Row
from training.exploration.texts import about_labels, explore_texts, seeded_parts
from training.text_data import split

ROWS = [Row(n, f"text number {n} of {'praise' if n % 2 else 'blame'} and so on", str(n % 2)) for n in range(2, 32)]


def test_what_takes_long_can_be_left_out() -> None:
    quick, deep = explore_texts(ROWS, True, deep=False), explore_texts(ROWS, True)
    assert (quick.near, quick.languages) == (None, None)
    assert deep.near is not None
    assert deep.languages is not None
    assert (quick.facts, quick.words, quick.copies) == (deep.facts, deep.words, deep.copies)


def test_the_parts_are_those_of_a_training_with_that_seed() -> None:
    for seed in (0, 7):
        parts = seeded_parts(ROWS, seed)
        divided = split(ROWS, seed)
        for name in ("train", "validation", "test"):
            inside = [row for row, part in zip(ROWS, parts.names, strict=True) if part == name]
            assert inside == list(getattr(divided, name))


def test_without_labels_there_are_no_classes_and_no_conflicts() -> None:
    rows = [Row(1, "the same text", ""), Row(2, "The  same text", ""), Row(3, "another one", "")]
    report = explore_texts(rows, labelled=False)
    assert (report.facts.classes, report.facts.conflicts, report.copies) == ({}, (), ((0, 1),))


def test_nothing_is_said_about_labels_in_balance() -> None:
    assert about_labels({"a": 10, "b": 8}) == []
    assert "there is nothing to tell apart" in about_labels({"a": 10})[0]
