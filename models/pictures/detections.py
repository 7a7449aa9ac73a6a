"""What was found in a picture, and how it is chosen among what the network proposed.

Knows nothing of networks: `Candidates` holds their numbers, so that another confidence, overlap or choice of classes
takes milliseconds and needs no second run.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.errors import InvalidInput
from models.pictures.class_names import class_ids as class_ids
from models.pictures.class_names import told_apart
from models.pictures.file_names import path_text
from models.pictures.limits import MOST_DETECTIONS


@dataclass(frozen=True)
class Detection:
    """One object: `confidence` in 0–1, `box` as x1, y1, x2, y2 in pixels of the original picture.

    `label` is the model's name of the class; where it has the same name twice, with the id behind it.
    """

    label: str
    class_id: int
    confidence: float
    box: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "label": self.label,
            "class_id": self.class_id,
            "confidence": round(self.confidence, 4),
            "box": [round(side, 2) for side in self.box],
        }


@dataclass(frozen=True)
class Detections:
    """The objects of one picture, most certain first. `image_size` is (width, height), `seconds` the time it took.

    `remark` says why to doubt what was seen: what had to be assumed to read the picture, or that it is tiny.
    """

    image_size: tuple[int, int]
    detections: tuple[Detection, ...]
    seconds: float
    remark: str | None = None

    def counts(self) -> dict[str, int]:
        """How many of each label, the most frequent first."""
        return dict(Counter(detection.label for detection in self.detections).most_common())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "image_size": list(self.image_size),
            "detections": [detection.as_dict() for detection in self.detections],
            "counts": self.counts(),
            "seconds": round(self.seconds, 4),
        } | ({"remark": self.remark} if self.remark else {})


@dataclass(frozen=True)
class ImageResult:
    """One picture of many: its detections, or the sentence that says why there are none."""

    path: Path
    detections: Detections | None
    error: str | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; `image` leads back to the file that was read (`path_from`)."""
        detections = self.detections.as_dict() if self.detections else {}
        return {"image": path_text(self.path), "error": self.error, **detections, "seconds": round(self.seconds, 4)}


@dataclass(frozen=True)
class Candidates:
    """All boxes that the network proposed for one picture. Choosing among them costs milliseconds, proposing does not.

    `boxes` (n, 4) in pixels of the original picture, `confidences` (n,) and `class_ids` (n,) of each box's best class.
    `remark` as in `Detections`.
    """

    image_size: tuple[int, int]
    boxes: torch.Tensor
    confidences: torch.Tensor
    class_ids: torch.Tensor
    labels: dict[int, str]
    seconds: float
    remark: str | None = None

    def select(
        self,
        confidence: float = 0.25,
        iou: float = 0.45,
        classes: Iterable[str | int] | None = None,
        max_detections: int = MOST_DETECTIONS,
        class_agnostic: bool = False,
    ) -> Detections:
        """The boxes above `confidence`, less those that overlap a better one of their class by more than `iou`.

        `classes` are labels or class ids, as `class_ids` takes them; None or nothing means all. `class_agnostic`: a
        better one of any class takes the place, so that nothing is a car and a truck at once.

        Raises:
            InvalidInput: a number outside 0–1, no detection at all, or a class that this model does not know or has
                twice.
        """
        started = time.perf_counter()
        _require_fraction("confidence", confidence)
        _require_fraction("iou", iou)
        if max_detections < 1:
            raise InvalidInput(f"At most {max_detections} detections would be none. Choose at least 1.")
        kept = self.confidences > confidence
        if wanted := class_ids(classes, self.labels):
            kept &= torch.isin(self.class_ids, torch.tensor(wanted))
        boxes, confidences, ids = self.boxes[kept], self.confidences[kept], self.class_ids[kept]
        rivals = torch.zeros_like(ids) if class_agnostic else ids
        best = suppress(boxes, confidences, rivals, iou, max_detections)
        limit = torch.tensor([*self.image_size, *self.image_size])
        inside = boxes[best].clamp(min=0).minimum(limit)
        names = told_apart(self.labels)
        detections = tuple(
            Detection(names[class_id], class_id, score, tuple(box))
            for class_id, score, box in zip(
                ids[best].tolist(), confidences[best].tolist(), inside.tolist(), strict=True
            )
        )
        return Detections(self.image_size, detections, self.seconds + time.perf_counter() - started, self.remark)


def suppress(boxes: torch.Tensor, confidences: torch.Tensor, ids: torch.Tensor, iou: float, most: int) -> torch.Tensor:
    """Non-maximum suppression within each class: indices of at most `most` boxes, most certain first.

    The numbers of `torchvision.ops.batched_nms`, whose import alone would take as long as that of torch.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)  # (n,): x2 - x1 times y2 - y1
    left = confidences.argsort(descending=True, stable=True)  # (n,): numbers of boxes, the most certain first
    kept: list[torch.Tensor] = []
    while len(left) and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(best)
        top_left = boxes[left, :2].maximum(boxes[best, :2])
        bottom_right = boxes[left, 2:].minimum(boxes[best, 2:])
        shared = (bottom_right - top_left).clamp(min=0).prod(dim=1)  # (left,): the area that each has in common with it
        too_close = shared / (areas[left] + areas[best] - shared) > iou
        left = left[~(too_close & (ids[left] == ids[best]))]
    return torch.stack(kept) if kept else left


def _require_fraction(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidInput(f"The {name} is {value}. Choose a number from 0 to 1.")
