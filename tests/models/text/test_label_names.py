"""Which labels of two vocabularies mean the same, each case thought through by hand."""

import pytest

from models.text.label_names import (
    BY_NAME,
    BY_NOTHING,
    BY_OPINION,
    match_gold,
    match_vocabularies,
    opinions_of,
    plain_name,
    told_apart,
)

STARS = ("1 star", "2 stars", "3 stars", "4 stars", "5 stars")
TWO = ("NEGATIVE", "POSITIVE")
THREE = ("positive", "neutral", "negative")
EMOTIONS = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")


def test_one_to_five_stars_are_opinions() -> None:
    assert opinions_of(STARS) == {
        "1 star": "negative", "2 stars": "negative", "3 stars": "neither", "4 stars": "positive", "5 stars": "positive",
    }  # fmt: skip


@pytest.mark.parametrize("labels", [EMOTIONS, ("LABEL_0", "LABEL_1"), ("positive", "neutral"), ("0", "1"), STARS[:2]])
def test_what_is_not_told_by_the_names_is_no_opinion(labels: tuple[str, ...]) -> None:
    assert opinions_of(labels) == {}


@pytest.mark.parametrize(
    ("numbers", "opinions"),
    [
        (("0", "1"), ("negative", "positive")),
        (("-1", "0", "1"), ("negative", "neither", "positive")),
        (("1", "2", "4", "5"), ("negative", "negative", "positive", "positive")),
    ],
)
def test_numbers_of_a_file_are_taken_as_files_use_them(numbers: tuple[str, ...], opinions: tuple[str, ...]) -> None:
    assert opinions_of(numbers, numbers=True) == dict(zip(numbers, opinions, strict=True))


def test_equal_names_are_compared_whatever_their_case() -> None:
    found = match_vocabularies(TWO, ("positive", "negative"))
    assert found is not None
    assert found.by == BY_NAME
    assert (found.second["positive"], found.second["negative"]) == ("POSITIVE", "NEGATIVE")


def test_stars_are_compared_with_two_opinions_and_three_of_them_are_neither() -> None:
    found = match_vocabularies(STARS, TWO)
    assert found is not None
    assert found.by == BY_OPINION
    assert found.first["3 stars"] == "neither"
    assert found.second == {"NEGATIVE": "negative", "POSITIVE": "positive"}


@pytest.mark.parametrize(
    "other",
    [STARS, TWO, THREE, ("joy", "anger"), ("LABEL_0", "LABEL_1")],
    ids=["stars", "two", "three", "some", "none"],
)
def test_emotions_are_compared_with_nothing_but_the_same_emotions(other: tuple[str, ...]) -> None:
    assert match_vocabularies(EMOTIONS, other) is None
    assert match_vocabularies(other, EMOTIONS) is None


def test_labels_without_a_meaning_are_compared_with_their_like_only() -> None:
    assert match_vocabularies(("LABEL_0", "LABEL_1"), TWO) is None
    assert match_vocabularies(("LABEL_0", "LABEL_1"), ("LABEL_0", "LABEL_1")) is not None


@pytest.mark.parametrize(
    ("model", "gold", "first", "second"),
    [
        (TWO, ("negative", "positive"), ("negative", "positive"), ("negative", "positive")),
        (TWO, ("neg", "pos"), ("neg", "pos"), ("neg", "pos")),
        (TWO, ("0", "1"), ("0", "1"), ("0", "1")),
        (TWO, ("mixed", "negative", "positive"), ("negative", "positive"), (None, "negative", "positive")),
        (("negative", "positive"), ("1", "2", "3", "4", "5"), ("negative", "positive"),
         ("negative", "negative", None, "positive", "positive")),
        (THREE, ("NEG", "POS", "mixed"), ("POS", None, "NEG"), ("NEG", "POS", None)),
        (STARS, ("bad", "good"), ("bad", "bad", None, "good", "good"), ("bad", "good")),
        (STARS, ("1", "3", "5"), ("1", None, "3", None, "5"), ("1", "3", "5")),
        (("LABEL_0", "LABEL_1"), ("0", "1"), ("0", "1"), ("0", "1")),
        (("yes", "no"), ("Yes", "no", "yes "), ("Yes", "no"), ("Yes", "no", "Yes")),
    ],
)  # fmt: skip
def test_labels_of_a_file_find_theirs(
    model: tuple[str, ...], gold: tuple[str, ...], first: tuple[str | None, ...], second: tuple[str | None, ...]
) -> None:
    found = match_gold(model, gold)
    assert tuple(found.first[label] for label in model) == first
    assert tuple(found.second[label] for label in gold) == second


def test_where_nothing_belongs_together_nothing_is_claimed() -> None:
    found = match_gold(TWO, ("film", "book", "hotel"))
    assert (found.by, found.classes) == (BY_NOTHING, ())
    assert set(found.first.values()) == set(found.second.values()) == {None}


def test_a_plain_name_keeps_what_makes_a_label() -> None:
    assert [plain_name(name) for name in ("5 stars", "LABEL_3", "Not-OK", "-1", "1.0", "★", "¿?")] == [
        "5", "3", "notok", "-1", "1", "★", "¿?",
    ]  # fmt: skip


def test_names_that_occur_twice_get_their_number() -> None:
    assert told_apart(["a", "b", "a"]) == ("a (0)", "b", "a (2)")
