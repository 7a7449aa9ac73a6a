"""Each object cut out of its picture, as `detect.py --save-crop` does it: one JPEG an object, in a folder a class.

A crop leads back to what it shows: `crops/person/bus-3.jpg` is the third object of `bus.jpg`, line 3 of
`labels/bus.txt`. The number is always there, so that what stands before the last hyphen is the picture's own name.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from PIL import Image

from models.pictures.class_names import told_apart
from models.pictures.file_names import safe_stem
from models.pictures.images import jpeg

if TYPE_CHECKING:
    from models.pictures.detections import Detections

# What detect.py adds around an object: a fiftieth of its sides, and ten pixels.
GAIN, PADDING = 1.02, 10
QUALITY = 95  # of the JPEG, whose colours keep all their pixels


def class_folders(labels: Mapping[int, str]) -> dict[int, str]:
    """For each class id the name of its folder: one name each, which no file system reads as a way to elsewhere.

    Letters that some file systems do not tell apart (“Dog”, “dog”) get the id behind them.
    """
    folders: dict[int, str] = {}
    taken: set[str] = set()
    for class_id, label in told_apart(labels).items():
        name = first = safe_stem(label)
        while _alike(name) in taken:
            name = first = f"{first}-{class_id}"
        taken.add(_alike(name))
        folders[class_id] = name
    return folders


def _alike(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def crop_names(stem: str, detections: "Detections", folders: Mapping[int, str]) -> list[str]:
    """The name of each object's crop below `crops/`, for the picture whose label file is `stem`.txt."""
    return [f"{folders[one.class_id]}/{stem}-{number}.jpg" for number, one in enumerate(detections.detections, start=1)]


def crops(image: Image.Image, detections: "Detections") -> Iterator[bytes]:
    """The JPEG file of each object, in their order; `image` is the upright picture as RGB, without boxes."""
    for one in detections.detections:
        yield jpeg(image.crop(crop_box(one.box, image.size)), QUALITY, subsampling=0)


def crop_box(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """What is cut out for a box: whole pixels, a little more than the object, never more than the picture."""
    x1, y1, x2, y2 = map(round, box)
    left, right = _widened(x1, x2, size[0])
    top, bottom = _widened(y1, y2, size[1])
    return left, top, right, bottom


def _widened(start: int, end: int, limit: int) -> tuple[int, int]:
    middle, half = (start + end) / 2, ((end - start) * GAIN + PADDING) / 2
    return max(int(middle - half), 0), min(int(middle + half), limit)
