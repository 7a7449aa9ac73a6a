"""Detections as files that other programs read: CSV for a spreadsheet, COCO JSON and YOLO labels for training tools.

Pure functions from results to text, used by the page and the terminal alike.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from models.pictures.detections import Detections, ImageResult
from models.wording import spreadsheet_text

CSV_COLUMNS = ("image", "label", "class_id", "confidence", "x1", "y1", "x2", "y2", "image_width", "image_height")


def unique_names(paths: Iterable[Path]) -> list[str]:
    """File names as they are, with a number where another file of that stem came before: each gives one `stem.txt`."""
    taken: set[str] = set()
    names = []
    for path in map(Path, paths):
        stem, number = path.stem, 1
        while stem.lower() in taken:  # some file systems do not tell A from a
            number += 1
            stem = f"{path.stem}-{number}"
        taken.add(stem.lower())
        names.append(stem + path.suffix)
    return names


def to_csv(results: Sequence[ImageResult]) -> str:
    """One line for each detection, `detections.csv`; boxes in pixels of the picture.

    A name or label that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for name, detections in _readable(results):
        for detection in detections.detections:
            box = [f"{side:.2f}" for side in detection.box]
            words = [spreadsheet_text(name), spreadsheet_text(detection.label)]
            numbers = [detection.class_id, f"{detection.confidence:.4f}", *box, *detections.image_size]
            writer.writerow(words + numbers)
    return text.getvalue()


def to_coco(results: Sequence[ImageResult], labels: dict[int, str]) -> dict[str, Any]:
    """COCO's object detection format, `coco.json`: boxes as x, y, width, height; each annotation with its score.

    Image and annotation ids count from 1; category ids are the model's class ids, which count from 0.
    """
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for image_id, (name, detections) in enumerate(_readable(results), start=1):
        width, height = detections.image_size
        images.append({"id": image_id, "file_name": name, "width": width, "height": height})
        for detection in detections.detections:
            x1, y1, x2, y2 = detection.box
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": detection.class_id,
                    "bbox": [round(side, 2) for side in (x1, y1, x2 - x1, y2 - y1)],
                    "area": round((x2 - x1) * (y2 - y1), 2),
                    "iscrowd": 0,
                    "score": round(detection.confidence, 4),
                }
            )
    categories = [{"id": class_id, "name": name} for class_id, name in sorted(labels.items())]
    return {"images": images, "annotations": annotations, "categories": categories}


def to_yolo_labels(detections: Detections) -> str:
    """One line for each detection, `labels/*.txt`: class id, then the box's centre x, y, width, height as fractions."""
    width, height = detections.image_size
    lines = []
    for detection in detections.detections:
        x1, y1, x2, y2 = detection.box
        numbers = ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height)
        lines.append(" ".join([str(detection.class_id), *(f"{number:.6f}" for number in numbers)]))
    return "".join(f"{line}\n" for line in lines)


def export_files(results: Sequence[ImageResult], labels: dict[int, str]) -> dict[str, str]:
    """Every text file of a run by its name: `detections.csv`, `coco.json`, `labels/*.txt`.

    A picture without objects has an empty label file, as training tools expect; one that could not be read has none.
    """
    files = {
        "detections.csv": to_csv(results),
        "coco.json": json.dumps(to_coco(results, labels), indent=2, ensure_ascii=False) + "\n",
    }
    for name, detections in _readable(results):
        files[f"labels/{Path(name).stem}.txt"] = to_yolo_labels(detections)
    return files


def _readable(results: Sequence[ImageResult]) -> list[tuple[str, Detections]]:
    """What was found in the pictures that could be read, with their unique names.

    The names are given to all pictures first, so that one that cannot be read does not shift them.
    """
    named = zip(unique_names(result.path for result in results), results, strict=True)
    return [(name, result.detections) for name, result in named if result.detections is not None]
