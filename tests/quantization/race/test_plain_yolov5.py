"""The plain YOLOv5: its boxes are those of the suite, whose own are tested against ultralytics."""

from pathlib import Path

import pytest

from models.catalog import Task
from models.object_detection import ObjectDetector
from models.pictures.images import open_image
from models.weights.cards import find_card
from quantization.race.plain_yolov5 import boxes, plain_network
from quantization.race.work import IMAGES


def test_the_plain_network_finds_the_boxes_that_the_suite_finds() -> None:
    card = find_card("aula/yolov5s", Task.OBJECT_DETECTION)
    file: Path = IMAGES / "bus.jpg"

    found = boxes(plain_network(card), file)  # in whole pixels
    expected = ObjectDetector.load(card, device="cpu").detect(open_image(file))

    assert [int(each) for each in found[:, 5]] == [each.class_id for each in expected.detections]
    for row, each in zip(found.tolist(), expected.detections, strict=True):
        assert row[:4] == pytest.approx(each.box, abs=1.0)
        assert row[4] == pytest.approx(each.confidence, abs=0.01)
