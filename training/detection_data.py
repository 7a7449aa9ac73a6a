"""The photographs for the detector: which may train, which classes are kept, and what is in them."""

import csv
import io
import json
import shutil
import zipfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from models.errors import InvalidInput

ARCHIVE = "detection.zip"
# The names and the COCO numbers of the classes, in the order in which the detector counts them.
CLASSES = {"person": 0, "car": 2, "bus": 5, "train": 6, "cat": 15, "dog": 16, "bicycle": 1, "motorcycle": 3}
# Others are left out of training: NonCommercial and NoDerivs, and pictures whose licence nobody stated.
PERMITTED = ("Attribution License", "Attribution-ShareAlike License", "No known copyright restrictions")

# An object in a picture: its class, and its box as x1, y1, x2, y2 in fractions of width and height.
Truth = tuple[str, tuple[float, float, float, float]]


@dataclass(frozen=True)
class Pictures:
    """What was unpacked: the description for ultralytics, and what the model card tells about it.

    `counts` are pictures by split, `boxes` by (split, class name); `credits` are the COCO numbers of the training
    pictures by licence, and `left_out` counts those that may not train.
    """

    description: Path
    counts: dict[str, int]
    boxes: dict[tuple[str, str], int]
    credits: dict[str, list[str]]
    left_out: dict[str, int]


def unpack(data: Path, folder: Path, splits: tuple[str, ...] = ("train", "val")) -> Pictures:
    """Write pictures and YOLO labels of our classes below `folder`, which is emptied first.

    Training pictures of COCO come only under a permitted licence; VOC publishes its own for training, all alike.
    Pictures with none of our objects stay, as examples of nothing.

    Raises:
        InvalidInput: `data` has no detection.zip, or it holds no pictures.
    """
    archive = data / ARCHIVE
    if not archive.is_file():
        raise InvalidInput(f"{archive} is missing. Name the folder of the training data that holds {ARCHIVE}.")
    shutil.rmtree(folder, ignore_errors=True)
    counts: Counter[str] = Counter()
    boxes: Counter[tuple[str, str]] = Counter()
    credits: dict[str, list[str]] = defaultdict(list)
    left_out: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as packed:
        licences = _licences(packed)
        for name in _pictures(packed, splits):
            path = PurePosixPath(name)
            split, licence = path.parent.name, licences.get((path.parent.name, path.name), "not stated")
            if split == "train" and path.name.startswith("coco_"):
                if licence not in PERMITTED:
                    left_out[licence] += 1
                    continue
                credits[licence].append(path.stem.removeprefix("coco_"))
            rows = _rows(packed, name)
            _write(folder, path, packed.read(name), rows)
            counts[split] += 1
            boxes.update((split, list(CLASSES)[int(row.split()[0])]) for row in rows)
    if missing := [split for split in splits if not counts[split]]:
        raise InvalidInput(f"{archive} holds no pictures below images/{missing[0]}. Take the whole collection.")
    return Pictures(_describe(folder), dict(counts), dict(boxes), dict(credits), dict(left_out))


def truths(folder: Path, split: str = "val") -> dict[Path, list[Truth]]:
    """The objects of each unpacked picture."""
    objects = {}
    for picture in sorted((folder / "images" / split).glob("*.jpg")):
        rows = (folder / "labels" / split / f"{picture.stem}.txt").read_text(encoding="utf-8").splitlines()
        objects[picture] = [_object(row) for row in rows]
    return objects


def _object(row: str) -> Truth:
    number, x, y, width, height = map(float, row.split())
    box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    return list(CLASSES)[int(number)], box


def _licences(packed: zipfile.ZipFile) -> dict[tuple[str, str], str]:
    """The licence of each COCO picture by split and name."""
    text = packed.read("coco_image_licences.csv").decode("utf-8")
    return {(row["split"], row["file"]): row["licence"] for row in csv.DictReader(io.StringIO(text))}


def _pictures(packed: zipfile.ZipFile, splits: tuple[str, ...]) -> list[str]:
    names = [name for name in packed.namelist() if name.endswith(".jpg")]
    return sorted(name for name in names if PurePosixPath(name).parent.name in splits)


def _rows(packed: zipfile.ZipFile, picture: str) -> list[str]:
    """The label rows of our classes, with our numbers."""
    label = picture.replace("/images/", "/labels/").removesuffix(".jpg") + ".txt"
    try:
        lines = packed.read(label).decode("utf-8").splitlines()
    except KeyError:  # a picture without any object has no label file
        return []
    ours = {coco: number for number, coco in enumerate(CLASSES.values())}
    split = [line.split(maxsplit=1) for line in lines]
    return [f"{ours[int(number)]} {box}" for number, box in split if int(number) in ours]


def _write(folder: Path, path: PurePosixPath, pixels: bytes, rows: list[str]) -> None:
    split = path.parent.name
    picture, label = folder / "images" / split / path.name, folder / "labels" / split / f"{path.stem}.txt"
    for file in (picture, label):
        file.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(pixels)
    label.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


def _describe(folder: Path) -> Path:
    """The data set as ultralytics wants it described, in YAML; JSON strings are YAML too, whatever a path contains."""
    names = [f"  {number}: {name}" for number, name in enumerate(CLASSES)]
    description = folder / "data.yaml"
    lines = [f"path: {json.dumps(str(folder.resolve()))}", "train: images/train", "val: images/val", "names:", *names]
    description.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return description
