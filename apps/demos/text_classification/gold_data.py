"""The file with gold labels: the sample of the suite, or one of the visitor's own with its columns guessed."""

import hashlib
from dataclasses import dataclass
from typing import Any

import streamlit as st

from apps.demos.transfer_learning.data import sample
from apps.demos.transfer_learning.reading import doubts, left_out_texts, reading_text
from apps.demos.transfer_learning.words import SAMPLE_LANGUAGES
from apps.ui.markdown import escape, message
from apps.ui.training.text_table import (
    Reading,
    choose_columns,
    choose_file,
    choose_one,
    choose_reading,
    remembered,
    show_first_lines,
)
from apps.words.amounts import count_text
from training.text_data import SAMPLE, TextData

NAME = "gold"
SAMPLE_SOURCE, OWN_SOURCE = "Sample", "My own file"
MOST_REMARKS = 5


@dataclass(frozen=True)
class GoldFile:
    """The rows with their labels, and the digest of the file and of how it was read."""

    data: TextData
    digest: str


def choose_gold() -> GoldFile | None:
    """Draw the choosers; the rows, or None without a file or columns. Raises InvalidInput for what is not a table."""
    row = st.container(horizontal=True, gap="large", vertical_alignment="bottom")
    source = choose_one(row, "Data", [SAMPLE_SOURCE, OWN_SOURCE], f"{NAME}-source")
    file = _choose_sample(row) if source == SAMPLE_SOURCE else choose_file(NAME)
    if file is None:
        return None
    content, name = file
    digest = hashlib.sha256(content).hexdigest()[:16]
    reading = Reading() if source == SAMPLE_SOURCE else _choose_reading(digest)
    table = remembered(NAME, "table", (digest, name, reading), lambda: reading.table(content, name))
    text, label = choose_columns(NAME, table, digest)
    if text is None or label is None:
        st.info("Choose the column of the labels: none looks like one by itself.", icon=":material/view_column:")
        return None
    key = (digest, name, reading, text, label)
    data: TextData = remembered(NAME, "data", key, lambda: reading.texts(content, name, text, label))
    if source == OWN_SOURCE:
        _show_reading(data)
    return GoldFile(data, hashlib.sha256(repr(key).encode()).hexdigest()[:16])


def _choose_sample(row: Any) -> tuple[bytes, str]:
    language = choose_one(row, "Language", list(SAMPLE_LANGUAGES), f"{NAME}-language")
    st.caption(
        ":material/lightbulb: Short reviews, written for this suite: `label` says praise or complaint, `subject` what "
        "it is about. No model of the catalog has seen them."
    )
    return sample(SAMPLE_LANGUAGES[language]), SAMPLE.name


def _choose_reading(digest: str) -> Reading:
    with st.popover("How it is read", icon=":material/table_view:"):
        return choose_reading(NAME, digest)


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
            show_first_lines(NAME, data.table)
