"""Finds objects in pictures and films: detect."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.demos.object_detection.extras import Extras
from apps.demos.object_detection.film_command import FilmRuns
from apps.demos.object_detection.sources import Search, look_for
from apps.terminal.on_cluster import on_cluster
from apps.terminal.options import AsJson, DetectionModel, Device, Precision
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.words.amounts import count_text, seconds_text
from models.catalog import Task
from models.errors import InvalidInput, sentence_for, unforeseen
from models.pictures.class_names import classes_in
from models.pictures.file_names import path_from, path_text, shown_name
from models.pictures.limits import IMAGE_SIZES, MOST_DETECTIONS, THICKNESSES

if TYPE_CHECKING:
    from apps.demos.object_detection.run_folder import RunFolder
    from models.pictures.detections import ImageResult

Paths = Annotated[
    list[str],
    typer.Argument(
        help="Pictures, films, folders of them, patterns (“photos/**/*.jpg”), and lists: .txt files with a path on "
        "each line. Paths may be file:/// addresses.",
        metavar="PATH",
    ),
]
Confidence = Annotated[
    float, typer.Option("--conf", "--confidence", min=0, max=1, help="Show objects that score more.")
]
Iou = Annotated[float, typer.Option(min=0, max=1, help="Of boxes that overlap more, only the best stays.")]
Classes = Annotated[
    list[str] | None,
    typer.Option(
        help="Only these labels: repeat it, or separate them by commas (“person,dog”). #2 is the class whose id is 2.",
        metavar="LABEL",
    ),
]
ImageSize = Annotated[
    int | None,
    typer.Option(
        min=IMAGE_SIZES[0],
        max=IMAGE_SIZES[1],
        help="The longer side in pixels at which the network looks. Left out: what suits the model, 640 at most.",
    ),
]
MaxDet = Annotated[int, typer.Option("--max-det", min=1, help="At most so many objects in a picture.")]
AgnosticNms = Annotated[
    bool,
    typer.Option("--agnostic-nms", help="Of boxes that overlap, only the best stays, whatever their classes are."),
]
SaveCrop = Annotated[
    bool, typer.Option("--save-crop", help="Keep each object as a picture of its own, too: crops/LABEL/PICTURE-1.jpg.")
]
SaveConf = Annotated[
    bool, typer.Option("--save-conf", help="Write the confidence into the label files, as a sixth number.")
]
LineThickness = Annotated[
    int | None,
    typer.Option(
        min=THICKNESSES[0], max=THICKNESSES[1], help="Of the boxes, in pixels. Left out: what suits the picture."
    ),
]
Every = Annotated[
    int,
    typer.Option(
        "--every",
        "--vid-stride",
        min=1,
        help="Of films, look at every n-th frame; on those between, the boxes of the last one stay.",
        metavar="N",
    ),
]
Out = Annotated[Path, typer.Option(help="Where the new run folder is made.", metavar="DIR")]


@on_cluster("detect", named="paths")
def detect(
    paths: Paths,
    confidence: Confidence = 0.25,
    iou: Iou = 0.45,
    classes: Classes = None,
    image_size: ImageSize = None,
    max_det: MaxDet = MOST_DETECTIONS,
    agnostic_nms: AgnosticNms = False,
    save_crop: SaveCrop = False,
    save_conf: SaveConf = False,
    line_thickness: LineThickness = None,
    every: Every = 1,
    out: Out = Path("runs"),
    model: DetectionModel = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Find objects in pictures and films.

    A new folder (runs/detect-001) gets the pictures with boxes, detections.csv, coco.json and labels for YOLO, picture
    by picture. A broken picture is reported and the rest goes on; Ctrl-C keeps what is done.

    Each film (MP4, MOV, AVI, WebM, Matroska) gets a folder in films/ with the film with boxes, as MP4 without sound and
    at most 1920 pixels wide or high, detections.csv, counts.csv with a line for each frame, and frames.jsonl. What was
    found before a film breaks off, or before Ctrl-C, is kept.
    \f
    With --json: where there are films, `films` is a list of `film` (its path), `folder` and `annotated` (the
    film with boxes; both null where no frame could be read), `error` (a sentence, or null), `finished` (false where it
    broke off or was stopped), `frames`, `looked_at` (how many of them), `film_seconds`, `most_at_once` (how many of
    each label one frame had at most) and `seconds`; `frames.jsonl` in its folder has a line for each frame looked at:
    `frame` (counts from 1), `time` (in seconds from the first one), and what an image has.
    """
    search = look_for([path_from(path) for path in paths])  # before the libraries are read: they take seconds

    from apps.demos.object_detection.run_folder import RunFolder

    detector = load_model(Task.OBJECT_DETECTION, model, device, precision)
    wanted = classes_in(classes or (), detector.labels)
    settings = {"confidence": confidence, "iou": iou, "classes": wanted, "image_size": image_size}
    settings |= {"max_detections": max_det, "class_agnostic": agnostic_nms}
    extras = Extras(save_crop, save_conf, line_thickness)
    folder = RunFolder.create(out, search.pictures, detector.labels, extras)
    films = FilmRuns(search.films, folder.path, every, line_thickness)
    with stoppable() as cancelled:
        results = UntilStopped(detector.detect_files(search.pictures, cancelled, **settings))
        seen = UntilStopped(films.look(detector, cancelled, settings))
        try:
            problem = _keep_each(results, folder, len(search.pictures))
        finally:
            folder.finish()
        if not results.stopped and problem is None:
            list(seen)
    stopped = results.stopped or seen.stopped
    _tell(search, folder, problem)
    films.tell()
    if as_json:
        facts = {"model": detector.card.model_id, "device": detector.device.type, "precision": detector.precision}
        finished = {"finished": not stopped and problem is None}
        not_read = {"not_read": search.not_read} if search.not_read else {}
        of_films = {"films": [film.as_dict() for film in films.results]} if films.results else {}
        result_json(facts | _as_dict(folder) | finished | not_read | of_films)
    else:
        _show(folder, films)
    failed = any(done.error for done in folder.results) or bool(search.problems or folder.problems or problem)
    end(stopped, failed=failed or films.failed)


def _keep_each(results: Iterable["ImageResult"], folder: "RunFolder", total: int) -> str | None:
    """Keep each result as it comes; the sentence about what made an end of it, for instance a full disk."""
    progress = ProgressLine(lambda speed: f"{speed * total:.1f} pictures/s")
    try:
        for done in results:
            folder.add(done)
            number = len(folder.results)
            progress.update(f"{number} of {count_text(total, 'picture')}", number / total)
    except InvalidInput as problem:
        return str(problem)
    except Exception as error:  # what was computed before is shown all the same
        return sentence_for(error) or unforeseen(error)
    finally:
        progress.close()
    return None


def _tell(search: Search, folder: "RunFolder", problem: str | None) -> None:
    """What was assumed, passed over and not done, what is worst last."""
    for sentence in search.not_read:
        note(sentence)
    for done in folder.results:
        if done.detections is not None and done.detections.remark:
            note(f"{shown_name(done.path.name)}: {done.detections.remark}")
    for sentence in search.problems:
        note(sentence)
    for done in folder.results:
        if done.error:
            note(done.error)
    for sentence in folder.problems:
        note(sentence)
    if problem is not None:
        note(problem)


def _as_dict(folder: "RunFolder") -> dict[str, Any]:
    images = [
        done.as_dict()
        | {"annotated": path_text(target) if target is not None else None}
        | ({"crops": [path_text(crop) for crop in crops]} if folder.extras.crops else {})
        for done, target, crops in zip(folder.results, folder.annotated, folder.crops, strict=True)
    ]
    return {"run_folder": path_text(folder.path), "images": images, "counts": _counts(folder)}


def _counts(folder: "RunFolder") -> dict[str, int]:
    """How many of each label in all pictures, the most frequent first."""
    total: Counter[str] = Counter()
    for done in folder.results:
        total.update(done.detections.counts() if done.detections else {})
    return dict(total.most_common())


def _show(folder: "RunFolder", films: FilmRuns) -> None:
    rows = [
        (shown_name(done.path), _in_words(done.detections.counts()), seconds_text(done.seconds))
        for done in folder.results
        if done.detections
    ]
    if rows or not films.results:
        result_table(("PICTURE", "OBJECTS", "TIME"), rows, numbers=("TIME",))
        result(f"\n{count_text(len(rows), 'picture')}: {_in_words(_counts(folder))}")
        result("", end="\n" * bool(films.results))
    films.show()
    result(f"Kept in {shown_name(folder.path)}")


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {shown_name(label)}" for label, count in counts.items()) or "nothing"
