"""What came of a training, on the page: figures beside baselines, mistakes in pictures, a trial, what to take along."""

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from apps.demos.teach_pictures.mistakes import show_confusions, show_worst
from apps.demos.teach_pictures.steps import PICTURE_PAGE
from apps.demos.teach_pictures.trial import show_trial
from apps.pages import page_named
from apps.ui import visitor
from apps.ui.downloads import show_download
from apps.ui.training.figures import show_figures, two_places
from apps.ui.training.keeping import show_keeping
from models.wording import spreadsheet_text
from training.job_folders import Job

COLUMNS = ("name", "label", "predicted", "probability")


def show_result(job: Job) -> None:
    """Everything about a training that ended with a model."""
    result = job.result()
    figures, trial = two_places()
    with figures:
        show_figures(PICTURE_PAGE, result, baselines(result))
    with trial:
        show_trial(job)
    show_confusions(job, result)
    show_worst(job, result)
    keeping, files = two_places()
    with keeping:
        where = page_named("image_classification")
        show_keeping(PICTURE_PAGE, job, where, "my-things", "pictures are classified")
    with files:
        _show_files(job, result)


def baselines(result: Mapping[str, Any]) -> dict[str, float]:
    """The accuracy of what needs no training, 0 to 1."""
    return {"nearest neighbour": result["nearest_accuracy"], "always the most frequent": result["majority_accuracy"]}


def _show_files(job: Job, result: Mapping[str, Any]) -> None:
    st.markdown("#### Take it along")
    with st.container(horizontal=True):
        show_download("Model as a folder (ZIP)", lambda: zipped(job.model_folder), "model.zip", "application/zip")
        show_download("Each test picture, CSV", lambda: csv_of_tested(result), "tested.csv", "text/csv")
        as_json = json.dumps(result, indent=1, ensure_ascii=False)
        show_download("Result, JSON", as_json, "result.json", "application/json")
        card = job.model_folder / "README.md"
        if card.is_file():
            show_download("Model card", card.read_text(encoding="utf-8"), "README.md", "text/markdown")
    said = "Unpacked, it works with `python aula.py classify-images PICTURES --model FOLDER`, and with transformers."
    if visitor.is_at_this_machine():
        said += " Once it is kept, `python aula.py models share trained/NAME` puts it on the Hugging Face hub."
    st.caption(said)


def zipped(folder: Path) -> bytes:
    """All files of a model's folder as a ZIP, in a folder of its name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # weights do not shrink
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, f"{folder.name}/{file.relative_to(folder).as_posix()}")
    return out.getvalue()


def csv_of_tested(result: Mapping[str, Any]) -> str:
    """A line for each test picture: its name, its class, what the model said, and how sure it was.

    A name or class that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows([_cell(one[column]) for column in COLUMNS] for one in result["tested"])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return spreadsheet_text(value) if isinstance(value, str) else value
