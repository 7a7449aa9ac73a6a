"""A line of names is told from a row by all of its cells, whatever one of them looks like."""

import csv
import random

import pytest

from training.text_data import SAMPLE
from training.text_header import is_index, is_number, names_columns

TEXTS = [
    "The train was late and nobody said why",
    "A kind lady gave us her seat",
    "We saw the sea, from the window",
    "My bag is gone",
    "They sell good coffee in the third coach",
    "The heating did not work at all",
    "Clean seats and a quiet coach",
    "Two hours for forty miles!",
    "We would go again at once",
    "It was fine",
]
LABELS = ["happy", "angry"] * 5
PLAIN = list(zip(TEXTS, LABELS, strict=True))
COUNTED = [(str(number), *row) for number, row in enumerate(PLAIN)]
SCORED = [(text, str(number % 2)) for number, text in enumerate(TEXTS)]
PADDED = [(*row, "", "") for row in PLAIN]


@pytest.mark.parametrize(
    ("first", "below"),
    [
        (("text", "label"), PLAIN),
        (("Mitteilung", "Ton"), PLAIN),
        (("Mitteilung", "angry"), PLAIN),  # named like a label
        (("message", "happy", "", ""), PADDED),
        (("text", "label", "", ""), PADDED),
        (("", "text", "label"), COUNTED),
        (("", "text", "angry"), COUNTED),
        (("#", "text", "label"), COUNTED),
        (("Unnamed: 0", "0", "1"), COUNTED),
        (("0", "1"), PLAIN),
        (("1", "2"), PLAIN),
        (("", "0", "1"), COUNTED),
        (("0", "1"), SCORED),
        (("text", "1"), SCORED),
        (("What did you think of the journey, in your own words?", "Mood"), PLAIN),
        (("text", "label"), [*PLAIN, ("text", "label"), *PLAIN]),  # joined files
    ],
)
def test_names_are_recognised_by_all_cells(first, below) -> None:
    assert names_columns(first, below)


@pytest.mark.parametrize("rows", [PLAIN, COUNTED, SCORED, PADDED])
@pytest.mark.parametrize("place", range(10))
def test_no_row_is_taken_for_names(rows, place) -> None:
    shuffled = [rows[place], *rows[:place], *rows[place + 1 :]]
    if rows is COUNTED:
        shuffled = [(str(number), *row[1:]) for number, row in enumerate(shuffled)]
    assert not names_columns(shuffled[0], shuffled[1:])


@pytest.mark.parametrize("count", [8, 30, 200])
def test_reviews_begin_with_a_row_or_with_names_and_are_told_apart(count) -> None:
    with SAMPLE.open(encoding="utf-8") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
    for seed in range(40):
        chosen = random.Random(seed).sample(rows, count)
        assert not names_columns(chosen[0], chosen[1:])
        assert names_columns(("Bewertung", "positive"), chosen)


def test_numbers_dates_and_amounts_are_numbers_and_words_are_not() -> None:
    assert all(map(is_number, ("1", "-2.5", "1e3", "2026-01-31", "10:30", "5 %", "£3")))
    assert not any(map(is_number, ("one", "nan", "inf", "3rd", "v1", "", "-")))


def test_an_index_counts_by_one() -> None:
    assert is_index(["0", "1", "2"])
    assert is_index([" 7", "8"])
    assert not is_index(["0", "0", "1"])
    assert not is_index(["3"])
