"""What of a summary stands in its source, and what does not: coverage, density, new bigrams, and names to check.

Coverage, density and compression are those of Grusky, Naaman & Artzi, “Newsroom” (2018,
https://aclanthology.org/N18-1065, section 4): the summary is taken apart, from left to right, into extractive
fragments, each the longest run of words from there on that stands in the source, too. Three things differ from the
authors' program: words alone count, no commas and quotation marks; of a word that repeats itself the longest run is
found even where their search steps over it; and a fragment does not run past the end of a sentence unless the source's
sentence ends there as well. New bigrams are those of See, Liu & Manning (2017, https://arxiv.org/abs/1704.04368).

Knows no models. All of this compares words by their letters: what is said in other words counts as new, and a wrong
sentence of the source's own words counts as covered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from models.text.compared_words import TextWord, compared_words
from models.text.names import Callout, called_out
from models.text.substrings import Substrings

Bigram = tuple[str, str]


@dataclass(frozen=True)
class Stretch:
    """A stretch of a summary, `summary[start:end]` in characters, of so many words.

    One that stands in the source is the longest such from its first word on; `source_start` and `source_end` are the
    first place of it there, in characters. They are None for words of which none stands in the source.
    """

    start: int
    end: int
    words: int
    source_start: int | None = None
    source_end: int | None = None

    @property
    def is_new(self) -> bool:
        """Whether none of its words stands in the source."""
        return self.source_start is None


@dataclass(frozen=True)
class SummaryFacts:
    """A summary beside its source.

    `words` of the summary and `source_words` are counted by `compared_words`. The `stretches` are all of its words in
    their order. `new_bigrams` of its `bigrams` (two neighbouring words of one sentence, each time they occur) are
    nowhere neighbours in the source. `callouts` are the names and numbers in it that do not stand so in the source.
    """

    words: int
    source_words: int
    stretches: tuple[Stretch, ...]
    bigrams: int
    new_bigrams: int
    callouts: tuple[Callout, ...]

    @property
    def compression(self) -> float | None:
        """How many words of the source there are for one of the summary; None for a summary without words."""
        return self.source_words / self.words if self.words else None

    @property
    def coverage(self) -> float | None:
        """The share of its words, 0 to 1, that are in a stretch of the source; None without words."""
        return sum(each.words for each in self._from_source()) / self.words if self.words else None

    @property
    def density(self) -> float | None:
        """How long the stretch of the source is, on average, that a word belongs to, in words; None without words."""
        return sum(each.words**2 for each in self._from_source()) / self.words if self.words else None

    @property
    def novelty(self) -> float | None:
        """The share of new bigrams, 0 to 1; None without bigrams."""
        return self.new_bigrams / self.bigrams if self.bigrams else None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; shares from 0 to 1."""
        shares = {name: getattr(self, name) for name in ("compression", "coverage", "density", "novelty")}
        return asdict(self) | shares | {"stretches": [asdict(each) for each in self.stretches],
                                        "callouts": [asdict(each) for each in self.callouts]}  # fmt: skip

    def _from_source(self) -> Iterator[Stretch]:
        return (stretch for stretch in self.stretches if not stretch.is_new)


class SourceText:
    """A text that summaries are compared with, read once for all of them."""

    def __init__(self, text: str):
        self.text = text
        self._words = compared_words(text)
        folded = [word.folded for word in self._words]
        self._runs = Substrings(folded)
        self._bigrams = set(_bigrams(self._words))
        self.words = sum(not word.is_end for word in self._words)

    def facts(self, summary: str) -> SummaryFacts:
        """What of `summary` stands in this text. Takes time in proportion to the length of the summary."""
        words = compared_words(summary)
        bigrams = list(_bigrams(words))
        return SummaryFacts(
            words=sum(not word.is_end for word in words),
            source_words=self.words,
            stretches=tuple(_joined(self._stretches(words))),
            bigrams=len(bigrams),
            new_bigrams=sum(bigram not in self._bigrams for bigram in bigrams),
            callouts=tuple(called_out(summary, words, self._runs)),
        )

    def _stretches(self, words: Sequence[TextWord]) -> Iterator[Stretch]:
        """The greedy fragments; a word that is not in the source makes one of its own."""
        folded, place = [word.folded for word in words], 0
        while place < len(words):
            length, first = (0, 0) if words[place].is_end else self._runs.longest(folded, place)
            run = list(words[place : place + length])
            while run and run[-1].is_end:
                run.pop()
            if run:
                source = self._words[first : first + len(run)]
                count = sum(not word.is_end for word in run)
                yield Stretch(run[0].start, run[-1].end, count, source[0].start, source[-1].end)
            elif not words[place].is_end:
                yield Stretch(words[place].start, words[place].end, 1)
            place += len(run) or 1


def _joined(stretches: Iterator[Stretch]) -> list[Stretch]:
    """New words beside one another as one stretch."""
    joined: list[Stretch] = []
    for each in stretches:
        if joined and joined[-1].is_new and each.is_new:
            joined[-1] = Stretch(joined[-1].start, each.end, joined[-1].words + each.words)
        else:
            joined.append(each)
    return joined


def _bigrams(words: Sequence[TextWord]) -> Iterator[Bigram]:
    return ((one.folded, other.folded) for one, other in pairwise(words) if not (one.is_end or other.is_end))
