"""Detections as CSV, COCO JSON and YOLO labels."""

import csv
import io
import json
from pathlib import Path

import pytest

from models.pictures.detection_export import export_files, to_coco, to_csv, to_yolo_labels, unique_names, unique_paths
from models.pictures.detections import Detection, Detections, ImageResult
from models.pictures.file_names import path_from

LABELS = {0: "person", 1: "dog, small"}
RESULTS = [
    ImageResult(
        Path("walks/park.jpg"),
        Detections(
            (200, 100),
            (Detection("dog, small", 1, 0.91234, (20, 30, 60, 80)), Detection("person", 0, 0.5, (0, 0, 200, 100))),
            0.1,
        ),
        None,
        0.2,
    ),
    ImageResult(Path("walks/broken.jpg"), None, "broken.jpg is broken.", 0.0),
    ImageResult(Path("walks/empty.png"), Detections((50, 50), (), 0.1), None, 0.2),
    ImageResult(
        Path("trips/park.png"), Detections((10, 10), (Detection("person", 0, 0.3, (1, 2, 4, 6)),), 0.1), None, 0.2
    ),
]


def test_csv_has_a_line_for_each_detection() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(RESULTS))))
    assert [(row["image"], row["label"]) for row in rows] == [
        ("park.jpg", "dog, small"), ("park.jpg", "person"), ("park-2.png", "person"),
    ]  # fmt: skip
    first = rows[0]
    assert (first["class_id"], first["confidence"]) == ("1", "0.9123")
    assert [float(first[side]) for side in ("x1", "y1", "x2", "y2")] == [20, 30, 60, 80]
    assert (first["image_width"], first["image_height"]) == ("200", "100")


def test_csv_holds_no_formulas_from_labels_or_names_and_leaves_numbers_alone() -> None:
    found = Detections((10, 10), tuple(Detection(f"{sign}1+1", 0, 0.5, (-1.0, 0, 4, 6)) for sign in "=+-@a"), 0.1)
    rows = list(csv.DictReader(io.StringIO(to_csv([ImageResult(Path("=cmd.jpg"), found, None, 0.1)]))))
    assert [row["label"] for row in rows] == ["'=1+1", "'+1+1", "'-1+1", "'@1+1", "a1+1"]
    assert {row["image"] for row in rows} == {"'=cmd.jpg"}
    assert {row["x1"] for row in rows} == {"-1.00"}


def test_coco_counts_ids_from_one_and_boxes_by_width() -> None:
    coco = to_coco(RESULTS, LABELS)
    assert coco["images"] == [
        {"id": 1, "file_name": "park.jpg", "width": 200, "height": 100, "path": "walks/park.jpg"},
        {"id": 2, "file_name": "empty.png", "width": 50, "height": 50, "path": "walks/empty.png"},
        {"id": 3, "file_name": "park-2.png", "width": 10, "height": 10, "path": "trips/park.png"},
    ]
    assert coco["categories"] == [{"id": 0, "name": "person"}, {"id": 1, "name": "dog, small"}]
    assert coco["annotations"][0] == {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 30, 40, 50], "area": 2000, "iscrowd": 0, "score": 0.9123,
    }  # fmt: skip
    assert [(one["id"], one["image_id"]) for one in coco["annotations"]] == [(1, 1), (2, 1), (3, 3)]


def test_yolo_labels_are_centres_and_sizes_as_fractions() -> None:
    first, second = to_yolo_labels(RESULTS[0].detections).splitlines()
    assert first == "1 0.200000 0.550000 0.200000 0.500000"
    assert second == "0 0.500000 0.500000 1.000000 1.000000"
    assert to_yolo_labels(RESULTS[2].detections) == ""
    first, _ = to_yolo_labels(RESULTS[0].detections, with_confidence=True).splitlines()
    assert first == "1 0.200000 0.550000 0.200000 0.500000 0.912340"


def test_a_run_as_files() -> None:
    files = export_files(RESULTS, LABELS)
    assert list(files) == ["detections.csv", "coco.json", "labels/park.txt", "labels/empty.txt", "labels/park-2.txt"]
    assert json.loads(files["coco.json"]) == to_coco(RESULTS, LABELS)
    assert files["labels/park-2.txt"] == "0 0.250000 0.400000 0.300000 0.400000\n"


def test_every_file_leads_back_to_the_picture_that_was_read() -> None:
    found = Detections((10, 10), (Detection("person", 0, 0.5, (0, 0, 5, 5)),), 0.1)
    read = [Path("a/x.jpg"), Path("b/x.jpg"), Path("b/caf\udce9.jpg"), Path("=1+1.jpg"), Path("two\nlines.png")]
    results = [ImageResult(path, found, None, 0.1) for path in read]
    rows = list(csv.DictReader(io.StringIO(to_csv(results))))
    images = to_coco(results, {0: "person"})["images"]
    plain = json.loads(json.dumps([result.as_dict() for result in results], ensure_ascii=False).encode())
    for paths in ([row["path"] for row in rows], [one["path"] for one in images], [one["image"] for one in plain]):
        assert [path_from(path).absolute() for path in paths] == [path.absolute() for path in read]
    assert len({row["image"] for row in rows}) == len({one["file_name"] for one in images}) == len(read)
    assert rows[3]["path"].startswith("file:///")


def test_nothing_found_is_still_valid() -> None:
    assert to_csv([]).startswith("image,label,")
    assert to_coco([], {})["annotations"] == []


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "b.jpg"], ["a.jpg", "b.jpg"]),
        (["x/a.jpg", "y/a.jpg", "a.png"], ["a.jpg", "a-2.jpg", "a-3.png"]),
        (["a.jpg", "A.jpg"], ["a.jpg", "A-2.jpg"]),
        (["caf\u00e9.jpg", "cafe\u0301.jpg"], ["caf\u00e9.jpg", "caf\u00e9-2.jpg"]),
        (
            ["caf\udce9.jpg", "a\nb.jpg", "a:b?.jpg", "CON.jpg", "end ."],
            ["caf%E9.jpg", "a%0Ab.jpg", "a%3Ab%3F.jpg", "_CON.jpg", "end %2E"],
        ),
        (["a-2.jpg", "a.jpg", "a.png"], ["a-2.jpg", "a.jpg", "a-3.png"]),
        ([], []),
    ],
)
def test_names_stay_unique(names, expected) -> None:
    assert unique_names(map(Path, names)) == expected


def test_very_many_pictures_of_one_name_get_theirs() -> None:
    names = unique_names(Path(f"{number}/image.jpg") for number in range(20_000))
    assert (names[0], names[1], names[-1], len(set(names))) == ("image.jpg", "image-2.jpg", "image-20000.jpg", 20_000)


def test_two_pictures_sent_under_one_name_are_told_apart_in_every_file() -> None:
    found = Detections((10, 10), (Detection("dog", 16, 0.9, (1, 2, 3, 4)),), 0.1)
    results = [ImageResult(Path(name), found, None, 0.1) for name in ("bus.jpg", "bus.jpg (2)", "bus.jpg", "bus.jpg")]
    paths = ["bus.jpg", "bus.jpg (2)", "bus.jpg (3)", "bus.jpg (4)"]
    assert [row["path"] for row in csv.DictReader(io.StringIO(to_csv(results)))] == paths
    assert [image["path"] for image in to_coco(results, {16: "dog"})["images"]] == paths


def test_paths_that_differ_stay_as_they_are() -> None:
    paths = [Path("/a/bus.jpg"), Path("/b/bus.jpg"), Path("bus.jpg")]
    assert unique_paths(paths) == paths
