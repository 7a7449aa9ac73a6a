"""Sizes and changes as people read them."""

import csv
import io

import pytest

from models.wording import change_text, counted_size_text, is_blank, size_text, spreadsheet_text


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (None, "unknown size"),
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (12_345_678, "12.3 MB"),
        (495_580_000, "496 MB"),
        (999_999_999, "1.0 GB"),
        (1_234_000_000, "1.2 GB"),
        (32_120_000_000, "32.1 GB"),
        (999_960, "1.0 MB"),
    ],
)
def test_sizes(count: int | None, words: str) -> None:
    assert size_text(count) == words


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (0.0008, "+0.08 %"),
        (-0.012, "−1.2 %"),
        (0.34, "+34 %"),
        (12.0, "+1,200 %"),
        (1e-5, "±0.00 %"),
        (-0.0, "±0.00 %"),
    ],
)
def test_changes(change: float, words: str) -> None:
    assert change_text(change) == words


@pytest.mark.parametrize(("change", "words"), [(0.34, "+34.0 %"), (-0.0006, "−0.1 %"), (-0.0004, "unchanged")])
def test_changes_with_as_many_digits_as_asked_for(change: float, words: str) -> None:
    assert change_text(change, 1, "unchanged") == words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (497_759_232, "497.8 MB"),
        (32_121_044_992, "32.12 GB"),
        (6_027_780_096, "6.028 GB"),
        (999_960_000, "1.000 GB"),
        (999_940_000, "999.9 MB"),
        (140_000_000_000_000, "140000 GB"),
        (1_234, "1.234 kB"),
        (0, "0 B"),
    ],
)
def test_counted_sizes_have_four_digits(count: int, words: str) -> None:
    assert counted_size_text(count) == words


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        *((sign, True) for sign in ("", " \n\t", "\u200b\ufeff", "\u2060 \u200e", "\u00a0\u3000", "\0\x07", "\u00ad")),
        *((sign, False) for sign in (".", "\u200bi", "👩‍👩‍👧", "می‌خواهم", "़", "\ufffd")),
    ],
)
def test_what_nobody_sees_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) == blank


@pytest.mark.parametrize(
    ("cell", "text"),
    [("a text", "a text"), ("=1+1", "'=1+1"), ("\r=1", "'\n=1"), ("one\rtwo\r\nthree\n", "one\ntwo\nthree\n")],
)
def test_a_cell_is_no_formula_and_stays_one_cell(cell: str, text: str) -> None:
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerow([spreadsheet_text(cell), "label"])
    assert list(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [[text, "label"]]
