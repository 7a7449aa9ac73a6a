"""Hands what was explored on to the page Transfer learning."""

import csv
import io
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.teach_pictures.data import take_pictures
from apps.demos.transfer_learning.data import take_file
from apps.pages import page_named
from models.wording import size_text
from training.text_files import MAX_BYTES

if TYPE_CHECKING:
    from training.exploration.pictures import PictureReport
    from training.exploration.tables import TableReport


def offer_texts(report: "TableReport") -> None:
    """A button that opens Transfer learning with the usable rows; nothing where they cannot be learned from."""
    if report.problem is not None or report.texts is None:
        return
    if st.button("Send to Transfer learning", type="primary", icon=":material/model_training:"):
        content = rows_as_csv(report)
        if len(content) > MAX_BYTES:
            st.error(
                f"The usable rows have {size_text(len(content))}; a training takes at most {size_text(MAX_BYTES)}. "
                "Take a part of the file."
            )
            return
        take_file(content, file_name(report))
        st.switch_page(page_named("transfer_learning").file)
    if report.texts.parts is not None and report.texts.parts.source != "seed":
        st.caption("All rows are sent, and the training divides them itself: its test is not the one of this data.")


def rows_as_csv(report: "TableReport") -> bytes:
    """The usable rows as the training reads them: a column of texts, one of labels."""
    out = io.StringIO()
    lines = csv.writer(out)  # with the line ends of Windows: for others no cell is enclosed that holds a “\r”
    lines.writerow(("text", "label"))
    lines.writerows((row.text, row.label) for row in report.texts.rows) if report.texts else None
    return out.getvalue().encode()


def file_name(report: "TableReport") -> str:
    """The name of the first file, as CSV."""
    name = report.data[0].table.name.replace("/", "-").replace(" ", "-")
    return f"{name.rsplit('.', 1)[0]}.csv"


def offer_pictures(report: "PictureReport") -> None:
    """The same for pictures: the one place where the page for pictures is given what was explored here."""
    if report.problem is not None:
        return
    page = page_named("teach_pictures")
    if st.button(f"Send to {page.title}", type="primary", icon=":material/model_training:"):
        take_pictures(report.data)
        st.switch_page(page.file)
