"""Tokens in circles: seen, cut, and left alone where a text may repeat itself."""

import pytest
import torch

from models.text.repetition import AllInCircles, circles, goes_round, without_circles


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        ([], {}),
        ([1, 2, 3], {}),
        ([1, 2, 3, 2, 3, 2, 3, 9], {2: 3}),
        ([7, 7, 7, 7], {1: 4, 2: 2}),
        ([1, 2, 3, 1, 2, 3], {3: 2}),
    ],
)
def test_circles_are_found_with_their_size_and_number(tokens: list[int], found: dict[int, int]) -> None:
    assert circles(tokens) == found


def test_a_text_without_circles_stays_as_it_is() -> None:
    for tokens in (
        [],
        [5],
        list(range(300)),
        [1, 2] * 4,
        [9, 9, 9, 9],
        [*range(8), *range(8)],
        [1, 2, 3, 4, 1, 2, 3, 4],
    ):
        assert without_circles(tokens, {}) == tokens


def test_a_word_said_fifty_times_stays_four_times_and_what_follows_stays() -> None:
    assert without_circles([5] * 50, {}) == [5] * 4
    assert without_circles([1, *[5] * 50, 8, 9], {}) == [1, 5, 5, 5, 5, 8, 9]


@pytest.mark.parametrize("size", [4, 8, 30])
def test_a_long_sequence_stands_at_most_twice(size: int) -> None:
    sequence = list(range(size))
    assert without_circles([99, *sequence * 5, *sequence[:3], 77], {}) == [99, *sequence, *sequence, 77]


def test_no_long_sequence_is_left_more_than_twice_whatever_came() -> None:
    draw = torch.Generator().manual_seed(0)
    for _ in range(50):
        tokens: list[int] = []
        while len(tokens) < 200:
            size, times = (int(torch.randint(1, most, (1,), generator=draw)) for most in (12, 9))
            tokens += torch.randint(0, 3, (size,), generator=draw).tolist() * times
        left = circles(without_circles(tokens, {}))
        assert all(times <= (4 if size < 4 else 2) for size, times in left.items())


def test_a_source_that_repeats_itself_may_be_translated_as_often() -> None:
    source = circles([3, *[4] * 10, 1])
    assert without_circles([6] * 10, source) == [6] * 10
    assert without_circles([6, 7] * 10, source) == [6, 7] * 10  # two tokens for one
    assert without_circles([6] * 50, source) == [6] * 10
    assert without_circles(list(range(10)) * 9, source) == list(range(10)) * 2  # nothing of that length was repeated


def test_a_search_ends_when_all_its_texts_go_round() -> None:
    round_and_round, onwards = [0, 1, *[5, 6] * 20], list(range(42))
    assert goes_round(round_and_round, {})
    assert not goes_round(onwards, {})
    assert not goes_round([5, 6] * 6, {})  # it may still find its way
    criteria = AllInCircles({})
    scores = torch.zeros(2, 9)
    assert criteria(torch.tensor([round_and_round] * 2), scores).tolist() == [True, True]  # type: ignore[arg-type]
    assert criteria(torch.tensor([round_and_round, onwards]), scores).tolist() == [False, False]  # type: ignore[arg-type]


def test_a_page_of_one_word_is_looked_through() -> None:
    assert circles([7] * 2_000) == {size: 2_000 // size for size in range(1, 201)}
