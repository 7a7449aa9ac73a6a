"""The words that two texts are compared by."""

import pytest

from models.text.compared_words import compared_words, count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The café's owner didn’t pay 9,000 or 3.5 euros!", "the café owner didn't pay 9000 or 3.5 euros ."),
        ("Ana's U.S. trip — well-known, isn't it?", "ana us trip well known isn't it ."),
        ("El niño llegó. ¿Y la pingüina?", "el niño llegó . y la pingüina ."),
        ("東京は大きい。", "東 京 は 大 き い ."),
        ("ที่", "ที่"),
        ("हिन्दी में", "हिन्दी में"),
        ("مَدْرَسَة كبيرة؟", "مَدْرَسَة كبيرة ."),
        ("snake_case 1,5 2,50", "snake case 1,5 2,50"),
        ("… ?! 🙂 — “”", ". ."),
        ("", ""),
    ],
)
def test_words_of_any_script(text: str, words: str) -> None:
    assert [word.folded for word in compared_words(text)] == words.split()


def test_an_accent_in_two_parts_is_the_same_word() -> None:
    assert compared_words("cafe\u0301")[0].folded == compared_words("CAFÉ")[0].folded == "café"


def test_each_word_knows_its_place_and_marks_do_not_count() -> None:
    text = "Nobody's here. Go!"
    assert [text[word.start : word.end] for word in compared_words(text)] == ["Nobody's", "here", ".", "Go", "!"]
    assert count_words(text) == 3
