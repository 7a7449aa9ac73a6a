"""Detections as files that other programs read: CSV for a spreadsheet, COCO JSON and YOLO labels for training tools.

Pure functions from results to text, used by the page and the terminal alike. Each picture has two names: one that every
file system takes and no other picture has, under which its label file and its picture with boxes are kept, and its
`path`, which leads back to the file that was read.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from models.pictures.detections import Detections, ImageResult
from models.pictures.file_names import path_text, safe_stem, spreadsheet_path
from models.wording import spreadsheet_text

CSV_COLUMNS = (
    "image", "label", "class_id", "confidence", "x1", "y1", "x2", "y2", "image_width", "image_height", "path",
)  # fmt: skip


def unique_names(paths: Iterable[Path]) -> list[str]:
    """File names for the disk, each of which gives one `stem.txt`: as they are wherever every file system takes them.

    A number is added where another file of that stem came before.
    """
    taken: set[str] = set()
    reached: dict[str, int] = {}  # of each stem: to count from 2 again would take minutes for 20,000 of “image.jpg”
    names = []
    for path in map(Path, paths):
        suffix = f".{safe_stem(path.suffix[1:])}" if path.suffix else ""
        first = stem = safe_stem(path.stem)
        number = reached.get(_alike(first), 1)
        while _alike(stem) in taken:
            number += 1
            stem = f"{first}-{number}"
        taken.add(_alike(stem))
        reached[_alike(first)] = number
        names.append(stem + suffix)
    return names


def _alike(stem: str) -> str:
    """What some file systems take for the same name: they do not tell A from a, nor é from e with an accent."""
    return unicodedata.normalize("NFC", stem).casefold()


def unique_paths(paths: Iterable[Path]) -> list[Path]:
    """Paths that tell all pictures apart: the second “bus.jpg” that a browser sends is “bus.jpg (2)”, by its place.

    Files of this machine have different paths already, and keep them.
    """
    given = list(map(Path, paths))
    taken, seen, unique = set(given), set[Path](), []
    for path in given:
        number, one = 1, path
        while one in seen or (number > 1 and one in taken):
            number += 1
            one = path.with_name(f"{path.name} ({number})")
        seen.add(one)
        unique.append(one)
    return unique


def to_csv(results: Sequence[ImageResult]) -> str:
    """One line for each detection, `detections.csv`; boxes in pixels of the picture.

    A name or label that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    return csv_head() + "".join(csv_lines(name, path, found) for name, path, found in _readable(results))


def csv_head() -> str:
    """The line of `detections.csv` that names its columns."""
    return _csv([CSV_COLUMNS])


def csv_lines(name: str, path: Path, detections: Detections) -> str:
    """The lines of one picture."""
    rows = []
    for detection in detections.detections:
        box = [f"{side:.2f}" for side in detection.box]
        words = [spreadsheet_text(name), spreadsheet_text(detection.label)]
        numbers = [detection.class_id, f"{detection.confidence:.4f}", *box, *detections.image_size]
        rows.append([*words, *numbers, spreadsheet_path(path)])
    return _csv(rows)


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def to_coco(results: Sequence[ImageResult], labels: Mapping[int, str]) -> dict[str, Any]:
    """COCO's object detection format, `coco.json`: boxes as x, y, width, height; each annotation with its score.

    Image and annotation ids count from 1; category ids are the model's class ids, which count from 0.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, path, detections) in enumerate(_readable(results), start=1):
        images.append(coco_image(image_id, name, path, detections.image_size))
        annotations.extend(coco_annotations(image_id, len(annotations) + 1, detections))
    return {"images": images, "annotations": annotations, "categories": coco_categories(labels)}


def coco_image(image_id: int, name: str, path: Path, image_size: tuple[int, int]) -> dict[str, Any]:
    """One entry of `images`; `path`, which COCO does not have, leads back to the file that was read."""
    width, height = image_size
    return {"id": image_id, "file_name": name, "width": width, "height": height, "path": path_text(path)}


def coco_annotations(image_id: int, first_id: int, detections: Detections) -> list[dict[str, Any]]:
    """The entries of `annotations` for one picture, whose ids begin at `first_id`."""
    entries = []
    for number, detection in enumerate(detections.detections, start=first_id):
        x1, y1, x2, y2 = detection.box
        entries.append(
            {
                "id": number,
                "image_id": image_id,
                "category_id": detection.class_id,
                "bbox": [round(side, 2) for side in (x1, y1, x2 - x1, y2 - y1)],
                "area": round((x2 - x1) * (y2 - y1), 2),
                "iscrowd": 0,
                "score": round(detection.confidence, 4),
            }
        )
    return entries


def coco_categories(labels: Mapping[int, str]) -> list[dict[str, Any]]:
    """The entries of `categories`."""
    return [{"id": class_id, "name": name} for class_id, name in sorted(labels.items())]


def to_yolo_labels(detections: Detections, with_confidence: bool = False) -> str:
    """One line for each detection, `labels/*.txt`: class id, then the box's centre x, y, width, height as fractions.

    `with_confidence` adds it as a sixth number, as `detect.py --save-conf` does; training tools want five.
    """
    width, height = detections.image_size
    lines = []
    for detection in detections.detections:
        x1, y1, x2, y2 = detection.box
        numbers = [(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height]
        numbers += [detection.confidence] * with_confidence
        lines.append(" ".join([str(detection.class_id), *(f"{number:.6f}" for number in numbers)]))
    return "".join(f"{line}\n" for line in lines)


def export_files(
    results: Sequence[ImageResult], labels: Mapping[int, str], with_confidence: bool = False
) -> dict[str, str]:
    """Every text file of a run by its name: `detections.csv`, `coco.json`, `labels/*.txt` (as `to_yolo_labels`).

    A picture without objects has an empty label file, as training tools expect; one that could not be read has none.
    """
    files = {"detections.csv": to_csv(results), "coco.json": coco_text(results, labels)}
    for name, _, detections in _readable(results):
        files[f"labels/{Path(name).stem}.txt"] = to_yolo_labels(detections, with_confidence)
    return files


def coco_text(results: Sequence[ImageResult], labels: Mapping[int, str]) -> str:
    """The content of `coco.json`."""
    return json.dumps(to_coco(results, labels), indent=2, ensure_ascii=False) + "\n"


def _readable(results: Sequence[ImageResult]) -> list[tuple[str, Path, Detections]]:
    """What was found in the pictures that could be read, with their unique names and their unique paths.

    The names are given to all pictures first, so that one that cannot be read does not shift them.
    """
    names = unique_names(result.path for result in results)
    named = zip(names, unique_paths(result.path for result in results), results, strict=True)
    return [(name, path, result.detections) for name, path, result in named if result.detections is not None]
