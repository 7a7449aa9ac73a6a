"""Results to take home."""

from codecs import BOM_UTF8
from collections.abc import Callable

import streamlit as st

CSV = "text/csv"


def show_download(
    label: str, data: str | Callable[[], str | bytes], file: str, kind: str, key: str | None = None
) -> None:
    """A button that hands out one file; nothing on the page changes by it. A function makes the data when asked for.

    `key` tells buttons apart whose files may have the same name.
    """
    if kind == CSV:
        data = for_spreadsheet(data)
    st.download_button(label, data, file, kind, key=key or file, on_click="ignore", icon=":material/download:")


def show_report_files(name: str, csv: str, json: str, markdown: str | None = None) -> None:
    """The results as a table for a spreadsheet, with everything for a program, and as a text to paste."""
    with st.container(horizontal=True):
        show_download("CSV", csv, f"{name}.csv", CSV)
        show_download("JSON", json, f"{name}.json", "application/json")
        if markdown is not None:
            show_download("Markdown", markdown, f"{name}.md", "text/markdown")


def for_spreadsheet(table: str | Callable[[], str | bytes]) -> Callable[[], bytes]:
    """The table, made when it is asked for, with the mark by which Excel on Windows knows UTF-8: else “ñ” is “Ã±”."""

    def made() -> bytes:
        found = table() if callable(table) else table
        content = found.encode() if isinstance(found, str) else found
        return BOM_UTF8 + content.removeprefix(BOM_UTF8)

    return made
