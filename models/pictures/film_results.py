"""What was found in a film: for each frame, and in all of it; and the tables of it that other programs read."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.pictures.file_names import path_text
from models.wording import spreadsheet_text

if TYPE_CHECKING:  # they bring torch
    from models.pictures.detections import Detections
    from models.pictures.films import Frame

DETECTION_COLUMNS = (
    "frame", "time", "label", "class_id", "confidence", "x1", "y1", "x2", "y2", "image_width", "image_height",
)  # fmt: skip


@dataclass(frozen=True)
class FrameResult:
    """A frame and its objects. Where `looked_at` is False, these are the objects of the last frame looked at."""

    frame: "Frame"
    detections: "Detections"
    looked_at: bool = True

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the picture: `frame` counts from 1, `time` is in seconds from the first frame."""
        return {
            "frame": self.frame.number,
            "time": round(self.frame.seconds, 3),
            "error": None,
            **self.detections.as_dict(),
        }


@dataclass(frozen=True)
class FilmResult:
    """What was found in one film until it ended, broke off or was stopped.

    `folder` holds the files about it, `annotated` is the film with boxes (None where no frame could be read). `frames`
    were written, `looked_at` of them asked about; they last `film_seconds`, and took `seconds`. `most_at_once` is how
    many of each label one frame had at most. `error` is a sentence; `finished` that the whole film was read.
    """

    path: Path
    folder: Path
    annotated: Path | None
    error: str | None
    finished: bool
    frames: int
    looked_at: int
    film_seconds: float
    most_at_once: Mapping[str, int]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "film": path_text(self.path),
            "folder": path_text(self.folder) if self.annotated is not None else None,
            "annotated": path_text(self.annotated) if self.annotated is not None else None,
            "error": self.error,
            "finished": self.finished,
            "frames": self.frames,
            "looked_at": self.looked_at,
            "film_seconds": round(self.film_seconds, 3),
            "most_at_once": dict(self.most_at_once),
            "seconds": round(self.seconds, 4),
        }


def frame_line(result: FrameResult) -> str:
    """One line of `frames.jsonl`."""
    return json.dumps(result.as_dict(), ensure_ascii=False) + "\n"


def detections_head() -> str:
    """The line of a film's `detections.csv` that names its columns."""
    return _csv([DETECTION_COLUMNS])


def detection_lines(result: FrameResult) -> str:
    """The lines of one frame in `detections.csv`: one for each object, its box in pixels of the film that was read."""
    frame = [result.frame.number, f"{result.frame.seconds:.3f}"]
    return _csv(
        [
            *frame,
            spreadsheet_text(one.label),
            one.class_id,
            f"{one.confidence:.4f}",
            *(f"{side:.2f}" for side in one.box),
            *result.detections.image_size,
        ]
        for one in result.detections.detections
    )


def counts_lines(lines: Iterable[str], labels: Sequence[str]) -> Iterator[str]:
    """`counts.csv` from the lines of `frames.jsonl`: a line for each frame looked at, a column for each label."""
    yield _csv([["frame", "time", "objects", *map(spreadsheet_text, labels)]])
    for line in lines:
        frame = json.loads(line)
        counts = frame["counts"]
        row = [frame["frame"], f"{frame['time']:.3f}", sum(counts.values()), *(counts.get(one, 0) for one in labels)]
        yield _csv([row])


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
