"""Finds objects in pictures with YOLOv5, the original weights and the newer `u` ones.

A picture is scaled to fit a square of `image_size` pixels and padded with grey, the network proposes thousands of boxes
with a score for each class, and non-maximum suppression keeps the best of those that lie on one another. The numbers
follow YOLOv5's own detect.py; boxes keep their fractions of a pixel, where detect.py rounds.
"""

import difflib
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy
import torch
from PIL import Image

from models import hub
from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import Device, choose_device, footprint
from models.errors import InvalidInput, OutOfMemory, UnreadableImage
from models.images import open_image, pictures_in, to_rgb
from models.precision import FP32, Precision, require_applicable
from models.pretrained import OnStep, silent

LOWEST_CONFIDENCE = 0.001  # what scores less is forgotten at once: it would be most of 25,200 boxes
MOST_CANDIDATES = 30_000
IMAGE_SIZES = (32, 2048)
GREY = 114 / 255  # the padding that YOLOv5 was trained with


@dataclass(frozen=True)
class Detection:
    """One object: `confidence` in 0–1, `box` as x1, y1, x2, y2 in pixels of the original picture."""

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
    """The objects of one picture, most certain first. `image_size` is (width, height), `seconds` the time it took."""

    image_size: tuple[int, int]
    detections: tuple[Detection, ...]
    seconds: float

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
        }


@dataclass(frozen=True)
class ImageResult:
    """One picture of many: its detections, or the sentence that says why there are none."""

    path: Path
    detections: Detections | None
    error: str | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        found = self.detections.as_dict() if self.detections else {}
        return {"image": str(self.path), "error": self.error, **found, "seconds": round(self.seconds, 4)}


@dataclass(frozen=True)
class Candidates:
    """All boxes that the network proposed for one picture. Choosing among them costs milliseconds, proposing does not.

    `boxes` (n, 4) in pixels of the original picture, `confidences` (n,) and `class_ids` (n,) of each box's best class.
    """

    image_size: tuple[int, int]
    boxes: torch.Tensor
    confidences: torch.Tensor
    class_ids: torch.Tensor
    labels: dict[int, str]
    seconds: float

    def select(
        self,
        confidence: float = 0.25,
        iou: float = 0.45,
        classes: Iterable[str | int] | None = None,
        max_detections: int = 300,
    ) -> Detections:
        """The boxes above `confidence`, less those that overlap a better one of their class by more than `iou`.

        `classes` are labels or class ids; None or nothing means all.

        Raises:
            InvalidInput: a number outside 0–1, or a class that this model does not know.
        """
        started = time.perf_counter()
        _require_fraction("confidence", confidence)
        _require_fraction("iou", iou)
        kept = self.confidences > confidence
        if wanted := class_ids(classes, self.labels):
            kept &= torch.isin(self.class_ids, torch.tensor(wanted))
        boxes, confidences, ids = self.boxes[kept], self.confidences[kept], self.class_ids[kept]
        best = suppress(boxes, confidences, ids, iou, max_detections)
        limit = torch.tensor([*self.image_size, *self.image_size])
        inside = boxes[best].clamp(min=0).minimum(limit)
        detections = tuple(
            Detection(self.labels[class_id], class_id, score, tuple(box))
            for class_id, score, box in zip(
                ids[best].tolist(), confidences[best].tolist(), inside.tolist(), strict=True
            )
        )
        return Detections(self.image_size, detections, self.seconds + time.perf_counter() - started)


def suppress(boxes: torch.Tensor, confidences: torch.Tensor, ids: torch.Tensor, iou: float, most: int) -> torch.Tensor:
    """Non-maximum suppression within each class: indices of at most `most` boxes, most certain first.

    The numbers of `torchvision.ops.batched_nms`, whose import alone would take as long as that of torch.
    """
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
    left, kept = confidences.argsort(descending=True, stable=True), []
    while len(left) and len(kept) < most:
        best, left = left[0], left[1:]
        kept.append(best)
        top_left = boxes[left, :2].maximum(boxes[best, :2])
        bottom_right = boxes[left, 2:].minimum(boxes[best, 2:])
        shared = (bottom_right - top_left).clamp(min=0).prod(dim=1)
        too_close = shared / (areas[left] + areas[best] - shared) > iou
        left = left[~(too_close & (ids[left] == ids[best]))]
    return torch.stack(kept) if kept else left


class ObjectDetector:
    """A YOLOv5 detector. `labels` names its classes by id."""

    def __init__(
        self,
        card: ModelCard,
        network: torch.nn.Module,
        labels: dict[int, str],
        device: Device,
        precision: str,
        load_seconds: float,
    ):
        self.card = card
        self.network = network
        self.labels = labels
        self.device = device
        self.precision = precision
        self.footprint = footprint(network)
        self.load_seconds = load_seconds

    @classmethod
    def load(
        cls, card: ModelCard, device: str = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> "ObjectDetector":
        """Load a YOLOv5 `.pt` file of this machine. Nothing in the file is run.

        Raises:
            ModelNotHere: the weights are not on this machine.
            DeviceUnavailable, PrecisionNotApplicable: as `choose_device` and `require_applicable`.
            UnsafeCheckpoint, UnsupportedCheckpoint, DamagedFile: as `read_checkpoint` and `build_network`.
        """
        started = time.perf_counter()
        chosen = choose_device(device)
        require_applicable(precision, chosen.type, card.task)
        path = hub.require(card)
        on_step("Reading the weights")
        from models.yolov5_checkpoint import read_checkpoint

        checkpoint = read_checkpoint(path)
        on_step("Building the network")
        from models.yolov5_network import build_network  # brings ultralytics, which nobody else waits for

        network = precision.apply(build_network(checkpoint))
        # The memory layout that convolutions like: a fifth less time on a CPU.
        network = network.to(chosen.type, memory_format=torch.channels_last)
        return cls(card, network, checkpoint.labels, chosen, precision.name, time.perf_counter() - started)

    @torch.inference_mode()
    def candidates(
        self, image: Image.Image, image_size: int = 640, cancelled: threading.Event | None = None
    ) -> Candidates:
        """Run the network on one picture. `image_size` is the longer side in pixels, 32–2048.

        Raises:
            InvalidInput: an `image_size` out of range.
            OutOfMemory: the picture does not fit at this size.
        """
        started = time.perf_counter()
        stop_if(cancelled)
        pixels, ratio, padding = self._letterbox(to_rgb(image), image_size)
        weight = next(self.network.parameters())
        try:
            boxes, scores = self.network(pixels.to(weight.device, weight.dtype))
        except (RuntimeError, MemoryError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error):  # torch has no class for a full CPU
                raise
            raise OutOfMemory(
                "The picture does not fit into memory at this size. Choose a smaller image size or model."
            ) from error
        stop_if(cancelled)
        confidences, ids = scores.cpu().max(dim=1)
        order = confidences.argsort(descending=True, stable=True)[:MOST_CANDIDATES]
        order = order[confidences[order] > LOWEST_CONFIDENCE]
        boxes = (boxes.cpu()[order] - torch.tensor(padding * 2)) / torch.tensor(ratio * 2)
        seconds = time.perf_counter() - started
        return Candidates(image.size, boxes, confidences[order], ids[order], self.labels, seconds)

    def _letterbox(
        self, image: Image.Image, image_size: int
    ) -> tuple[torch.Tensor, tuple[float, float], tuple[int, int]]:
        """The picture as (1, 3, height, width) in 0–1, the scaling and the padding in x and y.

        The longer side becomes `image_size`, the other is padded with grey to a multiple of the network's stride.
        """
        lowest, highest = IMAGE_SIZES
        if not lowest <= image_size <= highest:
            raise InvalidInput(f"The image size is {image_size}. Choose one from {lowest} to {highest} pixels.")
        stride = self.network.stride
        target = -(-image_size // stride) * stride
        scale = target / max(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        # OpenCV, because detect.py has it: torch rounds otherwise, one level in 256, and a score moves by 0.02.
        resized = cv2.resize(numpy.asarray(image), (width, height), interpolation=cv2.INTER_LINEAR)
        pixels = torch.from_numpy(resized).permute(2, 0, 1)[None]
        left, top = ((-side % stride) // 2 for side in (width, height))
        right, bottom = -width % stride - left, -height % stride - top
        padded = torch.nn.functional.pad(pixels.float() / 255, (left, right, top, bottom), value=GREY)
        return padded, (width / image.width, height / image.height), (left, top)

    def detect(
        self,
        image: Image.Image,
        confidence: float = 0.25,
        iou: float = 0.45,
        classes: Iterable[str | int] | None = None,
        image_size: int = 640,
        max_detections: int = 300,
        cancelled: threading.Event | None = None,
    ) -> Detections:
        """The objects in one picture. Raises what `candidates` and `Candidates.select` raise."""
        found = self.candidates(image, image_size, cancelled)
        return found.select(confidence, iou, classes, max_detections)

    def detect_files(
        self, paths: Iterable[Path], cancelled: threading.Event | None = None, **settings: Any
    ) -> Iterator[ImageResult]:
        """`detect` for each file; a picture that cannot be read gives a result with its error, and the rest goes on.

        `settings` are those of `detect`. Raises Cancelled between two pictures.
        """
        class_ids(settings.get("classes"), self.labels)  # a wrong class is one error, not one for each picture
        for path in paths:
            stop_if(cancelled)
            started = time.perf_counter()
            detections, error = None, None
            try:
                detections = self.detect(open_image(path), cancelled=cancelled, **settings)
            except (UnreadableImage, OutOfMemory) as problem:
                error = str(problem)
            yield ImageResult(Path(path), detections, error, time.perf_counter() - started)

    def detect_folder(
        self, folder: Path, cancelled: threading.Event | None = None, **settings: Any
    ) -> Iterator[ImageResult]:
        """`detect_files` for the pictures directly in a folder, by name."""
        yield from self.detect_files(pictures_in(folder), cancelled, **settings)


def class_ids(classes: Iterable[str | int] | None, labels: dict[int, str]) -> list[int]:
    """The ids of labels or ids, without duplicates.

    Raises:
        InvalidInput: a class that is not in `labels`, naming those that are spelled nearly like it.
    """
    by_name = {name.lower(): class_id for class_id, name in labels.items()}
    ids = [_class_id(str(wanted).strip(), by_name, labels) for wanted in classes or ()]
    return sorted(set(ids))


def _class_id(wanted: str, by_name: dict[str, int], labels: dict[int, str]) -> int:
    if wanted.lower() in by_name:
        return by_name[wanted.lower()]
    if wanted.isdecimal() and int(wanted) in labels:
        return int(wanted)
    near = difflib.get_close_matches(wanted.lower(), by_name, n=3) or list(by_name)[:5]
    names = ", ".join(labels[by_name[name]] for name in near)
    raise InvalidInput(f"This model does not know the class “{wanted}”. It knows {len(labels)}, for instance: {names}.")


def _require_fraction(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise InvalidInput(f"The {name} is {value}. Choose a number from 0 to 1.")
