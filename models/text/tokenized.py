"""A text as a tokenizer cuts it: tokens with ids and places, what was lost on the way, and the figures beside it.

Plain data. How it comes about is in `models/tokenization.py`.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# Scripts that put no space between words; counting words there would count sentences.
_WITHOUT_SPACES = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")
_LOOKED_AT = 2_000  # characters that tell which script a text is in


@dataclass(frozen=True)
class Token:
    """One token.

    `id` is its number, the row of the embedding table; `piece` how the vocabulary writes it (“Ġhouse”, “##ing”), and
    `shown` what it says (“ house”): bytes that are only a part of a character stand as ⟨F0⟩⟨9F⟩. `start` and `end` are
    its characters in the text; several tokens may share one character. `special` tokens steer the model; `added` ones
    were put around the text, and cover none of it.
    """

    id: int
    piece: str
    shown: str
    start: int
    end: int
    special: bool = False
    added: bool = False
    unknown: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "id": self.id, "piece": self.piece, "shown": self.shown, "start": self.start, "end": self.end,
            "special": self.special, "added": self.added, "unknown": self.unknown,
        }  # fmt: skip


@dataclass(frozen=True)
class TokenizedText:
    """One text cut by one tokenizer.

    `normalized` are words that the tokenizer rewrites before it cuts, each once with what becomes of it (“Café”,
    “cafe”); the first of them, `normalized_count` in all. `decoded` is the text made of the tokens again, without those
    that were put around it.
    """

    tokenizer: str
    text: str
    tokens: tuple[Token, ...]
    normalized: tuple[tuple[str, str], ...]
    normalized_count: int
    decoded: str

    @cached_property
    def count(self) -> int:
        """Tokens of the text itself: those that were put around it are not counted."""
        return sum(not token.added for token in self.tokens)

    @property
    def added(self) -> int:
        """Tokens that were put around the text."""
        return len(self.tokens) - self.count

    @cached_property
    def unknown(self) -> int:
        """Tokens that stand for something the vocabulary does not have."""
        return sum(token.unknown for token in self.tokens)

    @property
    def characters_per_token(self) -> float:
        """Characters (code points) of the text for each of its tokens; 0 where there are none."""
        return len(self.text) / self.count if self.count else 0.0

    @property
    def bytes_per_token(self) -> float:
        """Bytes of the text in UTF-8 for each of its tokens; compares scripts more fairly than characters do."""
        return len(self.text.encode("utf-8")) / self.count if self.count else 0.0

    @cached_property
    def words(self) -> int | None:
        """How many words stand between blanks; None in a script that puts none between them."""
        return words_in(self.text)

    @property
    def tokens_per_word(self) -> float | None:
        """The fertility: tokens for each word; None where words cannot be counted."""
        return self.count / self.words if self.words else None

    @property
    def exact(self) -> bool:
        """Whether the tokens give back the very text."""
        return self.decoded == self.text

    @property
    def first_difference(self) -> int | None:
        """The character at which the decoded text leaves the original; None where it does not."""
        if self.exact:
            return None
        pairs = zip(self.text, self.decoded, strict=False)
        shorter = min(len(self.text), len(self.decoded))
        return next((place for place, (one, other) in enumerate(pairs) if one != other), shorter)

    def price(self, per_million: float, times: int = 1) -> float:
        """What so many such texts cost, in the money of the price of a million tokens; added tokens are paid, too."""
        return len(self.tokens) * times * per_million / 1e6

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "tokenizer": self.tokenizer,
            "count": self.count,
            "added": self.added,
            "unknown": self.unknown,
            "characters_per_token": self.characters_per_token,
            "bytes_per_token": self.bytes_per_token,
            "tokens_per_word": self.tokens_per_word,
            "normalized": [{"from": before, "to": after} for before, after in self.normalized],
            "normalized_count": self.normalized_count,
            "decoded": self.decoded,
            "exact": self.exact,
            "first_difference": self.first_difference,
            "tokens": [token.as_dict() for token in self.tokens],
        }


def words_in(text: str) -> int | None:
    """The words between blanks; None where a third of the letters are of a script that leaves no blanks."""
    letters = [sign for sign in text[:_LOOKED_AT] if sign.isalpha()]
    unspaced = sum(unicodedata.name(sign, "").startswith(_WITHOUT_SPACES) for sign in letters)
    if unspaced * 3 > len(letters):
        return None
    return len(re.findall(r"\S+", text))
