"""Texts that are nearly the same: those that share at least four fifths of their words.

Two texts are compared as sets of words; their similarity is Jaccard's index, the words in both divided by the words in
either. All pairs above the threshold are found, without comparing all pairs (“prefix filtering”: Chaudhuri, Ganti and
Kaushik, ICDE 2006; Bayardo, Ma and Srikant, WWW 2007): where two sets are that similar, their rarest words meet.
"""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.exploration.steps import Steps

THRESHOLD = 0.8
FEWEST_WORDS = 3  # different ones: of less, nothing can be “nearly” the same
MOST_COMPARISONS = 4_000_000
_LOOKED_AT = 20_000
# Scripts without blanks between words: there two neighbouring signs take the place of a word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_STEP = "Looking for near-duplicates"


@dataclass(frozen=True)
class NearPair:
    """Two texts by their places in what was given, the earlier one first, and their similarity, 0.8 to 1."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True)
class NearPairs:
    """All pairs, the most similar first; `unfinished` says in a sentence why some may be missing, else None."""

    pairs: tuple[NearPair, ...]
    unfinished: str | None = None


def words_of(text: str) -> frozenset[str]:
    """The different words of a text, without case and marks of punctuation; of its first 20,000 characters."""
    found: set[str] = set()
    # Composed, since an accent that is a sign of its own would cut its word in two.
    for run in re.findall(r"\w+", unicodedata.normalize("NFC", text[:_LOOKED_AT]).casefold()):
        found.update(_pairs_of_signs(run) if _UNSPACED.search(run) else (run,))
    return frozenset(found)


def similarity(first: frozenset[str], second: frozenset[str]) -> float:
    """Jaccard's index of two sets that are not both empty, 0 to 1."""
    shared = len(first & second)
    return shared / (len(first) + len(second) - shared)


def near_pairs(
    texts: Sequence[str], threshold: float = THRESHOLD, most: int = MOST_COMPARISONS, steps: Steps | None = None
) -> NearPairs:
    """The pairs of texts whose similarity is at least the threshold; none of fewer than three different words.

    After `most` comparisons the search ends: thousands of texts made from one form are all alike.
    """
    steps = steps or Steps()
    sets = [words_of(text) for text in texts]
    frequency = Counter(word for words in sets for word in words)
    order = sorted(
        (place for place, words in enumerate(sets) if len(words) >= FEWEST_WORDS), key=lambda p: len(sets[p])
    )
    index: dict[str, list[int]] = defaultdict(list)
    pairs: list[NearPair] = []
    compared = 0
    for place in steps.through(_STEP, order, every=200):
        rarest = sorted(sets[place], key=lambda word: (frequency[word], word))
        prefix = rarest[: len(rarest) - math.ceil(threshold * len(rarest) - 1e-9) + 1]
        candidates = {other for word in prefix for other in index[word]}
        compared += len(candidates)
        pairs.extend(_alike(place, candidates, sets, threshold))
        if compared > most:
            return NearPairs(_sorted(pairs), _unfinished(most, len(sets[place])))
        for word in prefix:
            index[word].append(place)
    return NearPairs(_sorted(pairs))


def _alike(place: int, others: set[int], sets: list[frozenset[str]], threshold: float) -> Iterator[NearPair]:
    words = sets[place]
    for other in others:
        if len(sets[other]) >= threshold * len(words) - 1e-9:  # the shorter ones come first
            alike = similarity(words, sets[other])
            if alike >= threshold - 1e-9:
                yield NearPair(min(place, other), max(place, other), alike)


def _sorted(pairs: list[NearPair]) -> tuple[NearPair, ...]:
    return tuple(sorted(pairs, key=lambda pair: (-pair.similarity, pair.first, pair.second)))


def _unfinished(most: int, words: int) -> str:
    return (
        f"The search for near-duplicates ended after {most:,} comparisons, because so many texts are alike: those "
        f"with more than {words} different words were not all compared."
    )


def _pairs_of_signs(run: str) -> set[str]:
    return {run[place : place + 2] for place in range(max(1, len(run) - 1))}
