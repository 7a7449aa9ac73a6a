"""Measures picture classifiers that know ImageNet's thousand things: on objects cut out of photographs.

ImageNet itself cannot be passed on. The objects of VOC and COCO, of which boxes are known, are things that ImageNet has
too, most of them under several finer names: a dog is right where it is called any of the 118 kinds.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.image_classification import ImageClassifier
from models.precision import FP32, Precision
from training.collection import sample
from training.detection_data import ARCHIVE

MODEL_ID = "aula/efficientnet-lite0"
SMALLEST = 64  # pixels of the shorter side: of less, nobody can tell what it is
AROUND = 0.1  # of the box's sides, added on each side
# COCO's numbers of classes, and the numbers of what ImageNet calls these.
SAME: dict[int, frozenset[int]] = {
    coco: frozenset(imagenet)
    for coco, imagenet in {
        1: [444, 671],  # bicycle
        2: [407, 436, 468, 511, 609, 627, 656, 661, 751, 817],  # car
        3: [665, 670],  # motorcycle
        4: [404, 895],  # aeroplane
        5: [654, 779, 874],  # bus
        6: [466, 547, 705, 820, 829],  # train
        8: [472, 484, 510, 554, 576, 625, 724, 780, 814, 871, 914],  # boat
        14: [*range(7, 25), *range(80, 101), *range(127, 147)],  # bird
        15: range(281, 286),  # cat
        16: range(151, 269),  # dog
        17: [339],  # horse
        18: [348, 349],  # sheep
        19: [345],  # cow
        39: [440, 720, 737, 898, 907],  # bottle
        41: [504, 968],  # cup
        56: [423, 559, 765],  # chair
        57: [831],  # couch
        58: [738],  # potted plant
        60: [532],  # dining table
        62: [664, 782, 851],  # television
    }.items()
}


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """`accuracy` and `top-5 accuracy`, 0 to 1, over objects cut out of the validation pictures of detection.zip.

    `examples` limits how many objects are looked at, always the same ones.

    Raises:
        InvalidInput: `data` has no detection.zip.
        What `ImageClassifier.load` raises.
    """
    classifier = ImageClassifier.load(ModelCard(MODEL_ID, Task.IMAGE_CLASSIFICATION, path=folder), "cpu", precision)
    archive = data / ARCHIVE
    if not archive.is_file():
        raise InvalidInput(f"{archive} is missing. Name the folder of the training data that holds {ARCHIVE}.")
    with zipfile.ZipFile(archive) as packed:
        objects = sample(list(_objects(packed)), examples)
        first = fifth = 0
        for one in objects:
            top = [entry.class_id for entry in classifier.classify([_cut_out(packed, one)], top_k=5)[0].top]
            first += top[0] in SAME[one.coco]
            fifth += not SAME[one.coco].isdisjoint(top)
    return {"accuracy": first / len(objects), "top-5 accuracy": fifth / len(objects)}


@dataclass(frozen=True)
class _Object:
    """COCO's number of a thing, the file of its picture in the archive, and its box there in pixels, with a margin."""

    coco: int
    file: str
    box: tuple[int, int, int, int]


def _objects(packed: zipfile.ZipFile) -> Iterator[_Object]:
    """Each object that ImageNet has too, and that is large enough."""
    names = set(packed.namelist())
    for name in sorted(name for name in names if name.endswith(".jpg") and "/val/" in name):
        label = name.replace("images/", "labels/").removesuffix(".jpg") + ".txt"
        if label in names:
            with Image.open(io.BytesIO(packed.read(name))) as picture:  # its size only: nothing is decoded
                size = picture.size
            yield from _boxes(name, size, packed.read(label).decode("utf-8"))


def _boxes(name: str, size: tuple[int, int], rows: str) -> Iterator[_Object]:
    for row in rows.splitlines():
        number, x, y, width, height = map(float, row.split())
        w, h = width * size[0], height * size[1]
        if int(number) in SAME and min(w, h) >= SMALLEST:
            left, top = x * size[0] - w / 2, y * size[1] - h / 2
            box = (left - AROUND * w, top - AROUND * h, left + (1 + AROUND) * w, top + (1 + AROUND) * h)
            yield _Object(int(number), name, _inside(box, size))


def _cut_out(packed: zipfile.ZipFile, one: _Object) -> Image.Image:
    return Image.open(io.BytesIO(packed.read(one.file))).convert("RGB").crop(one.box)


def _inside(box: tuple[float, float, float, float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    return (
        max(0, round(box[0])),
        max(0, round(box[1])),
        min(size[0], round(box[2])),
        min(size[1], round(box[3])),
    )
