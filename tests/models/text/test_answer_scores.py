"""Exact match and F1 of SQuAD, by hand."""

import pytest

from models.text.answer_scores import exact_match, f1, normalize


@pytest.mark.parametrize(
    ("answer", "normal"),
    [
        ("The Eiffel Tower!", "eiffel tower"),
        ("  a  man,\nan apple ", "man apple"),
        ("theatre", "theatre"),  # articles are words, not letters
        ("U.S.", "us"),
        ("", ""),
    ],
)
def test_an_answer_without_what_does_not_count(answer: str, normal: str) -> None:
    assert normalize(answer) == normal


def test_an_exact_match_is_one_with_any_reference() -> None:
    assert exact_match("the Rhine", ["Danube", "Rhine."]) == 1.0
    assert exact_match("Rhine river", ["Rhine"]) == 0.0


def test_f1_is_the_harmonic_mean_over_words() -> None:
    # Two of the answer's three words are right, and two of the reference's four: 2 · (2/3 · 2/4) / (2/3 + 2/4) = 4/7.
    assert f1("old stone bridge", ["stone bridge over water"]) == pytest.approx(4 / 7)
    assert f1("bridge", ["water", "bridge"]) == 1.0
    assert f1("water water", ["water"]) == pytest.approx(2 / 3)
    assert f1("sea", ["water"]) == 0.0


def test_no_reference_means_that_there_is_no_answer() -> None:
    assert (exact_match("", []), f1("", [])) == (1.0, 1.0)
    assert (exact_match("Rhine", []), f1("Rhine", [])) == (0.0, 0.0)
    assert f1("", ["Rhine"]) == 0.0
