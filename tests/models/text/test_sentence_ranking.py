"""Ranks, positions, repetitions and choices, by hand and against linear algebra."""

import numpy as np
import pytest

from models.text.sentence_ranking import (
    choose,
    content_words,
    lexrank,
    positions,
    relevance,
    repetitions,
    similarities,
)

SIMILAR = np.array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.5], [0.0, 0.5, 1.0]])


def test_similarities_are_cosines_and_opposites_are_not_similar() -> None:
    vectors = np.array([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]])
    np.testing.assert_allclose(similarities(vectors), [[1, 0.6, 0], [0.6, 1, 0], [0, 0, 1]])


def test_lexrank_of_three_sentences_by_hand() -> None:
    # From the outer ones the walk goes to the middle, from the middle to either. In balance: o = 0.15 + 0.85 m / 2, and
    # 2 o + m = 3.
    outer = (0.15 + 0.85 * 3 / 2) / (1 + 0.85)
    found = lexrank(SIMILAR, damping=0.85, sharpness=1)
    np.testing.assert_allclose(found, [outer, 3 - 2 * outer, outer], atol=1e-5)
    np.testing.assert_allclose(lexrank(SIMILAR), found, atol=1e-5)  # each has but one similarity, or twice the same


def test_sharpness_prefers_the_most_similar() -> None:
    similar = np.array([[1.0, 0.8, 0.4], [0.8, 1.0, 0.4], [0.4, 0.4, 1.0]])
    # Steps from the first: 2/3 to the second and 1/3 to the third; squared 4/5 and 1/5. The third sends half to each.
    for sharpness, step in ((1, 2 / 3), (2, 4 / 5)):
        third = (0.15 + 0.85 * (1 - step) * 3) / (1 + 0.85 * (1 - step))
        np.testing.assert_allclose(lexrank(similar, 0.85, sharpness)[2], third, atol=1e-5)


def test_lexrank_is_the_solution_of_its_equation() -> None:
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(30, 8)) + 0.7
    similar = similarities(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    walk = similar**2 * (1 - np.eye(30))
    walk /= walk.sum(axis=1, keepdims=True)
    expected = np.linalg.solve(np.eye(30) - 0.85 * walk.T, np.full(30, 0.15))
    np.testing.assert_allclose(lexrank(similar), expected, atol=1e-4)
    assert lexrank(similar).mean() == pytest.approx(1)


def test_alike_sentences_are_equally_central() -> None:
    np.testing.assert_allclose(lexrank(np.ones((4, 4))), np.ones(4))
    np.testing.assert_allclose(lexrank(np.eye(4)), np.ones(4))
    np.testing.assert_allclose(lexrank(np.ones((1, 1))), [1])


def test_a_sentence_like_no_other_is_found_by_chance_only() -> None:
    similar = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.0], [0.0, 0.0, 1.0]])
    found = lexrank(similar)
    # 0.15 of every step, and what it sends anywhere itself: s = 0.15 + 0.85 s / 3.
    assert found[2] == pytest.approx(0.15 / (1 - 0.85 / 3), abs=1e-5)
    assert found.sum() == pytest.approx(3, abs=1e-4)


def test_the_beginning_counts_most() -> None:
    np.testing.assert_allclose(positions(4), [1.2, 0.75, 0.5, 0.25])
    assert positions(0).tolist() == []


def test_repetition_is_the_share_of_words_that_others_use_too() -> None:
    sentences = ["The river floods the town.", "Rivers flood in spring.", "It is what it is."]
    assert content_words(sentences[0]) == {"river", "flood", "town"}
    np.testing.assert_allclose(repetitions(sentences), [2 / 3, 2 / 3, 0])
    assert content_words("La casa de los niños") == {"casa", "niño"}
    assert content_words("Anna’s class: the boss's glass") == {"anna", "class", "boss", "glass"}


def test_relevance_adds_up() -> None:
    found = relevance(np.array([1.0, np.e]), np.array([1.2, 0.5]), np.array([0.5, 0.0]))
    np.testing.assert_allclose(found, [1.2 + 0.6, 0.5 + 0.3])


def test_the_best_are_chosen_in_the_order_of_the_text() -> None:
    assert choose(np.array([0.1, 0.9, 0.2, 0.8]), np.eye(4), [10] * 4, 20) == [1, 3]


def test_what_repeats_a_chosen_sentence_gives_way() -> None:
    # The second best is the best again, and loses 0.2 for it: 0.8 < 0.85.
    similar = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert choose(np.array([1.1, 1.0, 0.85]), similar, [10] * 3, 20) == [0, 2]
    assert choose(np.array([1.1, 1.0, 0.75]), similar, [10] * 3, 20) == [0, 1]


def test_as_many_as_come_nearest_to_the_budget_and_at_least_one() -> None:
    scores = np.array([3.0, 2.0, 1.0])
    assert choose(scores, np.eye(3), [10, 10, 10], 1) == [0]
    assert choose(scores, np.eye(3), [10, 10, 10], 14) == [0]
    assert choose(scores, np.eye(3), [10, 10, 10], 15) == [0, 1]
    assert choose(scores, np.eye(3), [10, 10, 10], 1000) == [0, 1, 2]


def test_a_score_of_minus_infinity_is_never_chosen() -> None:
    assert choose(np.array([-np.inf, 1.0, -np.inf]), np.eye(3), [1, 1, 1], 99) == [1]
