"""What a text is made of, to choose from: sentences, else lines, else stretches between pauses, else of some words.

Captions have no full stop, a table has rows, and some write a sentence over a page: a choice among sentences would give
back nearly all of such a text. Here no passage is so long. Knows no models.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.text.segmentation import MARKS, WIDE_MARKS, WRAPPED_LINE, Span, sentence_spans

LONGEST_SENTENCE = 60  # words; longer ones are cut, so that a short summary can be short
# Passages that are cut have about a twentieth of the text, within these limits, in words.
SHORTEST_PASSAGE, LONGEST_PASSAGE = 8, 25
FEWEST = 3  # with fewer passages there is nothing to choose from

# Scripts that put no space between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer. Two of their characters count
# as a word.
NO_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3001-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff9f]")
WORD = re.compile(r"\S+\s*")
LINE_OF_TEXT = re.compile(r"[^\n]*\S[^\n]*")
CLOSED = re.compile(rf"""[{MARKS}{WIDE_MARKS}]['"’”»)\]」』）]*\Z""")
PAUSE_BEFORE = re.compile(r"""(?:[,;:،؛、，；：]['"’”»)\]]*|\s[–—-])\s*\Z""")
CONNECTIVES = frozenset(
    ("and", "but", "so", "because", "then", "when", "while", "y", "pero", "porque", "cuando", "entonces", "et", "mais",
     "und", "aber", "weil", "dann")
)  # fmt: skip
# Where a cut is best, from worst to best.
NOWHERE, ANYWHERE, CONNECTIVE, PAUSE, LINE = range(5)
NEVER_FIRST = f"{WIDE_MARKS}，、；：」』”’）】》ー"
SENTENCES, LINES, PAUSES, LENGTHS = "sentences", "lines", "pauses", "lengths"
WHOLE = "whole"


@dataclass(frozen=True)
class Passages:
    """Where each passage begins and ends, in characters, and what they are.

    `kind` is “sentences”, “lines” (most of them end without a full stop), “pauses” or “lengths” (some had to be cut at
    commas, or after so many words); or “whole”, where there are fewer than three: then there is nothing to choose from.
    """

    spans: list[Span]
    kind: str


def passages(text: str) -> Passages:
    """The passages of a text: nothing but white space is left out."""
    spans = sentence_spans(text)
    total = sum(word_count(text[start:end]) for start, end in spans)
    size = min(LONGEST_PASSAGE, max(SHORTEST_PASSAGE, total / 20))
    found, cuts = [], []
    for start, end in spans:
        words = word_count(text[start:end])
        if total <= LONGEST_SENTENCE or (words <= LONGEST_SENTENCE and words < total / 2):
            found.extend(_list_items(text, start, end) or [(start, end)])
        else:
            for span, cut in _cut(text, start, end, size):
                found.append(span)
                cuts.append(cut)
    return Passages(found, _kind(text, found, cuts))


def word_count(text: str) -> float:
    """How many words a text has; two characters of a script without spaces count as one."""
    return sum(_words(word) for word in text.split())


def _words(word: str) -> float:
    return max(1.0, len(NO_SPACES.findall(word)) / 2)


def _kind(text: str, spans: list[Span], cuts: list[int]) -> str:
    if len(spans) < FEWEST:
        return WHOLE
    if cuts:
        worst = min(cuts)
        return LINES if worst == LINE else PAUSES if worst == PAUSE else LENGTHS
    closed = sum(CLOSED.search(text[start:end]) is not None for start, end in spans)
    return SENTENCES if closed >= len(spans) / 2 else LINES


def _list_items(text: str, start: int, end: int) -> list[Span]:
    """The lines of a list or table without full stops, which look like one sentence that a program wrapped."""
    lines = [_stripped(text, *line.span()) for line in LINE_OF_TEXT.finditer(text, start, end)]
    short = all(last - first < WRAPPED_LINE.start for first, last in lines)
    return lines if len(lines) >= FEWEST and short and not CLOSED.search(text[start:end]) else []


def _cut(text: str, start: int, end: int, size: float) -> Iterator[tuple[Span, int]]:
    """One long stretch in passages of about `size` words, each with how good the place is where it was cut off.

    Between half and one and a half times that size the best place is taken, and of equal ones the nearest to the size.
    """
    atoms = list(_atoms(text, start, end))
    starts = [atom for atom, _ in atoms]
    reached = [0.0]
    for _, words in atoms:
        reached.append(reached[-1] + words)
    first = 0
    while reached[-1] - reached[first] > 1.5 * size:
        best = max(
            _near(reached, first, size),
            key=lambda number: (_quality(text, starts[number]), -abs(reached[number] - reached[first] - size)),
        )
        yield _stripped(text, starts[first], starts[best]), _quality(text, starts[best])
        first = best
    yield _stripped(text, starts[first], end), LINE  # its end is the end of the stretch, which nobody chose


def _near(reached: Sequence[float], first: int, size: float) -> list[int]:
    """The places between half and one and a half times `size` words after the `first`, else the next one.

    `reached` has the words before each place. What lies farther on is not looked at: a hundred thousand characters
    without a full stop would be gone through anew for each of their passages.
    """
    found = []
    for number in range(first + 1, len(reached) - 1):
        words = reached[number] - reached[first]
        if words > 1.5 * size:
            break
        if words >= size / 2:
            found.append(number)
    return found or [first + 1]


def _atoms(text: str, start: int, end: int) -> Iterator[tuple[int, float]]:
    """Where a text could be cut, and how many words follow until the next such place: words, or single characters."""
    for word in WORD.finditer(text, start, end):
        inside = [place.start() for place in NO_SPACES.finditer(text, word.start(), word.end())]
        places = sorted({word.start(), *inside})
        for place, following in pairwise([*places, word.end()]):
            yield place, _words(text[place:following].strip() or " ") if len(places) == 1 else 0.5


def _quality(text: str, place: int) -> int:
    before = text[max(0, place - 12) : place]
    if "\n" in before[len(before.rstrip()) :]:
        return LINE
    if PAUSE_BEFORE.search(before):
        return PAUSE
    if text[place] in NEVER_FIRST:
        return NOWHERE
    following = re.match(r"\w+", text[place : place + 12])
    return CONNECTIVE if following and following.group().lower() in CONNECTIVES else ANYWHERE


def _stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())
