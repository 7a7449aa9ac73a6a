"""The longest run of items that stands in a sequence, against a search at every place."""

import random

import pytest

from models.text.substrings import Substrings


def searched(items: list[str], wanted: list[str], start: int) -> tuple[int, int]:
    """The longest run from `start` on, and its first place, by trying all."""
    for length in range(len(wanted) - start, 0, -1):
        for place in range(len(items) - length + 1):
            if items[place : place + length] == wanted[start : start + length]:
                return length, place
    return 0, 0


@pytest.mark.parametrize("seed", range(40))
def test_it_finds_what_a_search_at_every_place_finds(seed: int) -> None:
    draw = random.Random(seed)
    letters = "abc"[: draw.randint(1, 3)]
    items, wanted = (draw.choices(letters, k=draw.randint(0, 24)) for _ in range(2))
    found = Substrings(items)
    assert [found.longest(wanted, start) for start in range(len(wanted))] == [
        searched(items, wanted, start) for start in range(len(wanted))
    ]


def test_a_run_stands_in_it_or_not() -> None:
    words = Substrings(["the", "sea", "is", "cold", "and", "the", "sea", "is", "wide"])
    assert ["sea", "is", "wide"] in words
    assert ["cold", "sea"] not in words
    assert [] in words
