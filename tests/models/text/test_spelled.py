"""Words of other alphabets that a vocabulary has the letters of, and nothing more."""

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from models.catalog import card_of
from models.text.readable import unreadable
from models.text.spelled import spelled_words
from models.weights import hub

RUSSIAN = "Отличный фильм, мне очень понравилось!"


@pytest.fixture(scope="module")
def english() -> PreTrainedTokenizerFast:
    """The vocabulary of the embedded classifier, which BERT's English models share."""
    return AutoTokenizer.from_pretrained(hub.require(card_of("aula/sentiment-minilm")))


@pytest.mark.parametrize("text", [RUSSIAN, "هذا فيلم رائع حقا", "זה סרט נפלא מאוד", "Η ταινία ήταν πολύ καλή"])
def test_an_english_vocabulary_cannot_read_what_it_spells(english: PreTrainedTokenizerFast, text: str) -> None:
    assert english.unk_token_id not in english(text)["input_ids"]
    assert unreadable(english, text).too_much


def test_what_is_said_of_spelled_words_are_words(english: PreTrainedTokenizerFast) -> None:
    assert unreadable(english, RUSSIAN).signs == "Отличный фильм мне…"


@pytest.mark.parametrize(
    "text", ["A good film.", "Łukasz Żółkiewski était déçu", "xqzt brrr NBCTV", "an angle α of 3 π", ""]
)
def test_latin_letters_and_single_signs_are_no_spelled_words(english: PreTrainedTokenizerFast, text: str) -> None:
    assert not unreadable(english, text).worth_telling


def test_a_name_in_another_alphabet_counts_with_its_letters(english: PreTrainedTokenizerFast) -> None:
    found = unreadable(english, "A book by Тургенев")
    assert (found.share, found.signs) == (pytest.approx(8 / 15), "Тургенев")


def test_a_vocabulary_of_the_language_may_spell_a_word_of_it() -> None:
    pieces = ["[UNK]", *"фильмкот", *(f"##{letter}" for letter in "фильмкот"), "хороший", "очень"]
    backend = Tokenizer(models.WordPiece({piece: number for number, piece in enumerate(pieces)}, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    russian = PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]")

    assert unreadable(russian, "хороший фильм очень").share == 0
    assert unreadable(russian, "фильм кот").share == 1


def test_bytes_and_parts_of_words_are_no_letters() -> None:
    assert spelled_words("кот", [("ÐºÐ", 0, 1), ("¾", 1, 2), ("ÑĤ", 2, 3)]) == []
    assert spelled_words("кот", [("ко", 0, 2), ("##т", 2, 3)]) == []
    assert spelled_words("кот", [("к", 0, 1), ("##о", 1, 2), ("##т", 2, 3)]) == [(0, 3)]
    assert spelled_words("да", [("д", 0, 1), ("##а", 1, 2)]) == []


def test_letters_that_fall_back_to_bytes_are_spelled_in_every_alphabet_but_latin() -> None:
    def pieces(text: str) -> list[tuple[str, int, int]]:
        return [
            (f"<0x{byte:02X}>", place, place + 1) for place, sign in enumerate(text) for byte in sign.encode("utf-8")
        ]

    for word in ("世界", "мир", "да", "κόσμος", "עולם", "세계"):
        assert spelled_words(word, pieces(word)) == [(0, len(word))]
    for word in ("łódź", "🙂", "½", "{}", "ª"):
        assert spelled_words(word, pieces(word)) == []


def test_one_foreign_name_among_known_words_is_named() -> None:
    text = "дом is Юлия"
    known = [("▁дом", 0, 3), ("▁is", 3, 6), *(("<0xD0>", place, place + 1) for place in range(7, 11))]
    assert spelled_words(text, known) == []  # half of the foreign words are known
    assert spelled_words(text[3:], [(piece, start - 3, end - 3) for piece, start, end in known[1:]]) == [(4, 8)]


def test_a_long_text_in_bytes_is_looked_through() -> None:
    words = 30_000
    pieces = [("<0xD0>", place, place + 1) for place in range(4 * words) if place % 4 != 3]
    assert len(spelled_words("мир " * words, pieces)) == words
