"""Files that are whole at any moment: after each picture, after an end in the middle, on a full disk."""

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.demos.object_detection.growing_files import GrowingCoco, GrowingCsv
from models.pictures.detection_export import to_coco, to_csv
from models.pictures.detections import Detection, Detections, ImageResult

LABELS = {0: "person", 1: "dög, small"}
PATHS = [Path("a/x.jpg"), Path("b/caf\udce9.jpg"), Path("c.jpg"), Path("d.jpg")]
NAMES = ["x.jpg", "caf%E9.jpg", "c.jpg", "d.jpg"]


def found(count: int) -> Detections:
    return Detections((640, 480), tuple(Detection("person", 0, 0.5, (1.0, 2, 3, 4 + n)) for n in range(count)), 0.1)


RESULTS = [
    ImageResult(path, detections, None, 0.1)
    for path, detections in zip(PATHS, (found(2), found(0), None, found(1)), strict=True)
]


@pytest.fixture
def coco(tmp_path: Path) -> Iterator[GrowingCoco]:
    growing = GrowingCoco(tmp_path / "coco.json", list(zip(NAMES, PATHS, strict=True)), LABELS)
    yield growing
    growing.close()


def test_both_files_say_after_each_picture_what_the_export_says(tmp_path: Path, coco: GrowingCoco) -> None:
    table = GrowingCsv(tmp_path / "detections.csv")
    for number in range(len(RESULTS) + 1):
        read = json.loads((tmp_path / "coco.json").read_text(encoding="utf-8"))
        assert read == to_coco(RESULTS[:number], LABELS)
        assert (tmp_path / "detections.csv").read_text(encoding="utf-8") == to_csv(RESULTS[:number])
        if number < len(RESULTS) and RESULTS[number].detections is not None:
            table.add(NAMES[number], PATHS[number], RESULTS[number].detections)
            coco.add(number, NAMES[number], PATHS[number], RESULTS[number].detections)
    table.close()
    assert len(list(csv.DictReader(io.StringIO((tmp_path / "detections.csv").read_text())))) == 3


class FullDisk:
    """A file that takes `room` more bytes beyond its length, and then none."""

    def __init__(self, file: io.FileIO, room: int):
        self._file, self._largest = file, os.fstat(file.fileno()).st_size + room

    def write(self, content: bytes) -> int:
        left = max(0, self._largest - self._file.tell())
        if not left:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(content[:left])

    def __getattr__(self, name: str):
        return getattr(self._file, name)


@pytest.mark.parametrize("room", [0, 1, 10, 200])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, coco: GrowingCoco, room: int) -> None:
    coco.add(0, NAMES[0], PATHS[0], found(2))
    before = json.loads((tmp_path / "coco.json").read_text(encoding="utf-8"))
    coco._file = FullDisk(coco._file, room)
    with pytest.raises(OSError, match="No space"):
        coco.add(3, NAMES[3], PATHS[3], found(5))
    assert json.loads((tmp_path / "coco.json").read_text(encoding="utf-8")) == before


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_run_that_is_killed_leaves_whole_files(tiny_models, tmp_path: Path) -> None:
    from PIL import Image

    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(400):
        Image.new("RGB", (64, 48), (number % 256, 80, 90)).save(photos / f"{number:03}.jpg")
    command = [sys.executable, "apps/cli.py", "detect", photos, "--model", tiny_models.yolov5u(), "--image-size", "64"]
    program = subprocess.Popen(
        [*command, "--conf", "0.001", "--out", tmp_path], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    next(line for line in program.stderr if " of 400 pictures" in line)
    program.send_signal(signal.SIGKILL)
    program.communicate()
    run = tmp_path / "detect-001"
    coco = json.loads((run / "coco.json").read_text(encoding="utf-8"))
    done = [Path(image["file_name"]) for image in coco["images"]]
    assert 0 < len(done) < 400
    with open(run / "detections.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if Path(row["image"]) in done]
    labels = [(run / "labels" / f"{name.stem}.txt").read_text().splitlines() for name in done]
    ids = {image["id"] for image in coco["images"]}
    assert len(rows) == sum(map(len, labels)) == sum(one["image_id"] in ids for one in coco["annotations"]) > 0
    for name in done:
        with Image.open(run / "pictures" / name) as picture:
            picture.load()


def test_very_many_pictures_have_their_places(tmp_path: Path) -> None:
    named = [(f"{number}.jpg", Path(f"{number}.jpg")) for number in range(60_000)]
    coco = GrowingCoco(tmp_path / "coco.json", named, {0: "dog"})
    coco.add(59_999, *named[-1], Detections((8, 8), (), 0.1))
    coco.close()
    [image] = json.loads((tmp_path / "coco.json").read_text(encoding="utf-8"))["images"]
    assert image["file_name"] == "59999.jpg"
