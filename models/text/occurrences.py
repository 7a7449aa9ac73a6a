"""Where the words of an answer stand in a text: every place, and how likely the answer is at each of them.

Knows nothing of models and tokenizers. Windows overlap, so two of them may see one place; it counts once, in the window
that is surer of it. All places of all answers together therefore have at most 100 % of the joint probability.
"""

import math
import string
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from models.text.answer_spans import MAX_ANSWER_TOKENS, WindowScores
from models.text.context_windows import ContextWindows

# What may stand around the words of an answer and leaves it the same one: “Paris.”, «Paris». Signs that change what is
# said (-5, $5, 5 %, #5) are not among them.
EDGES = "".join(set(string.punctuation) - set("+-$%#&@*/<=>\\^~|")) + "…“”„‘’‚«»‹›¿¡—–·"
MOST_EDGES = 3  # marks on either side that are looked at: ”).

Key = tuple[str, ...]


@dataclass(frozen=True)
class Occurrence:
    """One place of an answer: `context[start:end]` in characters, and how likely the answer stands there, 0 to 1."""

    start: int
    end: int
    score: float


@dataclass(frozen=True)
class Place:
    """The likeliest characters of one place, and its probability within a window and over all windows."""

    start: int
    end: int
    score: float
    joint_score: float


@dataclass(frozen=True)
class _Word:
    """A word of the context, as the tokenizer cuts it: its tokens, its characters, its letters in lower case."""

    tokens: range
    start: int
    end: int
    folded: str
    bare: str


@dataclass(frozen=True)
class _Table:
    """A window's probabilities as plain numbers; `first` is the context's token that stands at 1."""

    first: int
    start: list[float]
    end: list[float]
    joint_start: list[float]
    joint_end: list[float]

    @cached_property
    def tokens(self) -> range:
        """The tokens of the context that stand in this window."""
        return range(self.first, self.first + len(self.start) - 1)


class Places:
    """Finds the places of an answer in a context.

    Two spans are the same answer where they have the same words in any case and with any white space, and, with
    `bare`, with any marks around them: “Paris”, “PARIS.”.
    """

    def __init__(self, context: str, split: ContextWindows, scores: Sequence[WindowScores], bare: bool = True):
        self._edges = EDGES if bare else ""
        self._blank = [not context[start:end].strip() for start, end in split.tokens]
        self._words = list(self._cut(context, split))
        self._word_of = {token: number for number, word in enumerate(self._words) for token in word.tokens}
        self._standing: dict[str, list[int]] = defaultdict(list)  # where in the context each word stands
        for number, word in enumerate(self._words):
            self._standing[word.bare or word.folded].append(number)
        self._tables = [
            _Table(window.first, *(vector.tolist() for vector in (one.start, one.end, one.joint_start, one.joint_end)))
            for window, one in zip(split.windows, scores, strict=True)
        ]
        self._longest = max(len(table.tokens) for table in self._tables)

    def _cut(self, context: str, split: ContextWindows) -> Iterator[_Word]:
        begun: tuple[int, int] | None = None
        tokens = range(0)
        for number, word in enumerate([*split.words, None]):
            if word != begun:
                if begun is not None and context[slice(*begun)].strip():
                    folded = " ".join(context[slice(*begun)].casefold().split())
                    yield _Word(tokens, *begun, folded, folded.strip(self._edges))
                begun, tokens = word, range(number, number)
            tokens = range(tokens.start, number + 1)

    def key(self, first: int, last: int) -> Key:
        """What all places of the answer between two tokens of the context have in common."""
        return self._key(self._word_of[first], self._word_of[last])

    def _key(self, first: int, last: int) -> Key:
        """Its words without the marks around them; an answer that is only marks keeps them."""
        words = self._words[first : last + 1]
        there = [number for number, word in enumerate(words) if word.bare]
        if not there:
            return tuple(word.folded for word in words)
        core = [word.folded for word in words[there[0] : there[-1] + 1]]
        core[0], core[-1] = core[0].lstrip(self._edges), core[-1].rstrip(self._edges)
        return tuple(core) if len(core) > 1 else (core[0].strip(self._edges),)

    def of(self, key: Key) -> list[Place]:
        """Every place of the answer with this key that is not longer than an answer may be, in the text's order."""
        rows = [self._standing.get(word.strip(self._edges) or word, []) for word in key]
        rarest = min(range(len(key)), key=lambda number: len(rows[number]))  # “the” stands in too many places
        starts = [place - rarest for place in rows[rarest]]
        places = (self._place(first, first + len(key) - 1) for first in starts if self._stands_at(first, key))
        return [place for place in places if place is not None]

    def _stands_at(self, first: int, key: Key) -> bool:
        return 0 <= first <= len(self._words) - len(key) and self._key(first, first + len(key) - 1) == key

    def _place(self, first: int, last: int) -> Place | None:
        """The place whose words these are, in the window that is surest of it; None where it is too long."""
        spans = [(left, right) for left in self._beside(first, -1) for right in self._beside(last, 1)]
        tokens = self._words[first].tokens.start, self._words[last].tokens.stop - 1
        sums = [self._sums(table, spans) for table in self._seeing(*tokens)]
        sums = [each for each in sums if each]
        if not sums:
            return None
        surest = max(sums, key=lambda each: math.fsum(joint for _, joint in each.values()))
        left, right = max(surest, key=lambda span: surest[span][1])
        return Place(
            self._words[left].start,
            self._words[right].end,
            max(math.fsum(alone for alone, _ in each.values()) for each in sums),
            math.fsum(joint for _, joint in surest.values()),
        )

    def _beside(self, number: int, step: int) -> list[int]:
        """The word itself, and how far the marks go that stand beside it."""
        found = [number]
        while len(found) <= MOST_EDGES and self._words[number].bare:
            beyond = found[-1] + step
            if not 0 <= beyond < len(self._words) or self._words[beyond].bare:
                break
            found.append(beyond)
        return found

    def _seeing(self, first: int, last: int) -> Iterable[_Table]:
        """The windows in which tokens from `first` to `last` stand, or some of them."""
        # Windows of one length begin at equal distances, so that few are looked at.
        distance = max(1, self._tables[1].first) if len(self._tables) > 1 else 1
        from_, to = max(0, (first - self._longest) // distance), last // distance + 1
        return (table for table in self._tables[from_:to] if table.first <= last and first < table.tokens.stop)

    def _sums(self, table: _Table, spans: Iterable[tuple[int, int]]) -> dict[tuple[int, int], tuple[float, float]]:
        """For each (first, last) word that this window can answer with, the two probabilities."""
        found = {}
        for span in spans:
            alone, jointly = [], []
            for i, j in self._pairs(table, *span):
                alone.append(math.exp(table.start[i] + table.end[j]))
                jointly.append(math.exp(table.joint_start[i] + table.joint_end[j]))
            if alone:
                found[span] = math.fsum(alone), math.fsum(jointly)
        return found

    def _pairs(self, table: _Table, first: int, last: int) -> Iterator[tuple[int, int]]:
        """Where in the window's vectors a span can start and end that reaches from one word to another."""
        for start in self._words[first].tokens:
            for end in self._words[last].tokens:
                inside = start in table.tokens and end in table.tokens
                if inside and 0 <= end - start < MAX_ANSWER_TOKENS and not (self._blank[start] or self._blank[end]):
                    yield start - table.first + 1, end - table.first + 1
