"""What was found in a film as rows: one for each object, one for each frame."""

import csv
import io
import json
from pathlib import Path

from PIL import Image

from models.pictures.detections import Detection, Detections
from models.pictures.film_results import (
    FilmResult,
    FrameResult,
    counts_lines,
    detection_lines,
    detections_head,
    frame_line,
)
from models.pictures.films import Frame

CAR, DOG = Detection("car", 2, 0.61234, (8.0, 8.5, 40.0, 40.0)), Detection("=dog", 4, 0.9, (0.4, 0.6, 32.0, 24.0))


def results() -> list[FrameResult]:
    found = [(DOG, CAR, CAR), (), (CAR,)]
    return [
        FrameResult(Frame(1 + 2 * index, index / 3, Image.new("RGB", (64, 48))), Detections((64, 48), objects, 0.25))
        for index, objects in enumerate(found)
    ]


def test_a_line_for_each_object_with_the_frame_and_its_time() -> None:
    text = detections_head() + "".join(map(detection_lines, results()))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["frame"], row["time"], row["label"]) for row in rows] == [
        ("1", "0.000", "'=dog"),
        ("1", "0.000", "car"),
        ("1", "0.000", "car"),
        ("5", "0.667", "car"),
    ]
    assert [rows[1][name] for name in ("class_id", "confidence", "x1", "y1", "x2", "y2", "image_width")] == [
        "2", "0.6123", "8.00", "8.50", "40.00", "40.00", "64",
    ]  # fmt: skip


def test_a_frame_is_told_as_a_picture_is() -> None:
    lines = [json.loads(frame_line(result)) for result in results()]
    picture = results()[0].detections.as_dict()
    assert lines[0] == {"frame": 1, "time": 0.0, "error": None, **picture}
    assert [line["counts"] for line in lines] == [{"car": 2, "=dog": 1}, {}, {"car": 1}]


def test_counts_have_a_line_for_each_frame_even_without_objects() -> None:
    text = "".join(counts_lines(map(frame_line, results()), ["car", "=dog"]))
    assert text == "frame,time,objects,car,'=dog\n1,0.000,3,2,1\n3,0.333,0,0,0\n5,0.667,1,1,0\n"


def test_a_film_of_which_nothing_could_be_read_has_no_files() -> None:
    nothing = FilmResult(Path("a.mp4"), Path("runs/a"), None, "It is broken.", False, 0, 0, 0.0, {}, 0.1)
    told = nothing.as_dict()
    assert (told["film"], told["folder"], told["annotated"], told["error"]) == ("a.mp4", None, None, "It is broken.")
