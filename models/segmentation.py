"""Cuts text into pieces that fit a model: at line breaks, else at sentence ends, else at spaces, else anywhere.

Knows no tokenizer: whoever calls says what fits. The sentence rule is a regular expression and a list of
abbreviations, for languages that end sentences with `.`, `!` or `?` and begin them with a capital. In doubt it does not
cut.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence

from models.errors import InvalidInput

Fits = Callable[[str], bool]

# A mark, perhaps a closing quote or bracket, white space, and something that may begin a sentence (its first letter is
# group 1). Without the look behind and the `++`, a row of ten thousand dots would be searched anew from each of them.
SENTENCE_END = re.compile(r"""(?<![.!?…])[.!?…]++['"’”»)\]]*+\s+(?=['"‘“«(\[¿¡—–-]*+\s?(\w))""")
ABBREVIATIONS = frozenset(
    (
        "mr", "mrs", "ms", "dr", "prof", "st", "sr", "jr", "sra", "mme", "mlle", "gen", "sen", "rep", "gov", "capt",
        "col", "sgt", "lt", "rev", "hon", "mt", "ft", "inc", "ltd", "co", "corp", "dept", "no", "nr", "fig", "vol", "p",
        "pp", "vs", "etc", "e.g", "i.e", "a.m", "p.m", "u.s", "u.k", "u.n", "approx", "ca", "est", "bzw", "usw",
        "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec",
    )
)  # fmt: skip


def require_text(text: str, most_characters: int) -> None:
    """Raise InvalidInput for text that is blank, longer than `most_characters`, or holds bytes that were not UTF-8."""
    if not text.strip():
        raise InvalidInput("There is no text. Write or paste some, or choose a file that has some.")
    if len(text) > most_characters:
        raise InvalidInput(
            f"The text has {len(text):,} characters; at most {most_characters:,} are taken at once. "
            "Split it into smaller texts."
        )
    if any("\ud800" <= character <= "\udfff" for character in text):  # how Python keeps bytes that it could not decode
        raise InvalidInput("The text holds bytes that are not UTF-8. Save the file as UTF-8 and try again.")


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, white space between and within them reduced to single spaces."""
    found, start = [], 0
    text = " ".join(text.split())
    for end in SENTENCE_END.finditer(text):
        if _ends_sentence(text, end):
            found.append(text[start : end.end()].strip())
            start = end.end()
    return [*found, text[start:]] if text[start:] else found


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    following = end.group(1)
    if following.islower():  # “said.” he went on; “etc. and so forth”
        return False
    if not end.group().startswith(".") or end.group().startswith(".."):
        return True
    word = text[text.rfind(" ", 0, end.start()) + 1 : end.start()].lstrip("'\"‘“«([¿¡").lower()
    is_initial = len(word) == 1 and word.isalpha() and word != "i"
    return word not in ABBREVIATIONS and not is_initial


def cut(text: str, fits: Fits) -> list[str]:
    """Pieces of one paragraph, as long as `fits` allows: whole sentences, or parts of one that is too long alone."""
    return _pack(sentences(text), " ", fits, lambda sentence: _cut_sentence(sentence, fits))


def _cut_sentence(sentence: str, fits: Fits) -> list[str]:
    return _pack(sentence.split(" "), " ", fits, lambda word: _cut_word(word, fits))


def _cut_word(word: str, fits: Fits) -> list[str]:
    return _pack(list(word), "", fits, lambda character: [character])


def _pack(units: Sequence[str], space: str, fits: Fits, smaller: Callable[[str], list[str]]) -> list[str]:
    """Join as many units as fit, again and again; a unit that does not fit alone is made smaller first."""
    pieces, start = [], 0
    while start < len(units):
        count = _how_many_fit(units, start, space, fits)
        pieces.extend([space.join(units[start : start + count])] if count else smaller(units[start]))
        start += count or 1
    return pieces


def _how_many_fit(units: Sequence[str], start: int, space: str, fits: Fits) -> int:
    """Most units from `start` on that fit together. Doubles, then halves: asking `fits` is slow, texts may be long."""

    def too_many(count: int) -> bool:
        return not fits(space.join(units[start : start + count]))

    left, highest = len(units) - start, 1
    while highest < left and not too_many(highest):
        highest *= 2
    return bisect_left(range(1, min(highest, left) + 1), True, key=too_many)
