"""Words that a tokenizer has no pieces for, only their letters: an English vocabulary spells Russian and Arabic so.

Such a text is represented and yet not read: the model has learned nothing about what the letters spell. A vocabulary
with byte fallback has not even the letters of a foreign alphabet: it spells each in the bytes of its UTF-8.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from models.text.token_pieces import BYTE

SHORTEST = 3  # letters; a shorter word may well be one piece or two
MOSTLY = 0.5  # of such words: a vocabulary that was made with a language spells a few of them only
# Alphabets whose words are written apart. Latin is left out: every vocabulary has its words. So is Korean, whose
# syllables are pieces of their own in good vocabularies.
ALPHABETS = {"ARABIC", "ARMENIAN", "BENGALI", "CYRILLIC", "DEVANAGARI", "ETHIOPIC", "GEORGIAN", "GREEK", "GUJARATI"}
ALPHABETS |= {"GURMUKHI", "HEBREW", "KANNADA", "MALAYALAM", "ORIYA", "SINHALA", "TAMIL", "TELUGU"}


def spelled_words(text: str, pieces: Sequence[tuple[str, int, int]]) -> list[tuple[int, int]]:
    """Start and end, in characters, of every word that is spelled, where most words of its alphabets are; else none.

    `pieces` are the tokens of the text in their order, each with the start and end of what it stands for. A run of
    foreign letters that has nothing but bytes is a word of any length, and of any alphabet but Latin.
    """
    fallen_back = _places(pieces, lambda piece: BYTE.fullmatch(piece) is not None)
    in_bytes = {word for word in _words(text, _is_foreign) if fallen_back.issuperset(_letters(text, *word))}
    words = [word for word in _words(text, _of_alphabets) if word[1] - word[0] >= SHORTEST and word not in in_bytes]
    # A letter is a piece of one letter: a byte of it is another sign, and several letters are a part of a word.
    letters = _places(pieces, _is_letter) | fallen_back
    spelled = [*in_bytes, *(word for word in words if letters.issuperset(_letters(text, *word)))]
    return sorted(spelled) if len(spelled) > MOSTLY * (len(words) + len(in_bytes)) else []


def _places(pieces: Sequence[tuple[str, int, int]], wanted: Callable[[str], bool]) -> set[int]:
    """Where in the text those pieces stand that are wanted."""
    return {place for piece, start, end in pieces if wanted(piece) for place in range(start, end)}


def _words(text: str, belongs: Callable[[str], bool]) -> Iterator[tuple[int, int]]:
    """Runs of letters that belong to a word, with the marks upon them."""
    start = None
    for place, sign in enumerate([*text, " "]):
        inside = belongs(sign) or (start is not None and unicodedata.category(sign)[0] == "M")
        if inside and start is None:
            start = place
        elif not inside and start is not None:
            yield start, place
            start = None


def _letters(text: str, start: int, end: int) -> Iterable[int]:
    return (place for place in range(start, end) if text[place].isalpha())


def _is_letter(piece: str) -> bool:
    bare = piece.removeprefix("##").removeprefix("▁").removesuffix("</w>")
    return len(bare) == 1 and _of_alphabets(bare)


def _of_alphabets(sign: str) -> bool:
    return sign.isalpha() and not sign.isascii() and unicodedata.name(sign, "").partition(" ")[0] in ALPHABETS


def _is_foreign(sign: str) -> bool:
    return sign.isalpha() and not unicodedata.name(sign, "").startswith(("LATIN", "FEMININE", "MASCULINE"))
