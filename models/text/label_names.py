"""Which labels of two vocabularies mean the same: “POSITIVE”, “pos” and “5 stars”; or that nobody can tell.

A vocabulary is all labels of a model, or of a file. Two are matched by their names, or as opinions: negative, neither,
positive. What is matched is always told, so that a person can see it and say otherwise. Knows neither models nor files.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NEGATIVE, NEITHER, POSITIVE = "negative", "neither", "positive"
_WORDS = {
    NEGATIVE: "negative neg bad negativo negativa negativ malo mala",
    NEITHER: "neither neutral neu neutro neutra none",
    POSITIVE: "positive pos good positivo positiva positiv bueno buena",
}
_OPINIONS = {word: opinion for opinion, words in _WORDS.items() for word in words.split()}
_STARS = {"1": NEGATIVE, "2": NEGATIVE, "3": NEITHER, "4": POSITIVE, "5": POSITIVE}
# Numbers that files use: what they mean is a custom, not a fact.
_NUMBERS = (
    {"0": NEGATIVE, "1": POSITIVE},
    {"-1": NEGATIVE, "1": POSITIVE},
    {"-1": NEGATIVE, "0": NEITHER, "1": POSITIVE},
)
BY_NAME, BY_OPINION, BY_HAND, BY_NOTHING = "name", "opinion", "hand", "nothing"


@dataclass(frozen=True)
class Matching:
    """What each label of two vocabularies counts as; None: it counts as nothing that the other one knows.

    `by` says how it was found: by “name”, by “opinion” (negative, neither, positive), by “hand”, or “nothing” was.
    """

    first: Mapping[str, str | None]
    second: Mapping[str, str | None]
    by: str

    @property
    def classes(self) -> tuple[str, ...]:
        """What labels of both vocabularies count as, in the order of the second."""
        reached = set(self.first.values())
        return tuple(dict.fromkeys(name for name in self.second.values() if name is not None and name in reached))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"by": self.by, "first": dict(self.first), "second": dict(self.second)}


def match_vocabularies(first: Sequence[str], second: Sequence[str]) -> Matching | None:
    """How the labels of two models are compared; None where they are not: their labels say different things.

    By name only where all names agree: a model that cannot say “surprise” never agrees with one that does.
    """
    names = {plain_name(label): label for label in first}
    if {plain_name(label) for label in second} == set(names) and len(names) == len(first) == len(second):
        return Matching(
            {label: label for label in first}, {label: names[plain_name(label)] for label in second}, BY_NAME
        )
    opinions = opinions_of(first), opinions_of(second)
    return Matching(opinions[0], opinions[1], BY_OPINION) if opinions[0] and opinions[1] else None


def match_gold(model: Sequence[str], gold: Sequence[str]) -> Matching:
    """A guess how a model's labels (first) and those of a file (second) belong together, to be looked at by a person.

    A label of the file that the model has nothing for counts as nothing, and the other way round.
    """
    names = _first_of_each(model)
    by_name = {label: names.get(plain_name(label)) for label in gold}
    opinions = opinions_of(model), opinions_of(gold, numbers=True) or _some_opinions(gold)
    if all(by_name.values()) or not (opinions[0] and opinions[1]):
        called = {own: label for label, own in reversed(by_name.items()) if own is not None}
        second = {label: None if own is None else called[own] for label, own in by_name.items()}
        return Matching({label: called.get(label) for label in model}, second, BY_NAME if called else BY_NOTHING)
    return _by_opinion(opinions[0], opinions[1], gold)


def _by_opinion(model: Mapping[str, str], gold: Mapping[str, str], all_gold: Sequence[str]) -> Matching:
    """Classes are called as the file calls them, or the model, where that is one name for each opinion."""
    known = set(model.values()) & set(gold.values())
    called = {opinion: opinion for opinion in known}
    for vocabulary in (model, gold):
        labels = {opinion: [label for label, own in vocabulary.items() if own == opinion] for opinion in known}
        if all(len(several) == 1 for several in labels.values()):
            called = {opinion: several[0] for opinion, several in labels.items()}
    first = {label: called.get(own) for label, own in model.items()}
    return Matching(first, {label: called.get(gold.get(label, "")) for label in all_gold}, BY_OPINION)


def _some_opinions(labels: Iterable[str]) -> dict[str, str]:
    """Those labels that are opinions by their words, where two of them are opposite: “pos”, “neg”, and not “mixed”."""
    found = {label: _OPINIONS[plain_name(label)] for label in labels if plain_name(label) in _OPINIONS}
    return found if {NEGATIVE, POSITIVE} <= set(found.values()) else {}


def opinions_of(labels: Iterable[str], numbers: bool = False) -> dict[str, str]:
    """The opinion that each label is, where all are opinions and two of them opposite; else empty.

    Stars count from one to five. With `numbers`, so do bare ones, and 0 and 1 or -1, 0 and 1 as files have them.
    """
    plain = {label: plain_name(label) for label in labels}
    stars = all(re.search(r"star|estrella|★", label, re.IGNORECASE) for label in plain) or numbers
    for table in (_OPINIONS, *([_STARS] if stars else []), *(_NUMBERS if numbers else ())):
        if all(name in table for name in plain.values()):
            found = {label: table[name] for label, name in plain.items()}
            if {NEGATIVE, POSITIVE} <= set(found.values()):
                return found
    return {}


def plain_name(label: str) -> str:
    """A label without case, blanks and signs, and without “label” before and “stars” behind a number: 5 for 5 stars."""
    text = unicodedata.normalize("NFKC", label).casefold().strip()
    if found := re.fullmatch(r"(?:label[\s_-]*)?(-?\d+)(?:\.0+)?[\s_-]*(?:stars?|estrellas?|★)?", text):
        return found[1]
    return re.sub(r"[\W_]+", "", text) or text


def told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """The names in their order; those that occur twice get their number."""
    twice = {name for name, count in Counter(names).items() if count > 1}
    return tuple(f"{name} ({number})" if name in twice else name for number, name in enumerate(names))


def _first_of_each(labels: Sequence[str]) -> dict[str, str]:
    """The labels by their plain names; of two with the same, the first."""
    return {plain_name(label): label for label in reversed(labels)}
