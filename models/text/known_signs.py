"""Signs that a vocabulary lacks, written with those that it has: a curly quote as a straight one, ½ as 1/2.

What a model has no piece for it cannot mind, and a vocabulary with byte fallback spells it in bytes that a small model
loses. Letters stay as they are: another letter is another word. Knows tokenizers, not models.
"""

import unicodedata
from typing import Any

from models.text.readable import encode
from models.text.token_pieces import BYTE

# What is the same for a reader; everything else is found by Unicode's own table.
PLAIN = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "‟": '"',
    "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "⁄": "/", "•": "-", "…": "...",
}  # fmt: skip
# How a sign may differ from what Unicode calls its equal without meaning something else; ² does.
SAME = ("<compat>", "<fraction>", "<narrow>", "<noBreak>", "<wide>")


def with_known_signs(tokenizer: Any, text: str) -> str:
    """The text, with signs that the tokenizer has in the place of those that it lacks, where there are such."""
    written = {sign: _written(tokenizer, sign) for sign in set(text) if not sign.isascii()}
    changed = {sign: simple for sign, simple in written.items() if simple != sign}
    if not changed:
        return text
    pairs = zip(f" {text}", text, strict=False)
    return "".join(_apart(before, changed.get(sign, sign), sign in changed) for before, sign in pairs)


def _apart(before: str, sign: str, is_changed: bool) -> str:
    """A fraction does not become a part of the number before it: 3½ is 3 1/2."""
    return f" {sign}" if is_changed and before.isdigit() and sign[:1].isdigit() else sign


def _written(tokenizer: Any, sign: str) -> str:
    simple = plain(sign)
    return simple if simple != sign and _lacks(tokenizer, sign) and not _lacks(tokenizer, simple) else sign


def plain(sign: str) -> str:
    """The sign as it is most simply written: ½ is 1/2, and what has nothing simpler is itself."""
    if unicodedata.decomposition(sign).partition(" ")[0] in SAME:
        sign = unicodedata.normalize("NFKC", sign)
    return "".join(PLAIN.get(each, each) for each in sign)


def _lacks(tokenizer: Any, text: str) -> bool:
    tokens = encode(tokenizer, text, add_special_tokens=False, verbose=False)["input_ids"]
    pieces = tokenizer.convert_ids_to_tokens(tokens)
    return any(
        token == tokenizer.unk_token_id or BYTE.fullmatch(piece) for token, piece in zip(tokens, pieces, strict=True)
    )
