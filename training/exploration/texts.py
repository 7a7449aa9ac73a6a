"""What is in texts with labels, or without: how many, how long, which come again, in which language, what leaks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.text.labelled_row import Row
from training.exploration.languages import Languages, guess_languages
from training.exploration.leaks import Leak, find_leaks
from training.exploration.lengths import Histogram, histogram
from training.exploration.near_texts import NearPair, NearPairs, near_pairs
from training.exploration.steps import Steps, counted
from training.text_data import Facts, facts, same_text, split

MOST_COMPARED = 60_000  # different texts among which near-duplicates are sought
MOST_LISTED = 100  # rows of each kind in a report
_CLEARLY_UNEQUAL = 3.0


@dataclass(frozen=True)
class Parts:
    """Which part of the data each row is in, and where that is from: “seed”, “column”, “files” or “splits”."""

    names: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class TextReport:
    """What was found in texts. All places count from 0 in `rows`.

    `facts` are counts and lengths; its `classes` are empty without labels. `copies` are groups of rows with the same
    text (case and white space aside). `near` are pairs of different texts that are nearly the same, `languages` what
    was guessed; both are None where nobody asked for them. `leaks` are what two parts have in common. `remarks` are
    sentences about what deserves a thought.
    """

    rows: tuple[Row, ...]
    facts: Facts
    characters: Histogram
    words: Histogram
    copies: tuple[tuple[int, ...], ...]
    parts: Parts | None
    near: NearPairs | None
    languages: Languages | None
    leaks: tuple[Leak, ...]
    remarks: tuple[str, ...]

    @property
    def compared_all(self) -> bool:
        """Whether near-duplicates were sought among all rows."""
        return self.near is not None and self.near.unfinished is None

    def places_of(self) -> dict[str, list[Row]]:
        """The rows of each part, in the order in which the parts come; one part without a name where there are none."""
        found: dict[str, list[Row]] = defaultdict(list)
        for place, row in enumerate(self.rows):
            found[self.parts.names[place] if self.parts else ""].append(row)
        return dict(found)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types: all counts, and the first hundred of each list."""
        return {
            "rows": self.facts.rows,
            "classes": self.facts.classes,
            "characters": {**asdict(self.facts.characters), "histogram": self.characters.as_dict()},
            "words": {**asdict(self.facts.words), "histogram": self.words.as_dict()},
            "parts": counted(self.parts.names) if self.parts else None,
            "parts_from": self.parts.source if self.parts else None,
            "duplicates": len(self.facts.duplicates),
            "copies": [[self._told(place) for place in group] for group in self.copies[:MOST_LISTED]],
            "conflicts": [[asdict(row) for row in group] for group in self.facts.conflicts[:MOST_LISTED]],
            "near_duplicates": None if self.near is None else len(self.near.pairs),
            "near_pairs": [self._told_pair(pair) for pair in self.near.pairs[:MOST_LISTED]] if self.near else None,
            "languages": self.languages.counts if self.languages else None,
            "leaks": [self._told_leak(leak) for leak in self.leaks],
            "remarks": list(self.remarks),
        }

    def _told(self, place: int) -> dict[str, Any]:
        told = asdict(self.rows[place])
        return told | {"part": self.parts.names[place]} if self.parts else told

    def _told_pair(self, pair: NearPair) -> dict[str, Any]:
        both = [self._told(pair.first), self._told(pair.second)]
        return {"similarity": round(pair.similarity, 4), "rows": both}

    def _told_leak(self, leak: Leak) -> dict[str, Any]:
        return leak.as_dict() | {"examples": [[self._told(place) for place in pair] for pair in leak.examples]}


def explore_texts(
    rows: Sequence[Row], labelled: bool, parts: Parts | None = None, deep: bool = True, steps: Steps | None = None
) -> TextReport:
    """What is in these rows, of which there is at least one. Not `deep`: without what takes long.

    Raises:
        Cancelled: `steps` says so.
    """
    steps = steps or Steps()
    steps.tell("Counting")
    counts = facts(rows) if labelled else replace(facts(rows), classes={}, conflicts=())
    groups = _groups(rows)
    near = _near(rows, groups, steps) if deep else None
    languages = guess_languages([row.text for row in rows], steps=steps) if deep else None
    leaks = find_leaks(parts.names, groups, [(p.first, p.second) for p in near.pairs] if near else []) if parts else ()
    remarks = [*about_labels(counts.classes), *([near.unfinished] if near and near.unfinished else [])]
    return TextReport(
        tuple(rows),
        counts,
        histogram([len(row.text) for row in rows]),
        histogram([len(row.text.split()) for row in rows]),
        tuple(group for group in groups if len(group) > 1),
        parts,
        near,
        languages,
        leaks,
        tuple(remarks),
    )


def seeded_parts(rows: Sequence[Row], seed: int = 0) -> Parts:
    """The parts into which a training with this seed would divide the rows."""
    divided = split(rows, seed)
    names = {id(row): name for name in ("train", "validation", "test") for row in getattr(divided, name)}
    return Parts(tuple(names[id(row)] for row in rows), "seed")


def _groups(rows: Sequence[Row]) -> list[tuple[int, ...]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        groups[same_text(row.text)].append(place)
    return list(map(tuple, groups.values()))


def _near(rows: Sequence[Row], groups: list[tuple[int, ...]], steps: Steps) -> NearPairs:
    """Pairs of the first rows of their groups."""
    firsts = [group[0] for group in groups[:MOST_COMPARED]]
    found = near_pairs([rows[place].text for place in firsts], steps=steps)
    pairs = tuple(NearPair(firsts[pair.first], firsts[pair.second], pair.similarity) for pair in found.pairs)
    said = [found.unfinished] if found.unfinished else []
    if len(groups) > MOST_COMPARED:
        said.append(f"Near-duplicates were sought among the first {MOST_COMPARED:,} different texts.")
    return NearPairs(pairs, " ".join(said) or None)


def about_labels(classes: dict[str, int], items: str = "rows") -> list[str]:
    """Sentences about how unequal the labels are, and about those that are alike but for case or white space."""
    said = []
    if len(classes) == 1:
        said.append(f"All {items} have the label “{next(iter(classes))}”: there is nothing to tell apart.")
    elif classes:
        most, least = max(classes.values()), min(classes.values())
        share = most / sum(classes.values())
        if most >= _CLEARLY_UNEQUAL * least:
            label = next(label for label, count in classes.items() if count == most)
            said.append(
                f"The labels are unequal: “{label}” alone is {share:.0%} of the {items}, so that a model that always "
                f"says “{label}” is right that often. Look at macro F1 rather than accuracy."
            )
    alike: dict[str, list[str]] = defaultdict(list)
    for label in classes:
        alike[same_text(label)].append(label)
    said += [
        f"The labels {' and '.join(f'“{label}”' for label in labels)} differ only in case or white space, and count as "
        "different classes. Write them alike if they mean the same."
        for labels in alike.values()
        if len(labels) > 1
    ]
    return said
