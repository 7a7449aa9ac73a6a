"""Objects cut out of their pictures: where, and under which names."""

import io
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy
import pytest
from PIL import Image

from models.pictures.crops import class_folders, crop_box, crop_names, crops
from models.pictures.detections import Detection, Detections


def test_a_crop_is_a_little_more_than_the_object_as_detect_py_has_it() -> None:
    # save_one_box: (100, 50) wide and high × 1.02 + 10, around the middle, cut off to whole pixels.
    assert crop_box((200.4, 100.2, 300.3, 149.6), (640, 480)) == (194, 94, 306, 155)
    assert crop_box((0, 0, 20, 20), (15, 480)) == (0, 0, 15, 25)


@pytest.mark.parametrize("box", [(0, 0, 0, 0), (64, 48, 64, 48), (0, 20, 64, 20)])
def test_an_object_without_an_area_still_has_a_picture(box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = crop_box(box, (64, 48))
    assert 0 <= left < right <= 64
    assert 0 <= top < bottom <= 48


def test_a_crop_holds_the_pixels_of_the_picture() -> None:
    ramp = numpy.zeros((60, 80, 3), numpy.uint8)
    ramp[..., 0] = numpy.arange(80)[None] * 3
    ramp[..., 1] = numpy.arange(60)[:, None] * 4
    box = (30.0, 20.0, 50.0, 40.0)
    [content] = crops(Image.fromarray(ramp), Detections((80, 60), (Detection("dog", 0, 0.9, box),), 0.1))
    left, top, right, bottom = crop_box(box, (80, 60))
    found = numpy.asarray(Image.open(io.BytesIO(content)), dtype=int)
    assert found.shape == (bottom - top, right - left, 3)
    assert abs(found - ramp[top:bottom, left:right]).max() <= 6  # JPEG


def test_a_name_leads_back_to_picture_and_line() -> None:
    dog, cat = Detection("dog", 1, 0.9, (0, 0, 1, 1)), Detection("cat", 0, 0.8, (0, 0, 1, 1))
    found = Detections((80, 60), (dog, cat, dog), 0.1)
    names = crop_names("a-2", found, class_folders({0: "cat", 1: "dog"}))
    assert names == ["dog/a-2-1.jpg", "cat/a-2-2.jpg", "dog/a-2-3.jpg"]
    assert [Path(name).stem.rpartition("-")[::2] for name in names] == [("a-2", "1"), ("a-2", "2"), ("a-2", "3")]


NAMES = (
    "../../up",
    "a/b",
    "a\\b",
    "..",
    ".",
    "",
    "con",
    "Dog",
    "dog",
    "dog",
    "C:",
    "/etc",
    "x" * 300,
    "\udce9",
    "a\0b",
)


def test_no_class_name_leads_out_of_the_folder_and_none_meets_another() -> None:
    folders = class_folders(dict(enumerate(NAMES)))
    assert len({name.casefold() for name in folders.values()}) == len(NAMES)
    for name in folders.values():
        for kind in (PurePosixPath, PureWindowsPath):
            assert len(kind("crops", name).parts) == 2
            assert kind(name).name == name
        assert name not in ("", ".", "..")
        assert len(name.encode()) < 200


def test_ordinary_names_stay_as_they_are() -> None:
    assert class_folders({0: "person", 1: "traffic light"}) == {0: "person", 1: "traffic light"}
