"""One film, looked at with a tiny detector: what is on the disk when it ends, breaks off, is stopped."""

import csv
import errno
import json
import threading
import weakref
from pathlib import Path

import cv2
import pytest

from apps.demos.object_detection.film_run import FilmProgress, FilmRun
from models.catalog import ModelCard, Task
from models.errors import Cancelled, InvalidInput, OutOfMemory
from models.object_detection import ObjectDetector
from models.pictures import films
from models.pictures.film_writer import FilmWriter
from tests.tiny.films import FRAMES, make_film

FILES = {"film.mp4", "detections.csv", "counts.csv", "frames.jsonl"}
ANYTHING = {"confidence": 0.001, "image_size": 64}  # random weights find something only if almost anything counts


@pytest.fixture(scope="module")
def detector(tiny_models) -> ObjectDetector:
    return ObjectDetector.load(ModelCard("tiny", Task.OBJECT_DETECTION, path=tiny_models.yolov5u()), device="cpu")


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_film(tmp_path / "film.mp4")


def run_of(path: Path, **options) -> FilmRun:
    return FilmRun(path, path.parent / "found", path.stem, **options)


def frames_in(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    number = 0
    while capture.read()[0]:
        number += 1
    capture.release()
    return number


def lines_of(run: FilmRun) -> tuple[list[dict], list[dict], list[dict]]:
    """The rows of the two tables, and the lines of JSON."""
    tables = []
    for name in ("detections.csv", "counts.csv"):
        with (run.folder / name).open(encoding="utf-8", newline="") as file:
            tables.append(list(csv.DictReader(file)))
    return *tables, [json.loads(line) for line in (run.folder / "frames.jsonl").read_text().splitlines()]


def test_a_film_gets_its_boxes_and_tables_that_agree(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film)
    steps = list(run.look(detector, **ANYTHING))
    result = run.result
    assert {path.name for path in run.folder.iterdir()} == FILES
    assert (result.error, result.finished, result.frames, result.looked_at) == (None, True, FRAMES, FRAMES)
    assert result.film_seconds == pytest.approx(1.0)
    assert [step.fraction for step in steps] == pytest.approx([(1 + index) / 10 for index in range(FRAMES)])
    detections, counts, frames = lines_of(run)
    assert frames_in(result.annotated) == len(counts) == len(frames) == FRAMES
    assert len(detections) == sum(int(row["objects"]) for row in counts) > 0
    for label, most in result.most_at_once.items():
        assert max(int(row[label]) for row in counts) == most == max(frame["counts"].get(label, 0) for frame in frames)
    assert run.ended.is_set()


def test_every_third_frame_is_looked_at_and_all_are_in_the_film(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film, every=3)
    list(run.look(detector, **ANYTHING))
    assert (run.result.frames, run.result.looked_at) == (FRAMES, 4)
    assert [frame["frame"] for frame in lines_of(run)[2]] == [1, 4, 7, 10]
    assert frames_in(run.result.annotated) == FRAMES


def test_rows_are_on_the_disk_as_soon_as_they_are_known(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film)
    for number, _ in enumerate(run.look(detector, **ANYTHING), start=1):
        assert len((run.folder / "frames.jsonl").read_text().splitlines()) == number


def test_only_a_handful_of_frames_is_in_memory(
    tmp_path: Path, detector: ObjectDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref] = []
    upright = films._upright

    def watched(*arguments):
        image = upright(*arguments)
        made.append(weakref.ref(image))
        return image

    monkeypatch.setattr(films, "_upright", watched)
    for _ in run_of(make_film(tmp_path / "film.mp4", frames=40)).look(detector, image_size=64):
        assert sum(image() is not None for image in made) <= 3
    assert len(made) == 40


def test_stop_leaves_a_film_that_plays_and_whole_tables(film: Path, detector: ObjectDetector) -> None:
    run, cancelled = run_of(film), threading.Event()
    steps = run.look(detector, cancelled, **ANYTHING)
    for _ in range(4):
        next(steps)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(steps)
    result = run.result
    assert (result.finished, result.error, result.frames) == (False, None, 4)
    assert {path.name for path in run.folder.iterdir()} == FILES
    assert frames_in(result.annotated) == len(lines_of(run)[1]) == len(lines_of(run)[2]) == 4


def test_nobody_listens_any_more_and_the_files_are_whole(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film)
    steps = run.look(detector, **ANYTHING)
    next(steps)
    steps.close()
    assert run.ended.is_set()
    assert frames_in(run.result.annotated) == len(lines_of(run)[1]) == 1


def test_what_was_found_before_a_film_breaks_off_is_kept(tmp_path: Path, detector: ObjectDetector) -> None:
    film = make_film(tmp_path / "film.mp4", frames=100, size=(320, 240))
    film.write_bytes(film.read_bytes()[: film.stat().st_size * 8 // 10])
    run = run_of(film, every=10)
    list(run.look(detector, image_size=64))
    assert "film.mp4 breaks off" in run.result.error
    assert not run.result.finished
    assert 0 < run.result.frames == frames_in(run.result.annotated) < 100


def test_what_is_no_film_leaves_no_folder(tmp_path: Path, detector: ObjectDetector) -> None:
    (tmp_path / "film.mp4").write_bytes(b"Dear diary")
    run = run_of(tmp_path / "film.mp4")
    assert list(run.look(detector)) == []
    assert "is not a film" in run.result.error
    assert run.result.annotated is None
    assert not run.folder.exists()


def test_a_film_without_end_ends_with_a_sentence(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film, most_frames=6)
    list(run.look(detector, image_size=64))
    assert "more than 6 frames" in run.result.error
    assert run.result.frames == frames_in(run.result.annotated) == 6


def test_exactly_as_many_frames_as_are_taken_are_fine(film: Path, detector: ObjectDetector) -> None:
    run = run_of(film, most_frames=FRAMES)
    list(run.look(detector, image_size=64))
    assert (run.result.error, run.result.finished) == (None, True)


def test_a_full_disk_is_a_sentence_and_what_was_written_stays(
    film: Path, detector: ObjectDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = FilmWriter.add

    def full(self, image, seconds: float) -> None:
        if seconds > 0.45:
            raise OSError(errno.ENOSPC, "No space left on device")
        add(self, image, seconds)

    monkeypatch.setattr(FilmWriter, "add", full)
    run = run_of(film)
    list(run.look(detector, **ANYTHING))
    assert "cannot be written: No space left on device. What was found until then is kept." in run.result.error
    assert run.result.frames == frames_in(run.result.annotated) == len(lines_of(run)[2]) == 5


def test_full_memory_costs_this_film_only(
    film: Path, detector: ObjectDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_, **__):
        raise OutOfMemory("Too large. Choose a smaller image size.")

    monkeypatch.setattr(ObjectDetector, "detect", full)
    run = run_of(film)
    list(run.look(detector))
    assert run.result.error == "Too large. Choose a smaller image size."


def test_settings_that_concern_all_films_are_raised(film: Path, detector: ObjectDetector) -> None:
    with pytest.raises(InvalidInput, match="persn"):
        list(run_of(film).look(detector, classes=["persn"]))


def test_a_film_that_does_not_say_how_long_it_is_has_no_fraction() -> None:
    assert FilmProgress(3, 0.3, None, 1.0).fraction is None
    assert FilmProgress(3, 5.0, 4.0, 1.0).fraction == 1.0
