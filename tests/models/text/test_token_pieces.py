"""What pieces of vocabularies say, compared with Python's own UTF-8."""

import pytest
from tokenizers import pre_tokenizers

from models.text.token_pieces import BYTE_OF_LETTER, shown_piece


def test_every_byte_has_the_letter_that_the_library_gives_it() -> None:
    assert set(BYTE_OF_LETTER) == set(pre_tokenizers.ByteLevel.alphabet())
    assert sorted(BYTE_OF_LETTER.values()) == list(range(256))


@pytest.mark.parametrize("text", [" house", "ñandú", "日本", "👩‍👧", "a\n\t"])
def test_whole_characters_are_shown_as_they_are(text: str) -> None:
    letter = {byte: sign for sign, byte in BYTE_OF_LETTER.items()}

    assert shown_piece("".join(letter[byte] for byte in text.encode()), byte_level=True) == text


@pytest.mark.parametrize(
    ("piece", "byte_level", "shown"),
    [
        ("æĹ", True, "⟨E6⟩⟨97⟩"),
        ("¥a", True, "⟨A5⟩a"),
        ("<0xF0>", False, "⟨F0⟩"),
        ("<0x41>", False, "A"),
        ("▁a▁b", False, " a b"),
        ("##ing", False, "##ing"),
    ],
)
def test_what_is_not_a_whole_character_is_written_out(piece: str, byte_level: bool, shown: str) -> None:
    assert shown_piece(piece, byte_level) == shown
