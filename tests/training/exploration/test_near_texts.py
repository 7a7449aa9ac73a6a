"""Near-duplicates of texts: the same pairs as comparing all with all."""

import random
from itertools import combinations

import pytest

from training.exploration.near_texts import NearPair, near_pairs, similarity, words_of


def brute_force(texts: list[str], threshold: float) -> set[tuple[int, int]]:
    """All pairs whose sets of words (by plain splitting) have that Jaccard index, none of under three words."""
    sets = [set(text.split()) for text in texts]
    return {
        (a, b)
        for a, b in combinations(range(len(texts)), 2)
        if min(len(sets[a]), len(sets[b])) >= 3 and len(sets[a] & sets[b]) / len(sets[a] | sets[b]) >= threshold
    }


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_pairs_are_those_of_comparing_all_with_all(threshold: float, seed: int) -> None:
    choose = random.Random(seed)
    words = [f"w{number}" for number in range(40)]
    texts = [" ".join(choose.choices(words, k=choose.randint(1, 14))) for _ in range(150)]
    for text in texts[:80]:  # and copies with a word changed, added or left out
        changed = text.split()
        changed[choose.randrange(len(changed))] = choose.choice(words)
        texts.append(" ".join(changed[choose.randint(0, 1) :] + choose.choices(words, k=choose.randint(0, 1))))

    found = near_pairs(texts, threshold)

    assert found.unfinished is None
    assert {(pair.first, pair.second) for pair in found.pairs} == brute_force(texts, threshold)
    assert brute_force(texts, threshold)


def test_a_pair_has_its_similarity_and_the_most_similar_comes_first() -> None:
    texts = ["a b c d e f g h", "a b c d e f g h i", "A, b! c d e f g H."]
    assert near_pairs(texts).pairs == (
        NearPair(0, 2, 1.0),
        NearPair(0, 1, 8 / 9),
        NearPair(1, 2, 8 / 9),
    )


def test_of_two_words_nothing_is_nearly_the_same() -> None:
    assert near_pairs(["thank you", "you thank", "Thank you!"]).pairs == ()


def test_scripts_without_blanks_are_compared_by_pairs_of_signs() -> None:
    assert words_of("你好世界") == {"你好", "好世", "世界"}
    assert [
        (p.first, p.second) for p in near_pairs(["今天天气很好我们去公园玩", "今天天气很好我们去公园玩吧"]).pairs
    ] == [(0, 1)]


def test_a_search_among_too_many_that_are_alike_ends_and_says_so() -> None:
    texts = [f"order number {number} has been shipped to your address today by us" for number in range(200)]
    found = near_pairs(texts, most=1_000)
    assert found.unfinished is not None
    assert "1,000 comparisons" in found.unfinished
    assert 0 < len(found.pairs) < 200 * 199 / 2


def test_similarity_is_what_both_share_of_what_either_has() -> None:
    assert similarity(frozenset("abcd"), frozenset("cdef")) == pytest.approx(2 / 6)


def test_an_accent_that_is_a_sign_of_its_own_cuts_no_word() -> None:
    assert words_of("Cafe\u0301 so\u0301lo") == words_of("caf\u00e9 s\u00f3lo") == {"caf\u00e9", "s\u00f3lo"}
