"""The words of a text in any script, each with its place, in the form in which two texts are compared.

A word is a run of letters and digits with the accents and vowel signs that belong to them. An apostrophe within it
stays (“don't”), as do the point and the comma within a number (“3.5”); a hyphen parts. In scripts that put no spaces
between words (Chinese, Japanese, Thai, Lao, Burmese, Khmer) every character counts as a word.
"""

import re
import unicodedata
from typing import NamedTuple

from models.text.passages import NO_SPACES
from models.text.segmentation import MARKS, WIDE_MARKS

# What is written on, above or below a letter, and to Python's \w belongs to nothing: accents, Hebrew and Arabic vowel
# points, the signs of Indian and South-East Asian scripts, and the joiners within a word.
SIGNS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
    "\u0981-\u0983\u09bc-\u09cd\u0a01-\u0a03\u0a3c-\u0a4d\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57"
    "\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d81-\u0d83"
    "\u0dca-\u0df3\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059"
    "\u17b4-\u17d3\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ufe20-\ufe2f"
)
ALONE = rf"(?=[^\W_]){NO_SPACES.pattern}"
LETTER = rf"(?!{NO_SPACES.pattern})[^\W_]"
# A word by itself, initials with their points (“U.S.”), and other words.
_WORD = (
    rf"{ALONE}[{SIGNS}]*|(?:[^\W\d_]\.){{2,}}|"
    rf"{LETTER}(?:{LETTER}|[{SIGNS}]|['’](?={LETTER})|(?<=\d)[.,](?=\d))*"
)
_TOKEN = re.compile(rf"(?P<word>{_WORD})|[{MARKS}{WIDE_MARKS}]++")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

END = "."  # what every mark that ends a sentence is compared as


class TextWord(NamedTuple):
    """A word, or (`folded` is END) a mark that ends a sentence: `text[start:end]`, and what it is compared as."""

    folded: str
    start: int
    end: int

    @property
    def is_end(self) -> bool:
        """Whether it is a mark and no word."""
        return self.folded == END


def compared_words(text: str) -> list[TextWord]:
    """The words of a text, and between them the marks that end sentences.

    Compared in lower case, without the English possessive (“Ana's”), without the commas between thousands, and without
    the points of initials.
    """
    return [
        TextWord(_folded(found.group()) if found["word"] else END, found.start(), found.end())
        for found in _TOKEN.finditer(text)
    ]


def count_words(text: str) -> int:
    """How many words a text has."""
    return sum(not word.is_end for word in compared_words(text))


def _folded(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    if folded.endswith("."):
        return folded.replace(".", "")
    return _THOUSANDS.sub("", folded.removesuffix("'s"))
