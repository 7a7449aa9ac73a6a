"""Finds objects in pictures: detect."""

import glob
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, DetectionModel, Device, Precision
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.amounts import count_text, seconds_text
from models.catalog import Task
from models.errors import InvalidInput

if TYPE_CHECKING:
    from apps.demos.object_detection.run_folder import RunFolder
    from models.pictures.detections import ImageResult

Paths = Annotated[list[Path], typer.Argument(help="Pictures, and folders of pictures.", metavar="PATH")]
Confidence = Annotated[
    float, typer.Option("--conf", "--confidence", min=0, max=1, help="Show objects that score more.")
]
Iou = Annotated[float, typer.Option(min=0, max=1, help="Of boxes that overlap more, only the best stays.")]
Classes = Annotated[
    str | None, typer.Option(help="Only these labels, separated by commas: “person,dog”.", metavar="LABELS")
]
ImageSize = Annotated[
    int | None,
    typer.Option(
        min=32,
        max=2048,
        help="The longer side in pixels at which the network looks. Left out: what suits the model, 640 at most.",
    ),
]
Out = Annotated[Path, typer.Option(help="Where the new run folder is made.", metavar="DIR")]


def detect(
    paths: Paths,
    confidence: Confidence = 0.25,
    iou: Iou = 0.45,
    classes: Classes = None,
    image_size: ImageSize = None,
    out: Out = Path("runs"),
    model: DetectionModel = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Find objects in pictures.

    A new folder (runs/detect-001) gets the pictures with boxes, detections.csv, coco.json and labels for YOLO. A broken
    picture is reported and the rest goes on; Ctrl-C keeps what is done.
    \f
    With --json: an object with `model`, `device`, `precision`, `run_folder`, `counts` (how many of each label),
    `finished` (false after Ctrl-C) and `images`, a list of `image`, `annotated` (the picture with boxes, or null),
    `error` (a sentence, or null), `seconds` and, where there was no error, `image_size` (width, height), `counts` and
    `detections` (`label`, `class_id`, `confidence`, `box` as x1, y1, x2, y2 in pixels).
    """
    pictures = find_pictures(paths)  # before the libraries are read: they take seconds

    from apps.demos.object_detection.run_folder import RunFolder
    from models.pictures.detections import class_ids

    detector = load_model(Task.OBJECT_DETECTION, model, device, precision)
    wanted = class_ids(classes.split(",") if classes else None, detector.labels)
    settings = {"confidence": confidence, "iou": iou, "classes": wanted, "image_size": image_size}
    folder = RunFolder.create(out, pictures)
    with stoppable() as cancelled:
        results = UntilStopped(detector.detect_files(pictures, cancelled, **settings))
        try:
            annotated = _keep_each(results, folder, len(pictures))
        finally:
            folder.write_files(detector.labels)
    for done in folder.results:
        if done.error:
            note(done.error)
    if as_json:
        facts = {"model": detector.card.model_id, "device": detector.device.type, "precision": detector.precision}
        result_json(facts | _as_dict(folder, annotated) | {"finished": not results.stopped})
    else:
        _show(folder)
    end(results.stopped, failed=any(done.error for done in folder.results))


def find_pictures(paths: list[Path]) -> list[Path]:
    """The files named, and the pictures directly in the folders named; patterns that no shell expanded, too.

    Raises:
        InvalidInput: a folder without pictures, or nothing of what was named is there.
    """
    from models.pictures.images import pictures_in

    pictures: list[Path] = []
    for path in paths:
        matches = sorted(glob.glob(str(path))) if not path.exists() else []  # Windows leaves *.jpg to us
        for match in [Path(name) for name in matches] or [path]:
            pictures.extend(pictures_in(match) if match.is_dir() else [match])
    if not any(picture.exists() for picture in pictures):
        raise InvalidInput(f"There is no file or folder {paths[0]}. Check the name.")
    return list(dict.fromkeys(pictures))


def _keep_each(results: Iterable["ImageResult"], folder: "RunFolder", total: int) -> list[Path | None]:
    """Keep each result as it comes; where the pictures with boxes are."""
    progress, annotated = ProgressLine(lambda speed: f"{speed * total:.1f} pictures/s"), []
    for done in results:
        annotated.append(folder.add(done))
        progress.update(f"{len(annotated)} of {count_text(total, 'picture')}", len(annotated) / total)
    progress.close()
    return annotated


def _as_dict(folder: "RunFolder", annotated: list[Path | None]) -> dict[str, Any]:
    images = [
        done.as_dict() | {"annotated": str(target) if target is not None else None}
        for done, target in zip(folder.results, annotated, strict=True)
    ]
    return {"run_folder": str(folder.path), "images": images, "counts": _counts(folder)}


def _counts(folder: "RunFolder") -> dict[str, int]:
    """How many of each label in all pictures, the most frequent first."""
    total: Counter[str] = Counter()
    for done in folder.results:
        total.update(done.detections.counts() if done.detections else {})
    return dict(total.most_common())


def _show(folder: "RunFolder") -> None:
    rows = [
        (str(done.path), _in_words(done.detections.counts()), seconds_text(done.seconds))
        for done in folder.results
        if done.detections
    ]
    result_table(("PICTURE", "OBJECTS", "TIME"), rows, numbers=("TIME",))
    result(f"\n{count_text(len(rows), 'picture')}: {_in_words(_counts(folder))}\nKept in {folder.path}")


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {label}" for label, count in counts.items()) or "nothing"
