"""The file with gold labels: the sample of the suite, or one of the visitor's own with its columns guessed."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from apps.demos.transfer_learning.data import HEADERS, TYPES, Reading, first_lines, sample
from apps.demos.transfer_learning.reading import doubts, left_out_texts, reading_text
from apps.demos.transfer_learning.words import SAMPLE_LANGUAGES
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text
from models.wording import size_text
from training.text_data import SAMPLE, TextData, guessed_columns, read_texts
from training.text_files import MAX_BYTES, Table, read_table

NAME = "gold"
SAMPLE_SOURCE, OWN_SOURCE = "Sample", "My own file"
KEPT_FILE = f"{NAME}-kept-file"
MOST_REMARKS = 5
_KEPT: dict[str, Any] = {"persist_state": "session"}


@dataclass(frozen=True)
class GoldFile:
    """The rows with their labels, and the digest of the file and of how it was read."""

    data: TextData
    digest: str


def choose_gold() -> GoldFile | None:
    """Draw the choosers; the rows, or None without a file or columns. Raises InvalidInput for what is not a table."""
    row = st.container(horizontal=True, gap="large", vertical_alignment="bottom")
    source = _one_of(row, "Data", [SAMPLE_SOURCE, OWN_SOURCE], f"{NAME}-source")
    file = _choose_sample(row) if source == SAMPLE_SOURCE else _choose_file()
    if file is None:
        return None
    content, name = file
    digest = hashlib.sha256(content).hexdigest()[:16]
    reading = Reading() if source == SAMPLE_SOURCE else _choose_reading(digest)
    table = _remembered(
        "table", (digest, name, reading), lambda: read_table(content, name, reading.encoding, header=reading.header)
    )
    text, label = _choose_columns(table, digest)
    if text is None or label is None:
        st.info("Choose the column of the labels: none looks like one by itself.", icon=":material/view_column:")
        return None
    key = (digest, name, reading, text, label)
    data: TextData = _remembered("data", key, lambda: _read(content, name, text, label, reading))
    if source == OWN_SOURCE:
        _show_reading(data)
    return GoldFile(data, hashlib.sha256(repr(key).encode()).hexdigest()[:16])


def _read(content: bytes, name: str, text: str, label: str, reading: Reading) -> TextData:
    return read_texts(
        content, name, text, label, encoding=reading.encoding, header=reading.header, missing=reading.missing
    )


def _one_of(row: Any, label: str, options: list[str], key: str) -> str:
    chosen: str = row.segmented_control(label, options, default=options[0], required=True, key=key, **_KEPT)
    return chosen


def _choose_sample(row: Any) -> tuple[bytes, str]:
    language = _one_of(row, "Language", list(SAMPLE_LANGUAGES), f"{NAME}-language")
    st.caption(
        ":material/lightbulb: Short reviews, written for this suite: `label` says praise or complaint, `subject` what "
        "it is about. No model of the catalog has seen them."
    )
    return sample(SAMPLE_LANGUAGES[language]), SAMPLE.name


def _choose_file() -> tuple[bytes, str] | None:
    shown = st.file_uploader(
        f"CSV, TSV or JSON, at most {size_text(MAX_BYTES)}",
        type=TYPES,
        key=f"{NAME}-file",
        max_upload_size=MAX_BYTES // 1_000_000,
        on_change=_keep_file,
        help="One row for each text, with a column for the text and one for its label.",
    )
    kept: tuple[bytes, str] | None = st.session_state.get(KEPT_FILE)
    if kept is None:
        st.caption("The file goes to the machine that Aula runs on, and nowhere else.")
    elif shown is None:
        st.caption(f":material/draft: {escape(kept[1])} · {size_text(len(kept[0]))}")
    return kept


def _keep_file() -> None:
    """In the session, because the field forgets it when another view is drawn."""
    file = st.session_state[f"{NAME}-file"]
    if file is None:
        st.session_state.pop(KEPT_FILE, None)
    else:
        st.session_state[KEPT_FILE] = (file.getvalue(), file.name.replace("\\", "/").rsplit("/", 1)[-1])


def _choose_reading(digest: str) -> Reading:
    with st.popover("How it is read", icon=":material/table_view:"):
        first = _one_of(st, "The first line", list(HEADERS), f"{NAME}-header-{digest}")
        missing = st.text_input(
            "Missing",
            key=f"{NAME}-missing-{digest}",
            placeholder="empty cells",
            help="What else counts as nothing, separated by commas: NA, null",
            **_KEPT,
        )
        encoding = st.text_input(
            "Encoding",
            key=f"{NAME}-encoding-{digest}",
            placeholder="found out",
            help="As utf-8 or cp1252, where letters look wrong.",
            **_KEPT,
        )
    signs = tuple(sign.strip() for sign in (missing or "").split(",") if sign.strip())
    return Reading(HEADERS[first], signs, (encoding or "").strip() or None)


def _choose_columns(table: Table, digest: str) -> tuple[str | None, str | None]:
    columns = list(table.columns)
    places = [None if column is None else columns.index(column) for column in guessed_columns(table)]
    key = hashlib.sha256(repr((digest, columns)).encode()).hexdigest()[:16]  # other names are another choice
    text, label = st.columns(2)
    return (
        text.selectbox("Column of the texts", columns, places[0], key=f"{NAME}-text-{key}", **_KEPT),
        label.selectbox("Column of the labels", columns, places[1], key=f"{NAME}-label-{key}", **_KEPT),
    )


def _show_reading(data: TextData) -> None:
    """How the file was read, what of it was left out, and what may have been meant otherwise."""
    st.caption(escape(reading_text(data.table, data.missing)))
    for sentence in doubts(data)[:MOST_REMARKS]:
        st.warning(message(sentence), icon=":material/help:")
    sentences = left_out_texts(data.faults)
    for sentence in sentences[:MOST_REMARKS]:
        st.warning(message(sentence), icon=":material/remove:")
    if len(sentences) > MOST_REMARKS:
        st.caption(f"There are {count_text(len(sentences) - MOST_REMARKS, 'more reason')}.")
    if data.table.first:
        with st.expander("The first lines as they were read"):
            st.dataframe(first_lines(data.table), hide_index=True, key=f"{NAME}-first-lines")


def _remembered(kind: str, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The session's latest value of a kind: reading 50 MB again at each click would take seconds."""
    field = f"{NAME}-{kind}"
    if st.session_state.get(field, (None,))[0] != key:
        with st.spinner("Reading the file"):
            st.session_state[field] = (key, make())
    return st.session_state[field][1]
