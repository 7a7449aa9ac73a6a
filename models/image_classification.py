"""ImageClassifier: says which of its labels a picture shows, each with a probability.

A label is a number with a name. Names are not unique (among ImageNet's thousand, two things are called “crane”), so
the number is what tells labels apart. `models.pictures.prepared` scales and cuts the pictures, and
`models.pictures.batches` runs them.
"""

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from PIL import Image
from transformers import AutoModelForImageClassification

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import (
    AulaError,
    InvalidInput,
    UnsupportedCheckpoint,
)
from models.failures import OF_ONE_ITEM
from models.pictures import features
from models.pictures.batches import AT_ONCE, run
from models.pictures.file_names import path_text, shown_name
from models.pictures.looked_at import LookedAt, looked_at
from models.pictures.one_of_many import attempt_picture, named
from models.pictures.prepared import Prepared, prepare, require_sensible
from models.precision import FP32, Precision
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, silent

TOP = 5


@dataclass(frozen=True)
class LabelScore:
    """One label: its number, its name, which need not be its alone, and its probability, 0 to 1."""

    class_id: int
    label: str
    score: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {"class_id": self.class_id, "label": self.label, "score": self.score}


@dataclass(frozen=True)
class Classification:
    """What the model makes of one picture.

    `labels` are the names of all its labels, in the model's order, and `scores` their probabilities, 0 to 1. They add
    up to 1, except for models whose labels do not exclude each other. `top_k` is how many were asked for, `size` width
    and height of the picture, `seconds` what it took, `remark` why to doubt what was seen.
    """

    labels: tuple[str, ...]
    scores: tuple[float, ...]
    top_k: int
    size: tuple[int, int]
    seconds: float
    remark: str | None = None

    @property
    def top(self) -> tuple[LabelScore, ...]:
        """The `top_k` likeliest labels, best first; all of them where there are fewer."""
        order = sorted(range(len(self.scores)), key=lambda number: (-self.scores[number], number))
        return tuple(self[number] for number in order[: self.top_k])

    def __getitem__(self, class_id: int) -> LabelScore:
        return LabelScore(class_id, self.labels[class_id], self.scores[class_id])

    @property
    def best(self) -> LabelScore:
        """The likeliest label."""
        return self[max(range(len(self.scores)), key=self.scores.__getitem__)]

    @property
    def label(self) -> str:
        """Its name."""
        return self.best.label

    @property
    def score(self) -> float:
        """Its probability."""
        return self.best.score

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; of the labels, those that were asked for."""
        return {
            **self.best.as_dict(),
            "top": [entry.as_dict() for entry in self.top],
            "size": list(self.size),
            "remark": self.remark,
            "seconds": round(self.seconds, 4),
        }


@dataclass(frozen=True)
class FileResult:
    """One picture file of many: what the model makes of it, or the sentence that says why that is not known."""

    path: Path
    classification: Classification | None
    error: str | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; `image` leads back to the file that was read (`path_from`)."""
        found = self.classification.as_dict() if self.classification else {}
        return {"image": path_text(self.path), "error": self.error, **found, "seconds": round(self.seconds, 4)}


class ImageClassifier(LoadedModel):
    """A picture classifier of any kind (ViT, ResNet, a model of timm) with its preprocessor."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.labels = _labels(self.model.config)
        self._sigmoid = self.model.config.problem_type == "multi_label_classification" or len(self.labels) == 1

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load a picture classifier from this machine, in evaluation mode.

        Raises:
            UnsupportedCheckpoint: also a model that rates pictures with a number instead of telling classes.
            What `load_pretrained` raises.
        """
        pretrained = load_pretrained(AutoModelForImageClassification, card, device, precision, on_step)
        require_sensible(card.model_id, pretrained.processor)
        if pretrained.model.config.problem_type == "regression":
            raise UnsupportedCheckpoint(
                f"{card.model_id} gives each picture a number, not a class. Choose a model that tells classes."
            )
        # The memory layout that convolutions like: eight pictures in 18 ms each instead of 28.
        pretrained.model.to(memory_format=torch.channels_last)
        classifier = cls(pretrained)
        classifier._require_fitting()
        return classifier

    def classify(
        self, images: Sequence[Image.Image], top_k: int = TOP, cancelled: threading.Event | None = None
    ) -> list[Classification]:
        """One Classification for each picture, in their order; `top_k` is how many labels are told of each.

        Dynamic int8 looks at a whole batch for the scale of activations: there the scores of a picture change a little
        with its neighbours. In openvino-int8 the scales are fixed.

        Raises:
            InvalidInput: a `top_k` below 1.
            UnreadableImage: a picture whose values are no numbers, or that is a strip.
            PrecisionNotApplicable: the model's numbers overflow in this precision.
            OutOfMemory: the pictures do not fit beside the model.
            Cancelled: when `cancelled` is set, between two pictures or batches.
        """
        require_top(top_k)
        started = time.perf_counter()
        prepared = [self._prepare(image, cancelled) for image in images]
        rows = list(self._probabilities([picture.pixels for picture in prepared], cancelled))
        each = (time.perf_counter() - started) / max(1, len(rows))
        return [self._classification(*both, top_k, each) for both in zip(prepared, rows, strict=True)]

    def classify_files(
        self, paths: Iterable[Path], top_k: int = TOP, cancelled: threading.Event | None = None
    ) -> Iterator[FileResult]:
        """`classify` for each file; one where something goes wrong gives a result with its error, the rest goes on.

        Only the few pictures of a batch are in memory, already scaled down. Closing the iterator stops the work.
        Raises InvalidInput and Cancelled as `classify`.
        """
        require_top(top_k)
        waiting: list[_Read] = []
        for path in paths:
            waiting.append(self._read(Path(path), cancelled))
            if len(waiting) == AT_ONCE[self.device.type]:
                yield from self._results(waiting, top_k, cancelled)
                waiting = []
        yield from self._results(waiting, top_k, cancelled)

    def features(self, images: Sequence[Image.Image], cancelled: threading.Event | None = None) -> torch.Tensor:
        """What goes into the model's last layer for each picture: float32, (pictures, features), on the CPU.

        The model stays in evaluation mode, so BatchNorm's numbers do not drift.

        Raises:
            UnsupportedCheckpoint: the model has no last layer with an output for each label.
            What `classify` raises.
        """
        pixels = [self._prepare(image, cancelled).pixels for image in images]
        head = features.head_of(self.card.model_id, self.model, len(self.labels))
        rows = run(self, pixels, lambda batch: features.before(head, self.model, batch), cancelled)
        return torch.stack([finite(row, self) for row in rows]) if pixels else torch.empty(0, head.in_features)

    def explain(self, image: Image.Image, class_id: int | None = None) -> LookedAt:
        """Where in a picture the model looked, for the label `class_id` (the likeliest unless given).

        Raises:
            InvalidInput: a label that the model does not have.
            UnsupportedCheckpoint: a model of which this cannot be shown.
            What `classify` raises.
        """
        if class_id is not None and not 0 <= class_id < len(self.labels):
            raise InvalidInput(f"The model has no label {class_id}. Its labels are 0 to {len(self.labels) - 1:,}.")
        return looked_at(self, self.prepare(image), class_id)

    def prepare(self, image: Image.Image) -> Prepared:
        """The picture as numbers for this model. Raises UnreadableImage."""
        return prepare(self.processor, image)

    def _require_fitting(self) -> None:
        """Raise UnsupportedCheckpoint unless the model takes what its preprocessor makes of a picture."""
        black = Image.new("RGB", (64, 64))
        try:
            [_] = run(self, [self.prepare(black).pixels], lambda batch: self.model(pixel_values=batch).logits)
        except AulaError:
            raise
        except Exception as error:  # AssertionError, ValueError, RuntimeError: each network has its own
            raise UnsupportedCheckpoint(
                f"The preprocessor of {self.card.model_id} makes pictures that the model does not take. "
                "Copy config.json and preprocessor_config.json again, from one and the same model."
            ) from error

    def _prepare(self, image: Image.Image, cancelled: threading.Event | None) -> Prepared:
        stop_if(cancelled)
        return self.prepare(image)

    def _probabilities(
        self, pixels: Sequence[torch.Tensor], cancelled: threading.Event | None
    ) -> Iterator[torch.Tensor]:
        """The labels' probabilities of each picture: float64, shape (labels,)."""
        for row in run(self, pixels, lambda batch: self.model(pixel_values=batch).logits, cancelled):
            logits = finite(row, self).double()
            yield logits.sigmoid() if self._sigmoid else logits.softmax(dim=-1)

    def _classification(self, picture: Prepared, row: torch.Tensor, top_k: int, seconds: float) -> Classification:
        return Classification(self.labels, tuple(row.tolist()), top_k, picture.size, seconds, picture.remark)

    def _read(self, path: Path, cancelled: threading.Event | None) -> "_Read":
        stop_if(cancelled)
        started = time.perf_counter()
        prepared, error = attempt_picture(path, self.prepare)
        return _Read(path, prepared, error, time.perf_counter() - started)

    def _results(self, files: Sequence["_Read"], top_k: int, cancelled: threading.Event | None) -> Iterator[FileResult]:
        """The results of a batch, in its order; where it fails together, each picture is tried alone."""
        pictures = [file for file in files if file.prepared is not None]
        started = time.perf_counter()
        try:
            rows = list(self._probabilities([file.prepared.pixels for file in pictures if file.prepared], cancelled))
        except OF_ONE_ITEM as problem:
            for file in files:
                if len(files) == 1:
                    yield FileResult(file.path, None, named(shown_name(file.path.name), problem), file.seconds)
                else:
                    yield from self._results([file], top_k, cancelled)
            return
        each, found = (time.perf_counter() - started) / max(1, len(rows)), iter(rows)
        for file in files:
            if file.prepared is None:
                yield FileResult(file.path, None, file.error, file.seconds)
            else:
                seconds = file.seconds + each
                result = self._classification(file.prepared, next(found), top_k, seconds)
                yield FileResult(file.path, result, None, seconds)


@dataclass(frozen=True)
class _Read:
    """A file that was looked at: its picture as numbers, or what is wrong with it."""

    path: Path
    prepared: Prepared | None
    error: str | None
    seconds: float


def require_top(top_k: int) -> None:
    """Raise InvalidInput unless at least one label is asked for."""
    if top_k < 1:
        raise InvalidInput(f"{top_k} labels of each picture were asked for. Ask for one or more.")


def _labels(config: Any) -> tuple[str, ...]:
    """The names of the labels, in the order of the model's outputs."""
    return tuple(str(config.id2label.get(number, f"LABEL_{number}")) for number in range(config.num_labels))
