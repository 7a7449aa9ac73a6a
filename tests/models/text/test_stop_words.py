"""The list of words that say little."""

from models.text.stop_words import STOP_WORDS


def test_they_are_single_words_in_lower_case() -> None:
    assert all(word == word.lower() and word.isalpha() for word in STOP_WORDS)


def test_both_languages_are_there_and_words_with_a_meaning_in_either_are_not() -> None:
    assert {"the", "of", "because", "el", "de", "porque"} <= STOP_WORDS
    assert STOP_WORDS.isdisjoint({"son", "sea", "era", "river", "bridge", "biblioteca"})
