"""What stands in two parts of the data at once: there, a test asks what the model was taught."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from training.part_names import part_called, rank

UNLABELLED = "unsupervised"  # what some collections call the part without labels

MOST_EXAMPLES = 50


@dataclass(frozen=True)
class Leak:
    """Of the part `second`, `same` items stand in `first` as well, and `near` others nearly.

    `total` is how many `second` has. `examples` are places of one item in each, the same ones before the near ones.
    """

    first: str
    second: str
    same: int
    near: int
    total: int
    examples: tuple[tuple[int, int], ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; the examples as places in what was explored."""
        return {
            "first": self.first, "second": self.second, "same": self.same, "near": self.near, "total": self.total,
            "examples": [list(pair) for pair in self.examples],
        }  # fmt: skip


def find_leaks(
    parts: Sequence[str], same: Iterable[Sequence[int]], near: Iterable[tuple[int, int]]
) -> tuple[Leak, ...]:
    """For each two parts that have something in common, what; `parts` names the part of each place.

    `same` are groups of places that hold the same, `near` pairs of places that hold nearly the same; a place of a pair
    speaks for its whole group.
    """
    group_of = {place: tuple(group) for group in same for place in group}
    found: dict[tuple[str, str], _Found] = {}
    order = sorted(dict.fromkeys(parts), key=rank)  # stable: those of unknown names stay in their order
    for group in set(group_of.values()):
        _note(found, parts, order, group, group, near=False)
    for first, second in near:
        _note(found, parts, order, group_of.get(first, (first,)), group_of.get(second, (second,)), near=True)
    return tuple(_leak(pair, found[pair], parts) for pair in combinations(order, 2) if pair in found)


class _Found:
    """Places of a second part that stand in the first one, each with its counterpart."""

    def __init__(self) -> None:
        self.same: dict[int, int] = {}
        self.near: dict[int, int] = {}


def _note(
    found: dict[tuple[str, str], _Found],
    parts: Sequence[str],
    order: list[str],
    group: Sequence[int],
    other: Sequence[int],
    near: bool,
) -> None:
    here, there = _first_of_each(parts, group), _first_of_each(parts, other)
    for own, places in ((here, other), (there, group)):
        for place in places:
            for part, counterpart in own.items():
                if order.index(part) < order.index(parts[place]):
                    noted = found.setdefault((part, parts[place]), _Found())
                    (noted.near if near else noted.same).setdefault(place, counterpart)


def _first_of_each(parts: Sequence[str], places: Sequence[int]) -> dict[str, int]:
    first: dict[str, int] = {}
    for place in places:
        first.setdefault(parts[place], place)
    return first


def _leak(pair: tuple[str, str], found: _Found, parts: Sequence[str]) -> Leak:
    near = {place: other for place, other in found.near.items() if place not in found.same}
    examples = [(other, place) for places in (found.same, near) for place, other in sorted(places.items())]
    return Leak(*pair, len(found.same), len(near), parts.count(pair[1]), tuple(examples[:MOST_EXAMPLES]))


def part_names(values: Mapping[str, int]) -> bool:
    """Whether the values of a column look like names of parts, such as train and test."""
    names = {value.strip().casefold() for value in values}
    return len(names) > 1 and all(part_called(name) or name == UNLABELLED for name in names)
