"""How much of many texts a vocabulary lacks: of all their letters together, from a sample where they are many."""

import pytest

from models.text.readable import unreadable_in
from tests.tiny.text_classification import word_piece_tokenizer


def test_the_share_is_that_of_all_letters_together() -> None:
    tokenizer = word_piece_tokenizer()
    found = unreadable_in(tokenizer, ["good film", "汤很热", "good 汤"])
    assert found.share == pytest.approx(4 / 16)
    assert found.signs == "汤很热"


def test_of_many_texts_a_sample_from_all_over_is_enough() -> None:
    tokenizer = word_piece_tokenizer()
    texts = ["汤" if number % 4 == 0 else "a" for number in range(4_000)]
    assert unreadable_in(tokenizer, texts, most=1_000).share == 1.0  # every fourth, and these are the unreadable ones
    assert unreadable_in(tokenizer, texts, most=3_999).share == pytest.approx(0.25, abs=0.01)


def test_texts_that_can_be_read_and_no_texts_lack_nothing() -> None:
    assert unreadable_in(word_piece_tokenizer(), ["good film"]).share == 0
    assert unreadable_in(word_piece_tokenizer(), []).share == 0
