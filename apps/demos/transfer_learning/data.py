"""The data of a training on the page: where it comes from, what is in it, and how it is divided."""

import csv
import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import streamlit as st

from apps.demos.datasets.results import MOST_ROWS_LISTED, faults_table, show_texts
from apps.demos.transfer_learning.reading import doubts, reading_text
from apps.demos.transfer_learning.steps import TEXT_PAGE
from apps.demos.transfer_learning.words import SAMPLE_LANGUAGES, SAMPLE_QUESTIONS
from apps.ui.markdown import escape, message
from apps.ui.training.steps import DATA
from models.errors import InvalidInput
from models.wording import size_text
from training.exploration.texts import TextReport, explore_texts, seeded_parts
from training.text_data import SAMPLE, Facts, TextData, guessed_columns, read_texts, require_trainable
from training.text_files import MAX_BYTES, Table, read_table

TYPES = ["csv", "tsv", "tab", "txt", "jsonl", "ndjson", "json"]
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


@dataclass(frozen=True)
class Reading:
    """How a file shall be read, as in `read_texts`: what the visitor chose, None or empty for what is found out."""

    header: bool | None = None
    missing: tuple[str, ...] = ()
    encoding: str | None = None


HEADERS = {"Found out": None, "Names the columns": True, "Is a row": False}


def choose_data() -> DataChoice | None:
    """Draw the choosers; the rows, or None without a file. Raises InvalidInput for a file that is not a table."""
    choosers = st.container(horizontal=True, gap="large")
    source = _choose_one(choosers, "Data", ["Sample", "My own file"], "transfer-source")
    file = _choose_sample(choosers) if source == "Sample" else _choose_file()
    if file is None:
        return None
    content, name, columns = file
    digest = hashlib.sha256(content).hexdigest()[:16]
    reading = Reading() if columns else choose_reading(digest)
    key = (digest, name, reading)
    table = _remembered("table", key, lambda: read_table(content, name, reading.encoding, header=reading.header))
    text, label = columns or _choose_columns(table, digest)
    if columns is None:
        show_first_lines(table)
    if text is None or label is None:
        st.info("Choose the column of the labels: none looks like one by itself.", icon=":material/view_column:")
        return None
    return _remembered("chosen", (*key, text, label), lambda: _explore(content, name, text, label, reading))


_KEPT: dict[str, Any] = {"persist_state": "session"}


def _choose_sample(choosers: Any) -> tuple[bytes, str, tuple[str, str]]:
    language = _choose_one(choosers, "Language", list(SAMPLE_LANGUAGES), "transfer-language")
    question = _choose_one(choosers, "Question", list(SAMPLE_QUESTIONS), "transfer-question")
    column, expectation = SAMPLE_QUESTIONS[question]
    st.caption(f"Short reviews, written for this suite. {expectation}")
    return sample(SAMPLE_LANGUAGES[language]), SAMPLE.name, ("text", column)


def _choose_one(row: Any, label: str, options: list[str], key: str) -> str:
    default = None if key in st.session_state else options[0]  # `take_file` may have chosen already
    return row.segmented_control(label, options, default=default, required=True, key=key, wrap=True, **_KEPT)


@st.cache_data(show_spinner=False)
def sample(language: str | None) -> bytes:
    """The sample as CSV: the rows of one language, or all."""
    lines = list(csv.reader(io.StringIO(SAMPLE.read_text(encoding="utf-8"))))
    column = lines[0].index("language")
    kept = [lines[0], *(line for line in lines[1:] if language in (None, line[column]))]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(kept)
    return text.getvalue().encode()


def _choose_file() -> tuple[bytes, str, None] | None:
    """A file of this visitor; kept in the session, because the field forgets it on the next step."""
    shown = st.file_uploader(
        f"CSV, TSV or JSON, at most {size_text(MAX_BYTES)}",
        type=TYPES,
        key="transfer-file",
        max_upload_size=MAX_BYTES // 1_000_000,
        on_change=_keep_file,
        help="One row for each text, with a column for the text and one for its label.",
    )
    kept = st.session_state.get("transfer-kept-file")
    if kept is None:
        st.caption("The file goes to the machine that Aula runs on, and nowhere else.")
        return None
    if shown is None:
        st.caption(f":material/draft: {escape(kept[1])} · {size_text(len(kept[0]))}")
    return *kept, None


def take_file(content: bytes, name: str) -> None:
    """Data from another page, as if the visitor had chosen this file here."""
    st.session_state["transfer-source"] = "My own file"
    st.session_state["transfer-kept-file"] = (content, name)
    TEXT_PAGE.go_to(DATA)


def _keep_file() -> None:
    file = st.session_state["transfer-file"]
    if file is None:
        st.session_state.pop("transfer-kept-file", None)
    else:
        st.session_state["transfer-kept-file"] = (file.getvalue(), file.name.replace("\\", "/").rsplit("/", 1)[-1])


def choose_reading(digest: str) -> Reading:
    """What a program can only guess of a file."""
    with st.container(horizontal=True, gap="large"):
        first = _choose_one(st, "The first line", list(HEADERS), f"transfer-header-{digest}")
        missing = st.text_input(
            "Missing",
            key=f"transfer-missing-{digest}",
            placeholder="empty cells",
            help="What else counts as nothing, separated by commas: NA, null",
            **_KEPT,
        )
        encoding = st.text_input(
            "Encoding",
            key=f"transfer-encoding-{digest}",
            placeholder="found out",
            help="As utf-8 or cp1252, where letters look wrong.",
            **_KEPT,
        )
    signs = tuple(sign.strip() for sign in (missing or "").split(",") if sign.strip())
    return Reading(HEADERS[first], signs, (encoding or "").strip() or None)


def _choose_columns(table: Table, digest: str) -> tuple[str | None, str | None]:
    columns = list(table.columns)
    guessed = guessed_columns(table)
    places = [None if column is None else columns.index(column) for column in guessed]
    key = hashlib.sha256(repr((digest, columns)).encode()).hexdigest()[:16]  # other names are another choice
    text, label = st.columns(2)
    return (
        text.selectbox("Column of the texts", columns, places[0], key=f"transfer-text-{key}", **_KEPT),
        label.selectbox("Column of the labels", columns, places[1], key=f"transfer-label-{key}", **_KEPT),
    )


def show_first_lines(table: Table) -> None:
    """The first lines as they were read, and what each was taken for."""
    if table.first:
        st.dataframe(first_lines(table), hide_index=True, key="transfer-first-lines")


def first_lines(table: Table) -> pd.DataFrame:
    """Line, what it was taken for, and its cells below the names of the columns."""
    rows = {record.line for record in table.records}
    width = max(len(table.columns), *(len(cells) for _, cells in table.first))
    names = [*table.columns, *(f"cell {number}" for number in range(len(table.columns) + 1, width + 1))]
    shown = []
    for line, cells in table.first:
        taken = "names" if line == table.header_line else "row" if line in rows else "left out"
        shown.append((line, taken, *cells, *[""] * (width - len(cells))))
    frame = pd.DataFrame(shown)
    frame.columns = pd.Index(_all_different(["line", "taken as", *names]))
    return frame


def _all_different(names: list[str]) -> list[str]:
    """The names, with a blank more where one comes again: a file may have a column “line”, too."""
    return [name + " " * names[:place].count(name) for place, name in enumerate(names)]


def _explore(content: bytes, name: str, text: str, label: str, reading: Reading) -> DataChoice:
    data = read_texts(
        content, name, text, label, encoding=reading.encoding, header=reading.header, missing=reading.missing
    )
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


def _remembered(kind: str, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The session's latest value of a kind: reading 50 MB again at each click would take seconds."""
    field = f"transfer-{kind}"
    if st.session_state.get(field, (None,))[0] != key:
        with st.spinner("Reading the file"):
            st.session_state[field] = (key, make())
    return st.session_state[field][1]


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
