"""Which words matter to a classifier: leave out each in turn, and see how much less it believes in a label.

The method is occlusion: Zeiler & Fergus (2014), “Visualizing and understanding convolutional networks”, covered parts
of pictures; Li, Monroe & Jurafsky (2016), “Understanding neural networks through representation erasure”
(https://arxiv.org/abs/1612.08220), did it to words. Knows tokens and words, not models.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from models.text.tokens import Tokens


@dataclass(frozen=True)
class WordImportance:
    """What one word does for a label: `text[start:end]` of the whole text is `text`.

    `importance` is the label's probability with the word minus that without it, from -1 to 1: above 0 the word speaks
    for the label, below 0 against it.
    """

    text: str
    start: int
    end: int
    importance: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def words(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) characters of each word: what stands between spaces, without punctuation around it.

    Emoji are words, and so are “:-)”, “--”, “!” and “?” with spaces around them; other lone marks are not.
    """
    for chunk in re.finditer(r"\S+", text):
        start, end = chunk.span()
        letters = [index for index in range(start, end) if not unicodedata.category(text[index]).startswith("P")]
        if letters:
            yield letters[0], letters[-1] + 1
        elif end - start > 1 or text[start] in "!?¡¿":
            yield start, end


def without(tokens: Tokens, start: int, end: int, mask: int | None) -> Tokens | None:
    """The tokens with those of the characters from `start` to `end` masked, or left out where `mask` is None.

    None where the model reads none of these characters, or nothing at all would be left.
    """
    covered = {number for number, (first, last) in enumerate(tokens.offsets) if max(first, start) < min(last, end)}
    if not covered:
        return None
    if mask is not None:
        masked = [mask if number in covered else token for number, token in enumerate(tokens.inputs["input_ids"])]
        return Tokens(tokens.inputs | {"input_ids": masked}, tokens.offsets, tokens.truncated)
    kept = [number for number in range(len(tokens)) if number not in covered]
    inputs = {name: [values[number] for number in kept] for name, values in tokens.inputs.items()}
    return Tokens(inputs, [tokens.offsets[number] for number in kept], tokens.truncated) if kept else None
