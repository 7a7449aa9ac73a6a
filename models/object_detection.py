"""Finds objects in pictures with YOLOv5, the original weights and the newer `u` ones.

A picture is scaled to fit a square of `image_size` pixels and padded with grey, the network proposes thousands of boxes
with a score for each class, and non-maximum suppression keeps the best of those that lie on one another. The numbers
follow YOLOv5's own detect.py; boxes keep their fractions of a pixel, where detect.py rounds.
"""

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Self

import cv2
import numpy
import torch
from PIL import Image

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import choose_device, footprint
from models.errors import InvalidInput
from models.pictures.detections import Candidates, Detections, ImageResult, class_ids
from models.pictures.film_results import FrameResult
from models.pictures.films import Frame
from models.pictures.images import doubt_about, pictures_in, to_rgb
from models.pictures.limits import IMAGE_SIZES, MOST_DETECTIONS
from models.pictures.one_of_many import attempt_picture
from models.precision import FP32, Precision, require_applicable
from models.threads import side_by_side, take_threads
from models.together import Together, people_at_once
from models.weights import hub
from models.wrapper import BUILDING, AnyDevice, LoadedModel, OnStep, Pretrained, finite, running, silent

LOWEST_CONFIDENCE = 0.001  # what scores less is forgotten at once: it would be most of 25,200 boxes
MOST_CANDIDATES = 30_000
LARGEST_USUAL_SIZE = 640  # what detect.py takes, also for weights that were trained on larger pictures
GREY = 114 / 255  # the padding that YOLOv5 was trained with


def usual_size(trained_at: int | None) -> int:
    """The size for a model trained at `trained_at` pixels: that one, because objects look as large as then; or 640."""
    lowest, _ = IMAGE_SIZES
    return min(max(trained_at or LARGEST_USUAL_SIZE, lowest), LARGEST_USUAL_SIZE)


class ObjectDetector(LoadedModel):
    """A YOLOv5 detector. `labels` names its classes by id, `image_size` is the size that suits it, in pixels."""

    def __init__(self, pretrained: Pretrained, labels: dict[int, str], image_size: int = LARGEST_USUAL_SIZE):
        super().__init__(pretrained)
        self.labels = labels
        self.image_size = image_size
        self._together: Together[torch.Tensor, list[tuple[torch.Tensor, torch.Tensor]]] = Together(
            self._propose,
            lambda found, numbers: [found[number] for number in numbers],
            name=_picture_name,
            fits=lambda pictures: False,  # a processor is busy with one: four at once take longer than one by one
            lanes=take_threads() if self.device.type == "cpu" else 1,
        )
        self.people = people_at_once(self.model)

    @property
    def at_once(self) -> int | None:
        """How many pictures are looked at beside each other: on a CPU as many as there are threads (None), else one."""
        return None if self.device.type == "cpu" else 1

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load a YOLOv5 `.pt` file of this machine, or a folder made of one. Nothing in a file is run.

        Raises:
            ModelNotHere: the weights are not on this machine.
            DeviceUnavailable, PrecisionNotApplicable: as `choose_device` and `require_applicable`.
            UnsafeCheckpoint, UnsupportedCheckpoint, DamagedFile: as `read_checkpoint`, `read_folder`, `build_network`.
        """
        started = time.perf_counter()
        chosen = choose_device(device)
        require_applicable(precision, chosen.type, card.task)
        path = hub.require(card)
        on_step("Reading the weights")
        from models.pictures.yolov5_checkpoint import read_checkpoint
        from models.pictures.yolov5_folder import read_folder

        checkpoint = read_folder(path) if path.is_dir() else read_checkpoint(path)
        on_step("Building the network")
        from models.pictures.yolov5_network import build_network  # brings ultralytics, which nobody else waits for

        with BUILDING:
            network = precision.apply(build_network(checkpoint))
        # The memory layout that convolutions like: a fifth less time on a CPU.
        network = network.to(chosen.type).to(memory_format=torch.channels_last)
        seconds = time.perf_counter() - started
        pretrained = Pretrained(card, network, None, chosen, precision.name, footprint(network), seconds)
        return cls(pretrained, checkpoint.labels, usual_size(checkpoint.image_size))

    @torch.inference_mode()
    def candidates(
        self, image: Image.Image, image_size: int | None = None, cancelled: threading.Event | None = None
    ) -> Candidates:
        """Run the network on one picture. `image_size` is the longer side in pixels, 32–2048; None suits the model.

        Raises:
            InvalidInput: an `image_size` out of range.
            UnreadableImage: a picture of numbers of which none is one.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the picture does not fit at this size.
        """
        started = time.perf_counter()
        stop_if(cancelled)
        rgb = to_rgb(image)
        pixels, ratio, padding = self._letterbox(rgb, self.image_size if image_size is None else image_size)
        [(boxes, scores)] = self._together.run([pixels], cancelled)
        stop_if(cancelled)
        boxes, scores = finite(boxes, self).cpu(), finite(scores, self).cpu()
        confidences, ids = scores.max(dim=1)  # (n,), (n,)
        order = confidences.argsort(descending=True, stable=True)[:MOST_CANDIDATES]
        order = order[confidences[order] > LOWEST_CONFIDENCE]
        # Back to pixels of the picture: (kept, 4) less (left, top, left, top), divided by the scale of x, y, x, y.
        boxes = (boxes[order] - torch.tensor(padding * 2)) / torch.tensor(ratio * 2, dtype=torch.float32)
        seconds = time.perf_counter() - started
        return Candidates(image.size, boxes, confidences[order], ids[order], self.labels, seconds, doubt_about(rgb))

    @torch.inference_mode()
    def _propose(
        self, pictures: Sequence[torch.Tensor], cancelled: threading.Event | None
    ) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Of each picture (1, 3, height, width) the boxes (n, 4) and scores (n, classes): n is 25,200 at 640."""
        weight = next(self.model.parameters())
        with running(self.card, "a smaller image size or model"):
            return [self.model(pixels.to(weight.device, weight.dtype)) for pixels in pictures]

    def _letterbox(
        self, image: Image.Image, image_size: int
    ) -> tuple[torch.Tensor, tuple[float, float], tuple[int, int]]:
        """The picture as (1, 3, height, width) in 0–1, the scaling and the padding in x and y.

        The longer side becomes `image_size`, the other is padded with grey to a multiple of the network's stride.
        """
        lowest, highest = IMAGE_SIZES
        if not lowest <= image_size <= highest:
            raise InvalidInput(f"The image size is {image_size}. Choose one from {lowest} to {highest} pixels.")
        stride: int = self.model.stride
        target = -(-image_size // stride) * stride
        scale = target / max(image.size)
        width, height = (max(1, round(side * scale)) for side in image.size)
        # OpenCV, because detect.py has it: torch rounds otherwise, one level in 256, and a score moves by 0.02.
        resized = cv2.resize(numpy.asarray(image), (width, height), interpolation=cv2.INTER_LINEAR)
        pixels = torch.from_numpy(resized).permute(2, 0, 1)[None]  # (1, 3, height, width), still 0 to 255
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
        image_size: int | None = None,
        max_detections: int = MOST_DETECTIONS,
        class_agnostic: bool = False,
        cancelled: threading.Event | None = None,
    ) -> Detections:
        """The objects in one picture. Raises what `candidates` and `Candidates.select` raise."""
        found = self.candidates(image, image_size, cancelled)
        return found.select(confidence, iou, classes, max_detections, class_agnostic)

    def detect_files(
        self, paths: Iterable[Path], cancelled: threading.Event | None = None, **settings: Any
    ) -> Iterator[ImageResult]:
        """`detect` for each file; one where something goes wrong gives a result with its error, and the rest goes on.

        On a CPU, several are looked at beside each other with a thread each: the `seconds` of each are then longer than
        alone, and all together shorter. `settings` are those of `detect`. Raises Cancelled between two pictures.
        """
        # Looked up once: a wrong class is one error, not one for each picture, and an id is no name.
        settings["classes"] = class_ids(settings.get("classes"), self.labels)
        look = partial(self._detect_file, cancelled=cancelled, **settings)
        yield from side_by_side(look, [Path(path) for path in paths], self.at_once)

    def _detect_file(self, path: Path, cancelled: threading.Event | None, **settings: Any) -> ImageResult:
        stop_if(cancelled)
        started = time.perf_counter()
        found, error = attempt_picture(path, lambda image: self.detect(image, cancelled=cancelled, **settings))
        return ImageResult(path, found, error, time.perf_counter() - started)

    def detect_frames(
        self, frames: Iterable[Frame], every: int = 1, cancelled: threading.Event | None = None, **settings: Any
    ) -> Iterator[FrameResult]:
        """`detect` for the first of each `every` frames of a film; the others get the objects of the last one before.

        Each frame is looked at when it is asked for, and none is kept. `settings` are those of `detect`.
        Raises Cancelled between two frames, and what `detect` raises.
        """
        settings["classes"] = class_ids(settings.get("classes"), self.labels)
        if every < 1:
            raise InvalidInput(f"Every {every}th frame cannot be looked at. Choose 1 for all, 2 for every second one.")
        for index, frame in enumerate(frames):
            stop_if(cancelled)
            looked_at = index % every == 0
            if looked_at:
                detections = self.detect(frame.image, cancelled=cancelled, **settings)
            yield FrameResult(frame, detections, looked_at)

    def detect_folder(
        self, folder: Path, cancelled: threading.Event | None = None, **settings: Any
    ) -> Iterator[ImageResult]:
        """`detect_files` for the pictures directly in a folder, by name."""
        yield from self.detect_files(pictures_in(folder), cancelled, **settings)


def _picture_name(pixels: torch.Tensor) -> tuple[torch.Size, bytes]:
    """The same for the same pictures only, such as the one of the page that a whole class begins with."""
    return pixels.shape, hashlib.blake2b(pixels.numpy().tobytes()).digest()
