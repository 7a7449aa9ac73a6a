"""Look at data before training on it: a table, pictures, or a dataset of the hub."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.datasets.choice import HUB, SAMPLE_SOURCE, Given, choose_columns, choose_files, choose_source
from apps.demos.datasets.hub_choice import choose_rows
from apps.demos.datasets.report_files import csv_text, json_text, markdown_text
from apps.demos.datasets.results import show_pictures, show_table
from apps.demos.datasets.sending import offer_pictures, offer_texts
from apps.demos.datasets.words import EXPLANATION, LINKS, SOURCES
from apps.demos.datasets.work import OnStep, worked_out
from apps.ui import messages
from apps.ui.downloads import show_download
from apps.ui.explain import how_it_works
from training.exploration.reading import Opened, open_table
from training.exploration.steps import Steps
from training.exploration.tables import Columns, TableReport, chosen_columns, explore_tables

if TYPE_CHECKING:
    from training.exploration.pictures import PictureReport
    from training.pictures.data import PictureData


def page() -> None:
    """What is given, and what is in it."""
    source = choose_source()
    if source == HUB:
        if (fetched := choose_rows()) is not None:
            key, rows = fetched
            if rows.pictures is not None:
                show_explored_pictures(key, rows.pictures)
            else:
                show_explored_tables(key, rows.tables)
        return
    given = choose_files(source)
    if given is not None and given.is_pictures:
        show_explored_pictures((given.key,), given)
    elif given is not None:
        key = (given.key, given.reading)
        opened = worked_out("datasets-read", key, lambda cancelled, tell: read(given, tell))
        if opened is not None:
            show_explored_tables(key, opened, given.reading.missing, choosable=source != SAMPLE_SOURCE)


def read(given: Given, tell: OnStep) -> tuple[Opened, ...]:
    """The tables of the files."""
    tell("Reading", 0.0)
    reading = given.reading
    return tuple(open_table(source, name, reading.encoding, header=reading.header) for name, source in given.files)


def show_explored_tables(
    key: tuple[Any, ...], opened: Sequence[Opened], missing: Sequence[str] = (), choosable: bool = True
) -> None:
    """Choose columns, explore, show."""
    guessed = worked_out("datasets-columns", key, lambda cancelled, tell: _guess(opened[0], tell))
    if guessed is None:
        return
    columns = choose_columns(opened[0].table, guessed, repr(key)) if choosable else guessed

    def work(cancelled: threading.Event, tell: OnStep) -> TableReport:
        return explore_tables(opened, columns, missing, steps=Steps(tell, cancelled))

    report = worked_out("datasets-report", (*key, columns), work)
    if report is not None:
        offer_texts(report)
        show_table(report)
        show_files(report)


def _guess(opened: Opened, tell: OnStep) -> Columns:
    tell("Finding the columns", 0.0)
    return chosen_columns(opened.table)


def show_explored_pictures(key: tuple[Any, ...], given: "Given | PictureData") -> None:
    """Read the pictures where they have not been, explore, show."""

    def work(cancelled: threading.Event, tell: OnStep) -> "PictureReport":
        from training.exploration.pictures import explore_pictures

        steps = Steps(tell, cancelled)
        return explore_pictures(_pictures(given, steps), steps=steps)

    report = worked_out("datasets-report", key, work)
    if report is not None:
        offer_pictures(report)
        show_pictures(report)
        show_files(report)


def _pictures(given: "Given | PictureData", steps: Steps) -> "PictureData":
    from training.pictures.reading import read_archive, read_pictures

    if not isinstance(given, Given):
        return given

    def on_step(done: int, total: int) -> None:
        steps.tell(f"Opening pictures: {done:,} of {total:,}", done / total)

    name, source = given.files[0]
    if isinstance(source, bytes):
        return read_archive(source, name, on_step=on_step)
    return read_pictures(source, on_step=on_step)


def show_files(report: "TableReport | PictureReport") -> None:
    """The report to take home."""
    st.subheader("The report")
    with st.container(horizontal=True):
        show_download("Findings, CSV", lambda: csv_text(report), "dataset.csv", "text/csv")
        show_download("Everything, JSON", lambda: json_text(report), "dataset.json", "application/json")
        show_download("Summary, Markdown", lambda: markdown_text(report), "dataset.md", "text/markdown")


st.title("Datasets")
st.markdown("Look at data before you train on it: what is in it, what comes twice, and what gives the answer away.")
with messages.shown():
    page()
how_it_works(EXPLANATION, SOURCES, LINKS)
