"""What is in labelled pictures: how many of each class, how large, which come again, what leaks between parts."""

import hashlib
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import InvalidInput, UnreadableImage
from training.exploration.leaks import Leak, find_leaks
from training.exploration.picture_hash import MOST_PAIRS, NearPictures, difference_hash, near_pictures
from training.exploration.steps import Steps, counted
from training.exploration.texts import Parts, about_labels
from training.pictures.data import LeftOut, Picture, PictureData, require_trainable, split

MOST_LISTED = 100
_BLUR = 224  # pixels that most models look at


@dataclass(frozen=True)
class Sides:
    """Widths or heights in pixels: the smallest, the median and the largest."""

    smallest: int
    median: float
    largest: int


@dataclass(frozen=True)
class PictureReport:
    """What was found in labelled pictures. All places count from 0 in the pictures of `data`.

    `copies` are groups of pictures with equal pixels, `conflicts` those of them with several labels. `near` are pairs
    of pictures that look alike, one of each group. `leaks` are what two parts have in common. `problem` says why no
    classifier can be trained on them; None where one can.
    """

    data: PictureData
    widths: Sides | None
    heights: Sides | None
    copies: tuple[tuple[int, ...], ...]
    conflicts: tuple[tuple[int, ...], ...]
    near: tuple[NearPictures, ...]
    parts: Parts | None
    leaks: tuple[Leak, ...]
    problem: str | None
    remarks: tuple[str, ...]

    @property
    def classes(self) -> dict[str, int]:
        """How many pictures each class has, the most frequent first."""
        return counted(picture.label for picture in self.data.pictures)

    @property
    def duplicates(self) -> int:
        """Pictures that were there already."""
        return sum(len(group) - 1 for group in self.copies)

    @property
    def compared_all(self) -> bool:
        """Whether near-duplicates were sought among all pictures."""
        return len(self.near) <= MOST_PAIRS

    def part_of(self, place: int) -> str:
        """The part that a picture is in, empty where there are none."""
        return self.parts.names[place] if self.parts else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types: all counts, and the first hundred of each list."""
        return {
            "name": self.data.name,
            "kind": "pictures",
            "pictures": len(self.data.pictures),
            "classes": self.classes,
            "widths": asdict(self.widths) if self.widths else None,
            "heights": asdict(self.heights) if self.heights else None,
            "left_out": [asdict(one) for one in self.data.left_out],
            "duplicates": self.duplicates,
            "copies": [self._names(group) for group in self.copies[:MOST_LISTED]],
            "conflicts": [self._names(group) for group in self.conflicts[:MOST_LISTED]],
            "near_duplicates": len(self.near),
            "near_pairs": [
                {"bits": pair.bits, "pictures": self._names((pair.first, pair.second))}
                for pair in self.near[:MOST_LISTED]
            ],
            "parts": counted(self.parts.names) if self.parts else None,
            "parts_from": self.parts.source if self.parts else None,
            "leaks": [
                leak.as_dict() | {"examples": [self._names(pair) for pair in leak.examples]} for leak in self.leaks
            ],
            "problem": self.problem,
            "remarks": list(self.remarks),
        }

    def _names(self, places: Sequence[int]) -> list[str]:
        return [self.data.pictures[place].name for place in places]


def explore_pictures(data: PictureData, seed: int = 0, steps: Steps | None = None) -> PictureReport:
    """Look at pictures that have been read; each is decoded once more.

    Raises:
        Cancelled: `steps` says so.
    """
    steps = steps or Steps()
    data, seen = _seen(data, steps)
    groups = _groups([pixels for pixels, _ in seen])
    firsts = [group[0] for group in groups]
    found = near_pictures([seen[place][1] for place in firsts], steps=steps)
    near = tuple(NearPictures(firsts[pair.first], firsts[pair.second], pair.bits) for pair in found)
    copies = tuple(group for group in groups if len(group) > 1)
    parts, problem = _parts(data, seed)
    leaks = find_leaks(parts.names, groups, [(pair.first, pair.second) for pair in near]) if parts else ()
    return PictureReport(
        data,
        _sides([picture.width for picture in data.pictures]),
        _sides([picture.height for picture in data.pictures]),
        copies,
        tuple(group for group in copies if len({data.pictures[place].label for place in group}) > 1),
        near,
        parts,
        leaks,
        problem,
        tuple(_remarks(data, len(near))),
    )


def _seen(data: PictureData, steps: Steps) -> tuple[PictureData, list[tuple[str, int]]]:
    """The pictures that can still be opened, each with a digest of its pixels and its hash."""
    kept: list[Picture] = []
    seen: list[tuple[str, int]] = []
    gone: list[LeftOut] = []
    for picture in steps.through("Looking at pictures", data.pictures, every=10):
        try:
            image = picture.open()
        except (UnreadableImage, OSError):
            gone.append(LeftOut(picture.name, f"{picture.name} has gone since it was read.", picture.label))
            continue
        pixels = hashlib.sha256(f"{picture.width} {picture.height} ".encode() + image.tobytes()).hexdigest()
        kept.append(picture)
        seen.append((pixels, difference_hash(image)))
    return PictureData(data.name, tuple(kept), (*data.left_out, *gone), data.remarks), seen


def _groups(pixels: Sequence[str]) -> list[tuple[int, ...]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, digest in enumerate(pixels):
        groups[digest].append(place)
    return list(map(tuple, groups.values()))


def _sides(values: Sequence[int]) -> Sides | None:
    return Sides(min(values), statistics.median(values), max(values)) if values else None


def _parts(data: PictureData, seed: int) -> tuple[Parts | None, str | None]:
    """The parts that the folders say, or that a training would make; and why there can be none."""
    problem = None
    try:
        require_trainable(data)
    except InvalidInput as error:
        problem = str(error)
    if any(picture.part for picture in data.pictures):
        return Parts(tuple(picture.part or "no part" for picture in data.pictures), "folders"), problem
    if problem is not None:
        return None, problem
    divided = split(data, seed)
    names = {id(one): name for name in ("train", "validation", "test") for one in getattr(divided, name)}
    return Parts(tuple(names[id(picture)] for picture in data.pictures), "seed"), None


def _remarks(data: PictureData, near: int) -> list[str]:
    said = [*data.remarks, *about_labels(counted(picture.label for picture in data.pictures), "pictures")]
    small = sum(min(picture.width, picture.height) < _BLUR for picture in data.pictures)
    if small:
        said.append(
            f"{small:,} of {len(data.pictures):,} pictures are smaller than {_BLUR} pixels, the side that most models "
            "look at; they are made larger for them, and look blurred."
        )
    if near > MOST_PAIRS:
        said.append(f"The search for near-duplicates ended at {MOST_PAIRS:,} pairs, because so many are alike.")
    return said
