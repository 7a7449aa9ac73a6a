"""Words, and tokens without one of them."""

import pytest

from models.text.occlusion import WordImportance, without, words
from models.text.tokens import Tokens

# [CLS] not so good ! [SEP], where “good” has two pieces
TOKENS = Tokens(
    {"input_ids": [2, 10, 11, 12, 13, 14, 3], "attention_mask": [1] * 7},
    [(0, 0), (0, 3), (4, 6), (7, 9), (9, 11), (11, 12), (0, 0)],
    truncated=False,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Not so good!", ["Not", "so", "good"]),
        ("“I don't know,” she said (well-meant).", ["I", "don't", "know", "she", "said", "well-meant"]),
        ("¡Qué día! ¿Y tú?", ["Qué", "día", "Y", "tú"]),
        ("fine 😀 :-) -- ! . , ?", ["fine", "😀", ":-)", "--", "!", "?"]),
        ("cafe\u0301 nin\u0303o", ["cafe\u0301", "nin\u0303o"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("5.5 million €20 50%", ["5.5", "million", "€20", "50"]),
        ("\n one\u00a0two\t", ["one", "two"]),
        (" … ", []),
        ("", []),
    ],
)
def test_words_are_what_stands_between_spaces_without_punctuation(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in words(text)] == expected


def test_all_pieces_of_a_word_are_masked() -> None:
    row = without(TOKENS, 7, 11, mask=4)
    assert row.inputs == {"input_ids": [2, 10, 11, 4, 4, 14, 3], "attention_mask": [1] * 7}
    assert row.offsets == TOKENS.offsets
    assert TOKENS.inputs["input_ids"] == [2, 10, 11, 12, 13, 14, 3]


def test_without_a_mask_its_pieces_are_left_out() -> None:
    row = without(TOKENS, 7, 11, mask=None)
    assert row.inputs == {"input_ids": [2, 10, 11, 14, 3], "attention_mask": [1] * 5}
    assert row.offsets == [(0, 0), (0, 3), (4, 6), (11, 12), (0, 0)]


def test_a_word_that_the_model_does_not_read_has_no_row() -> None:
    assert without(TOKENS, 20, 25, mask=4) is None


def test_a_text_of_which_nothing_would_be_left_has_no_row() -> None:
    assert without(Tokens({"input_ids": [10]}, [(0, 3)], False), 0, 3, mask=None) is None


def test_an_importance_as_plain_json() -> None:
    plain = {"text": "good", "start": 7, "end": 11, "importance": 0.5}
    assert WordImportance("good", 7, 11, 0.5).as_dict() == plain
