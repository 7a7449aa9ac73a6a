"""What picture classifiers found, as files that other programs read: CSV for a spreadsheet, JSON for all else."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from models.pictures.file_names import spreadsheet_path
from models.wording import spreadsheet_text

if TYPE_CHECKING:
    from models.image_classification import FileResult

COLUMNS = ("image", "model", "rank", "class_id", "label", "score", "error")


def to_csv(results: "Mapping[str, Sequence[FileResult]]") -> str:
    """One line for each label of each picture, best first, by model id; one with the error where there is none.

    A name or label that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for model_id, files in results.items():
        for one in files:
            writer.writerows(_lines(model_id, one))
    return file.getvalue()


def _lines(model_id: str, one: "FileResult") -> Iterator[tuple[object, ...]]:
    name = spreadsheet_path(one.path)
    if one.classification is None:
        yield name, spreadsheet_text(model_id), "", "", "", "", spreadsheet_text(one.error or "")
        return
    for rank, entry in enumerate(one.classification.top, start=1):
        label = spreadsheet_text(entry.label)
        yield name, spreadsheet_text(model_id), rank, entry.class_id, label, f"{entry.score:.6f}", ""


def to_json(results: "Mapping[str, Sequence[FileResult]]") -> str:
    """An object with a list of pictures by model id."""
    found = {model_id: [one.as_dict() for one in files] for model_id, files in results.items()}
    return json.dumps(found, ensure_ascii=False, indent=2)
