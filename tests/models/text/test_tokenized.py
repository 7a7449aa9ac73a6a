"""The figures beside a tokenized text, worked out by hand."""

import pytest

from models.text.tokenized import Token, TokenizedText, words_in


def cut(text: str, *pieces: str, decoded: str | None = None, added: int = 0) -> TokenizedText:
    """A text cut into these pieces, with so many tokens around it."""
    tokens = [Token(number, piece, piece, 0, 0) for number, piece in enumerate(pieces)]
    around = [Token(100, "<s>", "<s>", 0, 0, special=True, added=True)] * added
    return TokenizedText("hand", text, (*around, *tokens), (), 0, text if decoded is None else decoded)


def test_the_figures_of_a_text() -> None:
    found = cut("el niño", "el", " ni", "ño", added=1)

    assert (found.count, found.added) == (3, 1)
    assert found.characters_per_token == pytest.approx(7 / 3)
    assert found.bytes_per_token == pytest.approx(8 / 3)  # ñ has two
    assert found.tokens_per_word == pytest.approx(3 / 2)
    assert found.price(2.5, times=1000) == pytest.approx(4 * 1000 * 2.5 / 1e6)


@pytest.mark.parametrize(
    ("text", "words"), [("one two  three", 3), ("すべての人間", None), ("ab すべての", None), ("a\n日", None), ("", 0)]
)  # fmt: skip
def test_words_are_counted_where_blanks_part_them(text: str, words: int | None) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(("decoded", "place"), [("abc", None), ("abd", 2), ("ab", 2), ("abcd", 3), ("", 0)])
def test_the_first_difference_is_where_the_texts_part(decoded: str, place: int | None) -> None:
    found = cut("abc", "abc", decoded=decoded)

    assert (found.exact, found.first_difference) == (place is None, place)
