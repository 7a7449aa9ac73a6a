"""Labelled pictures: what one is, what a class needs, and their split. Knows neither files, archives nor models.

Where they come from is in `training.pictures.reading`.
"""

import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import InvalidInput
from models.pictures.file_names import shown_name
from training.part_names import PARTS, TEST, TRAIN, VALIDATION
from training.parts import SMALLEST_CLASS, require_fractions, share_out

if TYPE_CHECKING:
    from PIL import Image

FRACTIONS = (0.7, 0.1, 0.2)
MOST_CLASSES = 1000


@dataclass(frozen=True)
class Picture:
    """One labelled picture that can be read.

    `name` tells a person which one it is, for instance “mug/IMG_1.jpg”. `width` and `height` are those of the file in
    pixels, upright. `digest` is the SHA-256 of the file, in hexadecimal: the same for the same file. `source` is where
    the pixels are, a path or the bytes of a file; those of a large picture are a smaller copy already. `part` is
    “train”, “validation” or “test” where whoever collected the pictures said so.
    """

    name: str
    label: str
    width: int
    height: int
    digest: str
    source: Path | bytes = field(repr=False)
    part: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.source if isinstance(self.source, bytes) else self.source.read_bytes()

    def open(self) -> "Image.Image":
        """The picture as RGB, upright. Raises UnreadableImage where its file has gone since."""
        from models.pictures.images import open_image

        return open_image(BytesIO(self.source) if isinstance(self.source, bytes) else self.source)


@dataclass(frozen=True)
class LeftOut:
    """A file that is not used: its name, its label where it has one, and a sentence that says why."""

    name: str
    reason: str
    label: str = ""


@dataclass(frozen=True)
class PictureData:
    """The usable pictures of a folder, an archive or several uploads.

    `left_out` are the files that are not used. `remarks` are sentences about what was decided on the way, for instance
    which labels were taken for one.
    """

    name: str
    pictures: tuple[Picture, ...]
    left_out: tuple[LeftOut, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def classes(self) -> dict[str, int]:
        """How many pictures each class has, in alphabetical order."""
        return dict(sorted(Counter(picture.label for picture in self.pictures).items()))

    @property
    def labels(self) -> list[str]:
        """All classes in alphabetical order, which is the order of a model's outputs."""
        return list(self.classes)


@dataclass(frozen=True)
class PictureSplit:
    """Three parts of the pictures, each in the order that they were read in."""

    train: tuple[Picture, ...]
    validation: tuple[Picture, ...]
    test: tuple[Picture, ...]


def require_trainable(data: PictureData) -> None:
    """Check that a classifier can be trained on these pictures.

    Raises:
        InvalidInput: no picture, one class only, over 1,000 classes, or a class with fewer than 3 different pictures.
    """
    others = f" ({len(data.left_out)} files were left out)" if data.left_out else ""
    if not data.pictures:
        raise InvalidInput(f"{data.name} holds no picture that can be used{others}. Add some JPEG or PNG files.")
    if len(data.classes) == 1:
        label = data.labels[0]
        raise InvalidInput(f"All pictures of {data.name} are of the class “{label}”. Add pictures of a second class.")
    if len(data.classes) > MOST_CLASSES:
        raise InvalidInput(
            f"{data.name} has {len(data.classes):,} classes; at most {MOST_CLASSES:,} can be told apart here. "
            "Choose the folder that holds one subfolder for each class."
        )
    for label in data.labels:
        different = len({picture.digest for picture in data.pictures if picture.label == label})
        if different < SMALLEST_CLASS:
            raise InvalidInput(
                f"The class “{label}” has only {'one picture' if different == 1 else 'two different pictures'}; at "
                f"least {SMALLEST_CLASS} are needed, one for each part. Add some, or leave that class out."
            )


def split(data: PictureData, seed: int = 0, fractions: tuple[float, float, float] = FRACTIONS) -> PictureSplit:
    """Training, validation and test pictures: every class in these fractions, copies of one file in one part.

    Parts that came with the pictures stay as they are; of those that are missing, the test is what came as validation,
    and the validation is taken from the training pictures. The same seed gives the same parts.

    Raises:
        InvalidInput: the fractions are not above 0 or do not make 1, or a class has no picture to train on.
    """
    require_fractions(fractions)
    given = {part: [picture for picture in data.pictures if picture.part == part] for part in PARTS}
    if not given[TRAIN] or not (given[VALIDATION] or given[TEST]):
        return PictureSplit(*(tuple(part) for part in _shared_out(data.pictures, seed, fractions)))
    _require_all_classes(data, given[TRAIN])
    if not given[TEST]:
        given[TEST], given[VALIDATION] = given[VALIDATION], []
    if not given[VALIDATION]:
        train, validation = _cut_off(given[TRAIN], seed, fractions[1] / (fractions[0] + fractions[1]))
        return PictureSplit(tuple(train), tuple(validation), tuple(given[TEST]))
    return PictureSplit(*(tuple(given[part]) for part in PARTS))


def _require_all_classes(data: PictureData, train: Sequence[Picture]) -> None:
    unseen = set(data.labels) - {picture.label for picture in train}
    if unseen:
        raise InvalidInput(
            f"The class “{min(unseen)}” of {data.name} has no picture in the folder “{TRAIN}”. Add some, or leave "
            "that class out."
        )


def _shared_out(
    pictures: Iterable[Picture], seed: int, fractions: tuple[float, float, float]
) -> tuple[list[Picture], ...]:
    parts: tuple[list[Picture], ...] = ([], [], [])
    for label, groups in _groups(pictures).items():
        random.Random(f"{seed} {label}").shuffle(groups)
        share_out(sorted(groups, key=len, reverse=True), fractions, parts)
    order = {id(picture): number for number, picture in enumerate(pictures)}
    return tuple(sorted(part, key=lambda picture: order[id(picture)]) for part in parts)


def _cut_off(pictures: Sequence[Picture], seed: int, share: float) -> tuple[list[Picture], list[Picture]]:
    """A share of every class's pictures for the validation, where it has more than one."""
    chosen: set[str] = set()
    for label, groups in _groups(pictures).items():
        random.Random(f"{seed} {label}").shuffle(groups)
        count = min(len(groups) - 1, max(1, round(len(groups) * share)))
        chosen |= {group[0].digest for group in groups[:count]}
    train = [picture for picture in pictures if picture.digest not in chosen]
    return train, [picture for picture in pictures if picture.digest in chosen] or train


def _groups(pictures: Iterable[Picture]) -> dict[str, list[list[Picture]]]:
    """The pictures of each class, in alphabetical order, copies of one file together.

    A file in two classes is taken for one of the class where it is more often, so that it comes into one part.
    """
    copies: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        copies[picture.digest].append(picture)
    groups: dict[str, list[list[Picture]]] = defaultdict(list)
    for group in copies.values():
        groups[Counter(picture.label for picture in group).most_common(1)[0][0]].append(group)
    return dict(sorted(groups.items()))


def clean_label(label: str) -> str:
    """A class's name as text: single spaces, accents as one sign (macOS writes two), codes for bytes that are none."""
    return shown_name(" ".join(unicodedata.normalize("NFC", label).split()))


def merged_labels(labels: Iterable[str], as_written: bool = False) -> tuple[dict[str, str], tuple[str, ...]]:
    """The class that each label stands for, and a sentence for each group of labels that were taken for one.

    Labels that differ in white space only are one class. Those that differ in case, too, unless they are to count
    `as_written`; the most frequent spelling wins.
    """
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    classes: dict[str, str] = {}
    for label in labels:
        clean = classes.setdefault(label, clean_label(label))
        spellings[clean if as_written else clean.casefold()][clean] += 1
    winners = {same: max(sorted(counts), key=counts.__getitem__) for same, counts in spellings.items()}
    remarks = tuple(_merged(list(counts), winners[same]) for same, counts in spellings.items() if len(counts) > 1)
    return {label: winners[clean if as_written else clean.casefold()] for label, clean in classes.items()}, remarks


def _merged(written: list[str], winner: str) -> str:
    names = " and ".join(f"“{name}”" for name in sorted(written))
    return f"{names} differ only in capital letters, so they were taken for one class, “{winner}”."
