"""What was found, drawn and to take home: tables, counts, the archive."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from apps.demos.object_detection.extras import NO_EXTRAS, Extras
from apps.demos.object_detection.pictures import Picture
from apps.demos.object_detection.results import archive, counts_table, detection_table, pictures_table, reduced
from models.pictures.detections import Detection, Detections, ImageResult
from models.pictures.images import class_colour


def jpeg(size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
def results() -> list[ImageResult]:
    """Two pictures of 64 × 48 pixels: a dog and two cars, and nothing."""
    dog = Detection("dog", 4, 0.9, (0.4, 0.6, 32.0, 24.0))
    cars = [Detection("car", 2, confidence, (8.0, 8.0, 40.0, 40.0)) for confidence in (0.6, 0.4)]
    found = [Detections((64, 48), (dog, *cars), 0.1), Detections((64, 48), (), 0.1)]
    return [ImageResult(Path("a.jpg"), found[0], None, 0.25), ImageResult(Path("a.png"), found[1], None, 0.5)]


def test_the_archive_holds_pictures_tables_and_labels(results: list[ImageResult]) -> None:
    own = [Picture("a.jpg", jpeg()), Picture("a.png", jpeg())]
    with zipfile.ZipFile(io.BytesIO(archive(own, results, {2: "car", 4: "dog"}))) as archived:
        files = {name: archived.read(name) for name in archived.namelist()}
    assert sorted(files) == [
        "coco.json",
        "detections.csv",
        "labels/a-2.txt",
        "labels/a.txt",
        "pictures/a-2.jpg",
        "pictures/a.jpg",
    ]
    assert files["labels/a.txt"].decode().startswith("4 0.253125 0.256250 0.493750 0.487500\n")
    assert len(json.loads(files["coco.json"])["annotations"]) == 3
    assert Image.open(io.BytesIO(files["pictures/a.jpg"])).size == (64, 48)


def test_the_archive_holds_what_is_asked_for_besides(results: list[ImageResult]) -> None:
    own = [Picture("a.jpg", jpeg()), Picture("a.png", jpeg())]
    wanted = Extras(crops=True, label_confidence=True, line_thickness=9)
    plain, full = (
        zipfile.ZipFile(io.BytesIO(archive(own, results, {2: "car", 4: "dog"}, extras)))
        for extras in (NO_EXTRAS, wanted)
    )
    new = sorted(set(full.namelist()) - set(plain.namelist()))
    assert new == ["crops/car/a-2.jpg", "crops/car/a-3.jpg", "crops/dog/a-1.jpg"]
    assert Image.open(io.BytesIO(full.read("crops/car/a-2.jpg"))).size == (43, 43)
    assert [line.split()[5] for line in full.read("labels/a.txt").decode().splitlines()] == [
        "0.900000", "0.600000", "0.400000",
    ]  # fmt: skip
    assert full.read("pictures/a.jpg") != plain.read("pictures/a.jpg")


def test_the_archive_names_a_picture_that_is_gone(results: list[ImageResult], tmp_path: Path) -> None:
    own = [Picture("a.jpg", tmp_path / "a.jpg"), Picture("a.png", jpeg())]
    with zipfile.ZipFile(io.BytesIO(archive(own, results, {2: "car", 4: "dog"}))) as archived:
        assert [name for name in archived.namelist() if name.startswith("pictures/")] == ["pictures/a-2.jpg"]
        problems = archived.read("problems.txt").decode()
    assert problems == "pictures/a.jpg is missing: a.jpg can be opened no more.\n"


def test_counts_add_up_over_pictures_in_the_colours_of_the_boxes(results: list[ImageResult]) -> None:
    table = counts_table([one.detections for one in [*results, results[0]]])
    assert list(zip(table["object"], table["count"], strict=True)) == [("car", 4), ("dog", 2)]
    assert table["colour"][1] == "#{:02x}{:02x}{:02x}".format(*class_colour(4))


def test_tables_have_their_columns_even_when_there_is_nothing(results: list[ImageResult]) -> None:
    assert list(detection_table(results[1].detections).columns) == ["object", "confidence", "x1", "y1", "x2", "y2"]
    first = detection_table(results[0].detections).iloc[0]
    assert list(first) == ["dog", 0.9, 0, 1, 32, 24]
    assert list(pictures_table(results)["what"]) == ["2 car, 1 dog", ""]


def test_large_pictures_are_shown_smaller_and_small_ones_as_they_are() -> None:
    assert reduced(Image.new("RGB", (3200, 1600))).size == (1600, 800)
    assert reduced(Image.new("RGB", (20, 10))).size == (20, 10)
