"""The data of a training on the page: where it comes from, what is in it, and how it is divided."""

import csv
import hashlib
import io
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from apps.demos.datasets.results import MOST_ROWS_LISTED, faults_table, show_texts
from apps.demos.transfer_learning.reading import doubts, reading_text
from apps.demos.transfer_learning.steps import TEXT_PAGE
from apps.demos.transfer_learning.words import SAMPLE_LANGUAGES, SAMPLE_QUESTIONS
from apps.ui.markdown import escape, message
from apps.ui.training.steps import DATA
from apps.ui.training.text_table import (
    Reading,
    choose_columns,
    choose_file,
    choose_one,
    choose_reading,
    keep_file,
    remembered,
    show_first_lines,
)
from models.errors import InvalidInput
from training.exploration.texts import TextReport, explore_texts, seeded_parts
from training.text_data import SAMPLE, Facts, TextData, require_trainable

NAME = "transfer"
SAMPLE_SOURCE, OWN_SOURCE = "Sample", "My own file"
MOST_ROWS_EXPLORED = 5_000  # of more, what takes seconds is left to the page that has a Stop for it


@dataclass(frozen=True)
class DataChoice:
    """The rows to learn from: the file as it is, and what was read from it.

    `problem` says why no classifier can be trained on these rows; it is None where one can. `header` and `encoding` are
    what the visitor chose for `read_texts`; None where that is found out.
    """

    content: bytes
    data: TextData
    report: TextReport | None = None
    facts: Facts | None = None
    problem: str | None = None
    header: bool | None = None
    encoding: str | None = None


def choose_data() -> DataChoice | None:
    """Draw the choosers; the rows, or None without a file. Raises InvalidInput for a file that is not a table."""
    choosers = st.container(horizontal=True, gap="large")
    source = choose_one(choosers, "Data", [SAMPLE_SOURCE, OWN_SOURCE], f"{NAME}-source")
    return _sample(choosers) if source == SAMPLE_SOURCE else _own()


def _sample(choosers: Any) -> DataChoice:
    language = choose_one(choosers, "Language", list(SAMPLE_LANGUAGES), f"{NAME}-language")
    question = choose_one(choosers, "Question", list(SAMPLE_QUESTIONS), f"{NAME}-question")
    column, expectation = SAMPLE_QUESTIONS[question]
    st.caption(f"Short reviews, written for this suite. {expectation}")
    return _chosen(sample(SAMPLE_LANGUAGES[language]), SAMPLE.name, Reading(), "text", column)


def _own() -> DataChoice | None:
    file = choose_file(NAME)
    if file is None:
        return None
    digest = _digest(file[0])
    with st.container(horizontal=True, gap="large"):
        reading = choose_reading(NAME, digest)
    table = remembered(NAME, "table", (digest, file[1], reading), lambda: reading.table(*file))
    text, label = choose_columns(NAME, table, digest)
    show_first_lines(NAME, table)
    if text is None or label is None:
        st.info("Choose the column of the labels: none looks like one by itself.", icon=":material/view_column:")
        return None
    return _chosen(*file, reading, text, label)


def _chosen(content: bytes, name: str, reading: Reading, text: str, label: str) -> DataChoice:
    key = (_digest(content), name, reading, text, label)
    found: DataChoice = remembered(NAME, "chosen", key, lambda: _explore(content, name, text, label, reading))
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@st.cache_data(show_spinner=False)
def sample(language: str | None) -> bytes:
    """The sample as CSV: the rows of one language, or all."""
    lines = list(csv.reader(io.StringIO(SAMPLE.read_text(encoding="utf-8"))))
    column = lines[0].index("language")
    kept = [lines[0], *(line for line in lines[1:] if language in (None, line[column]))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(kept)
    return text.getvalue().encode()


def take_file(content: bytes, name: str) -> None:
    """Data from another page, as if the visitor had chosen this file here."""
    st.session_state[f"{NAME}-source"] = OWN_SOURCE
    keep_file(NAME, content, name)
    TEXT_PAGE.go_to(DATA)


def _explore(content: bytes, name: str, text: str, label: str, reading: Reading) -> DataChoice:
    data = reading.texts(content, name, text, label)
    chosen = DataChoice(content, data, header=reading.header, encoding=reading.encoding)
    if not data.rows:
        return replace(chosen, problem=f"No row of {name} has both a text and a label.")
    deep = len(data.rows) <= MOST_ROWS_EXPLORED
    try:
        require_trainable(data)
    except InvalidInput as error:
        report = explore_texts(data.rows, True, deep=deep)
        return replace(chosen, report=report, facts=report.facts, problem=str(error))
    report = explore_texts(data.rows, True, seeded_parts(data.rows), deep)
    return replace(chosen, report=report, facts=report.facts)


# What is in it


def show_data(chosen: DataChoice) -> None:
    """The explorer, which is that of the page Datasets."""
    st.caption(escape(reading_text(chosen.data.table, chosen.data.missing)))
    for doubt in doubts(chosen.data):
        st.warning(message(doubt), icon=":material/help:")
    if chosen.problem:
        st.error(message(chosen.problem), icon=":material/error:")
    if chosen.report is not None:
        show_texts(chosen.report, chosen.data.faults, "transfer")
        if chosen.report.near is None:
            st.caption("Of so many rows, near-duplicates and languages are looked for on the page “Datasets” only.")
    elif chosen.data.faults:
        st.dataframe(faults_table(chosen.data.faults[:MOST_ROWS_LISTED]), hide_index=True, key="transfer-left-out")
