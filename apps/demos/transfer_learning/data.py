"""The data of a training on the page: where it comes from, what is in it, and how it is divided."""

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from apps.demos.transfer_learning import charts
from apps.demos.transfer_learning.reading import doubts, left_out_texts, reading_text
from apps.demos.transfer_learning.tiles import show_tiles
from apps.demos.transfer_learning.words import SAMPLE_LANGUAGES, SAMPLE_QUESTIONS
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text
from models.errors import InvalidInput
from models.wording import size_text
from training.text_data import (
    SAMPLE,
    Facts,
    Split,
    TextData,
    facts,
    guessed_columns,
    read_texts,
    require_trainable,
    split,
)
from training.text_files import MAX_BYTES, Fault, Table, read_table

if TYPE_CHECKING:
    from training.text_data import Row

TYPES = ["csv", "tsv", "tab", "txt", "jsonl", "ndjson", "json"]
MOST_ROWS_LISTED = 200


@dataclass(frozen=True)
class DataChoice:
    """The rows to learn from: the file as it is, and what was read from it.

    `problem` says why no classifier can be trained on these rows; it is None where one can. `header` and `encoding` are
    what the visitor chose for `read_texts`; None where that is found out.
    """

    content: bytes
    data: TextData
    facts: Facts | None = None
    split: Split | None = None
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
    reading = Reading() if columns else _choose_reading(digest)
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
    return row.segmented_control(label, options, default=options[0], required=True, key=key, wrap=True, **_KEPT)


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


def _keep_file() -> None:
    file = st.session_state["transfer-file"]
    if file is None:
        st.session_state.pop("transfer-kept-file", None)
    else:
        st.session_state["transfer-kept-file"] = (file.getvalue(), file.name.replace("\\", "/").rsplit("/", 1)[-1])


def _choose_reading(digest: str) -> Reading:
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
    chosen = replace(chosen, facts=facts(data.rows))
    try:
        require_trainable(data)
    except InvalidInput as error:
        return replace(chosen, problem=str(error))
    return replace(chosen, split=split(data.rows))


def _remembered(kind: str, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The session's latest value of a kind: reading 50 MB again at each click would take seconds."""
    field = f"transfer-{kind}"
    if st.session_state.get(field, (None,))[0] != key:
        with st.spinner("Reading the file"):
            st.session_state[field] = (key, make())
    return st.session_state[field][1]


# What is in it


def show_data(chosen: DataChoice) -> None:
    """The explorer: counts, charts, the split, and the rows that deserve a look."""
    summary = chosen.facts
    if summary is not None:
        _show_tiles(chosen, summary)
        _show_charts(chosen, summary)
    st.caption(escape(reading_text(chosen.data.table, chosen.data.missing)))
    for doubt in doubts(chosen.data):
        st.warning(message(doubt), icon=":material/help:")
    if chosen.problem:
        st.error(message(chosen.problem), icon=":material/error:")
    _show_rows(chosen, summary)


def _show_tiles(chosen: DataChoice, summary: Facts) -> None:
    tiles = {
        "Rows": f"{summary.rows:,}",
        "Labels": str(len(summary.classes)),
        "Words, median": f"{summary.words.median:.0f}",
        "Duplicates": f"{len(summary.duplicates):,}",
        "Lines left out": f"{len(chosen.data.faults):,}",
    }
    show_tiles(tiles)


def _show_charts(chosen: DataChoice, summary: Facts) -> None:
    grid = st.grid(2, min_column_width=320, gap="large")
    balance, lengths = grid.cell(), grid.cell()
    parts = chosen.split
    rows = {name: getattr(parts, name) for name in charts.PARTS} if parts else {"": chosen.data.rows}
    balance.altair_chart(charts.balance_chart(rows, summary.classes), key="transfer-balance")
    lengths.altair_chart(charts.length_chart(chosen.data.rows), key="transfer-lengths")
    if parts:
        counts = ", ".join(f"{len(part):,} for {name}" for name, part in rows.items())
        st.caption(
            f"The split: {counts}. Each label has its share in every part, and rows with the same text stay together."
        )


def _show_rows(chosen: DataChoice, summary: Facts | None) -> None:
    """Tables behind tabs: only those with something in them."""
    conflicts = [row for group in summary.conflicts for row in group] if summary else []
    tables: dict[str, tuple[Sequence[Any], Callable[..., pd.DataFrame]]] = {
        "Rows": (chosen.data.rows, rows_table),
        "Duplicates": (summary.duplicates if summary else (), rows_table),
        "Same text, different labels": (conflicts, rows_table),
        "Lines left out": (chosen.data.faults, faults_table),
    }
    filled = {name: filling for name, filling in tables.items() if filling[0]}
    if not filled:
        return
    for tab, (name, (rows, table)) in zip(st.tabs(list(filled)), filled.items(), strict=True):
        if name == "Lines left out":
            tab.caption(escape(" ".join(left_out_texts(chosen.data.faults))))
        tab.dataframe(table(rows[:MOST_ROWS_LISTED]), hide_index=True, height=240, key=f"transfer-table-{name}")
        if len(rows) > MOST_ROWS_LISTED:
            tab.caption(f"The first {MOST_ROWS_LISTED} of {count_text(len(rows), 'row')}")


def rows_table(rows: Sequence["Row"]) -> pd.DataFrame:
    """Line, label and text of each row."""
    return pd.DataFrame([(row.line, row.label, row.text) for row in rows], columns=["line", "label", "text"])


def faults_table(faults: Sequence[Fault]) -> pd.DataFrame:
    """Each line that was left out, and why."""
    return pd.DataFrame([(fault.line, fault.reason) for fault in faults], columns=["line", "why it was left out"])
