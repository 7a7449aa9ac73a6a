"""A visitor's file of labelled texts: which one, how it is read, which columns. `page` begins every key of a page."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from apps.ui.markdown import escape
from models.wording import size_text
from training.text_data import TextData, guessed_columns, read_texts
from training.text_files import MAX_BYTES, Table, read_table

TYPES = ["csv", "tsv", "tab", "txt", "jsonl", "ndjson", "json"]
HEADERS = {"Found out": None, "Names the columns": True, "Is a row": False}
_KEPT: dict[str, Any] = {"persist_state": "session"}


@dataclass(frozen=True)
class Reading:
    """How a file shall be read, as in `read_texts`: what the visitor chose, None or empty for what is found out."""

    header: bool | None = None
    missing: tuple[str, ...] = ()
    encoding: str | None = None

    def table(self, content: bytes, name: str) -> Table:
        """The file as a table. Raises what `read_table` raises."""
        return read_table(content, name, self.encoding, header=self.header)

    def texts(self, content: bytes, name: str, text: str, label: str) -> TextData:
        """The texts of one column with the labels of another. Raises what `read_texts` raises."""
        return read_texts(content, name, text, label, encoding=self.encoding, header=self.header, missing=self.missing)


def choose_one(row: Any, label: str, options: list[str], key: str) -> str:
    """One of a few, drawn into `row`."""
    default = None if key in st.session_state else options[0]  # another page may have chosen already
    chosen: str = row.segmented_control(label, options, default=default, required=True, key=key, wrap=True, **_KEPT)
    return chosen


def choose_file(page: str) -> tuple[bytes, str] | None:
    """A file of this visitor; kept in the session, because the field forgets it when it is not drawn."""
    shown = st.file_uploader(
        f"CSV, TSV or JSON, at most {size_text(MAX_BYTES)}",
        type=TYPES,
        key=f"{page}-file",
        max_upload_size=MAX_BYTES // 1_000_000,
        on_change=_keep_file,
        args=(page,),
        help="One row for each text, with a column for the text and one for its label.",
    )
    kept: tuple[bytes, str] | None = st.session_state.get(f"{page}-kept-file")
    if kept is None:
        st.caption("The file goes to the machine that Aula runs on, and nowhere else.")
    elif shown is None:
        st.caption(f":material/draft: {escape(kept[1])} · {size_text(len(kept[0]))}")
    return kept


def _keep_file(page: str) -> None:
    file = st.session_state[f"{page}-file"]
    if file is None:
        st.session_state.pop(f"{page}-kept-file", None)
    else:
        keep_file(page, file.getvalue(), file.name.replace("\\", "/").rsplit("/", 1)[-1])


def keep_file(page: str, content: bytes, name: str) -> None:
    """A file as if the visitor had chosen it on this page."""
    st.session_state[f"{page}-kept-file"] = (content, name)


def choose_reading(page: str, digest: str) -> Reading:
    """What a program can only guess of a file."""
    first = choose_one(st, "The first line", list(HEADERS), f"{page}-header-{digest}")
    missing = st.text_input(
        "Missing",
        key=f"{page}-missing-{digest}",
        placeholder="empty cells",
        help="What else counts as nothing, separated by commas: NA, null",
        **_KEPT,
    )
    encoding = st.text_input(
        "Encoding",
        key=f"{page}-encoding-{digest}",
        placeholder="found out",
        help="As utf-8 or cp1252, where letters look wrong.",
        **_KEPT,
    )
    signs = tuple(sign.strip() for sign in (missing or "").split(",") if sign.strip())
    return Reading(HEADERS[first], signs, (encoding or "").strip() or None)


def choose_columns(page: str, table: Table, digest: str) -> tuple[str | None, str | None]:
    """The columns of the texts and of the labels; None where none looks like it and none is chosen."""
    columns = list(table.columns)
    read = (digest, table.name, table.encoding, table.header_line, table.columns)
    guessed = remembered(page, "guessed", read, lambda: guessed_columns(table))
    places = [None if column is None else columns.index(column) for column in guessed]
    key = hashlib.sha256(repr((digest, columns)).encode()).hexdigest()[:16]  # other names are another choice
    text, label = st.columns(2)
    chosen = (
        text.selectbox("Column of the texts", columns, places[0], key=f"{page}-text-{key}", **_KEPT),
        label.selectbox("Column of the labels", columns, places[1], key=f"{page}-label-{key}", **_KEPT),
    )
    return chosen


def show_first_lines(page: str, table: Table) -> None:
    """The first lines as they were read, and what each was taken for."""
    if table.first:
        st.dataframe(first_lines(table), hide_index=True, key=f"{page}-first-lines")


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


def remembered(page: str, kind: str, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
    """The session's latest value of a kind: reading 50 MB again at each click would take seconds."""
    field = f"{page}-{kind}"
    if st.session_state.get(field, (None,))[0] != key:
        with st.spinner("Reading the file"):
            st.session_state[field] = (key, make())
    return st.session_state[field][1]
