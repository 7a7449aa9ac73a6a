"""Tests for training.imagenet_crops: the table of names, and the objects that are cut out."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from models.errors import InvalidInput
from models.folders import EMBEDDED
from training.imagenet_crops import SAME, _cut_out, _objects, evaluate


def test_the_numbers_are_what_imagenet_calls_these_things() -> None:
    names = json.loads((EMBEDDED / "efficientnet-lite0" / "config.json").read_text(encoding="utf-8"))["label_names"]
    assert all("cat" in names[number] or "tabby" in names[number] for number in SAME[15])
    assert (names[min(SAME[16])], names[max(SAME[16])]) == ("Chihuahua", "Mexican hairless")
    assert all("bottle" in names[number] for number in SAME[39])
    assert all("chair" in names[number] for number in SAME[56])
    assert not set.intersection(*({*SAME[first]} for first in (2, 5)))
    assert not any(0 in numbers for numbers in SAME.values())  # nobody is a person, whose number at COCO is 0
    assert 0 not in SAME


def test_objects_that_are_large_enough_are_cut_out_with_a_tenth_around(tmp_path: Path) -> None:
    picture, file = Image.new("RGB", (400, 200), "black"), io.BytesIO()
    picture.paste((255, 255, 255), (100, 50, 200, 150))
    picture.save(file, "PNG")
    rows = "15 0.375 0.5 0.25 0.5\n0 0.5 0.5 0.9 0.9\n15 0.1 0.1 0.05 0.1\n"
    with zipfile.ZipFile(tmp_path / "detection.zip", "w") as packed:
        packed.writestr("detection/images/val/one.jpg", file.getvalue())
        packed.writestr("detection/labels/val/one.txt", rows)
        packed.writestr("detection/images/train/two.jpg", file.getvalue())
        packed.writestr("detection/labels/train/two.txt", rows)
    with zipfile.ZipFile(tmp_path / "detection.zip") as packed:
        [found] = _objects(packed)
        crop = _cut_out(packed, found)
    assert found.coco == 15
    assert crop.size == (120, 120)
    assert crop.crop((12, 12, 108, 108)).getcolors() == [(96 * 96, (255, 255, 255))]


def test_a_folder_without_the_photographs_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"detection\.zip is missing"):
        evaluate(EMBEDDED / "efficientnet-lite0", tmp_path)
