"""Choosing among candidates, against loops in plain Python."""

import json

import pytest
import torch

from models.errors import InvalidInput
from models.pictures.detections import Candidates, Detection, Detections, class_ids, suppress
from tests.tiny.object_detection import LABELS

COCO = dict(enumerate(LABELS))


def boxes(*rows: tuple[float, float, float, float, float, int]) -> Candidates:
    """Candidates from rows of x1, y1, x2, y2, confidence, class id, in a picture of 100 × 80."""
    table = torch.tensor(sorted(rows, key=lambda row: -row[4]))
    return Candidates((100, 80), table[:, :4], table[:, 4], table[:, 5].long(), COCO, 0.5)


OVERLAPPING = boxes(
    (0, 0, 10, 10, 0.9, 0),
    (0, 0, 10, 5, 0.8, 0),  # overlaps the first by exactly a half
    (0, 0, 10, 9, 0.7, 1),  # overlaps it by 0.9, but is of another class
    (50, 50, 60, 60, 0.3, 0),
    (90, 70, 130, 120, 0.2, 2),
)


def test_suppression_by_hand() -> None:
    found = OVERLAPPING.select(confidence=0.25, iou=0.45)
    assert [(d.label, round(d.confidence, 2)) for d in found.detections] == [
        ("person", 0.9), ("bicycle", 0.7), ("person", 0.3),
    ]  # fmt: skip
    assert len(OVERLAPPING.select(confidence=0.25, iou=0.55).detections) == 4


@pytest.mark.parametrize("seed", range(5))
def test_suppression_agrees_with_torchvision(seed) -> None:
    from torchvision.ops import batched_nms

    source = torch.Generator().manual_seed(seed)
    corners = torch.rand(600, 2, generator=source) * 100
    table = torch.cat((corners, corners + torch.rand(600, 2, generator=source) * 40), dim=1)
    table[:10, 2:] = table[:10, :2]  # boxes without an area
    confidences = torch.rand(600, generator=source)
    ids = torch.randint(0, 3, (600,), generator=source)
    expected = batched_nms(table, confidences, ids, 0.3)
    assert len(expected) < 500
    assert suppress(table, confidences, ids, 0.3, 1000).tolist() == expected.tolist()
    assert suppress(table, confidences, ids, 0.3, 20).tolist() == expected[:20].tolist()


def test_across_classes_one_thing_is_one_thing_only() -> None:
    one_each = OVERLAPPING.select(confidence=0.25, iou=0.45, class_agnostic=True).detections
    assert [(d.label, round(d.confidence, 2)) for d in one_each] == [("person", 0.9), ("person", 0.3)]


@pytest.mark.parametrize("seed", range(3))
def test_suppression_across_classes_agrees_with_torchvision(seed: int) -> None:
    from torchvision.ops import nms

    source = torch.Generator().manual_seed(seed)
    corners = torch.rand(300, 2, generator=source) * 60
    table = torch.cat((corners, corners + torch.rand(300, 2, generator=source) * 20), dim=1)
    confidences = torch.rand(300, generator=source).sort(descending=True).values
    ids = torch.randint(0, 3, (300,), generator=source)
    proposed = Candidates((100, 80), table, confidences, ids, COCO, 0.5)
    found = proposed.select(0.0, 0.3, class_agnostic=True).detections
    expected = nms(table, confidences, 0.3)
    assert len(found) == len(expected) < len(proposed.select(0.0, 0.3).detections)
    assert [d.class_id for d in found] == ids[expected].tolist()
    assert [d.confidence for d in found] == confidences[expected].tolist()


@pytest.mark.parametrize("most", [0, -1])
def test_no_detection_at_all_is_refused(most: int) -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        OVERLAPPING.select(max_detections=most)


def test_confidence_classes_and_number_are_limits() -> None:
    assert len(OVERLAPPING.select(confidence=0.75).detections) == 1
    assert OVERLAPPING.select(confidence=1).detections == ()
    assert [d.label for d in OVERLAPPING.select(classes=["Bicycle"]).detections] == ["bicycle"]
    assert [d.class_id for d in OVERLAPPING.select(0.1, classes=[2, "1"]).detections] == [1, 2]
    assert OVERLAPPING.select(classes=[]).detections == OVERLAPPING.select().detections
    assert len(OVERLAPPING.select(max_detections=2).detections) == 2


def test_boxes_end_at_the_picture() -> None:
    assert OVERLAPPING.select(0.1, classes=["car"]).detections[0].box == (90, 70, 100, 80)


@pytest.mark.parametrize("setting", [{"confidence": 1.1}, {"confidence": -0.1}, {"iou": 2}])
def test_fractions_are_checked(setting) -> None:
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        OVERLAPPING.select(**setting)


def test_unknown_class_names_its_neighbours() -> None:
    with pytest.raises(InvalidInput, match=r"“persn”.*person"):
        class_ids(["persn"], COCO)
    with pytest.raises(InvalidInput, match="“99”"):
        class_ids([99], COCO)


def test_counts_and_dictionary_are_plain() -> None:
    found = Detections(
        (100, 80),
        (
            Detection("dog", 4, 0.987654, (1.234567, 2, 3, 4)),
            Detection("car", 2, 0.5, (0, 0, 1, 1)),
            Detection("car", 2, 0.4, (0, 0, 1, 1)),
        ),
        0.123456,
    )
    assert found.counts() == {"car": 2, "dog": 1}
    plain = json.loads(json.dumps(found.as_dict()))
    assert plain["detections"][0] == {"label": "dog", "class_id": 4, "confidence": 0.9877, "box": [1.23, 2, 3, 4]}
    assert (plain["image_size"], plain["counts"], plain["seconds"]) == ([100, 80], {"car": 2, "dog": 1}, 0.1235)
