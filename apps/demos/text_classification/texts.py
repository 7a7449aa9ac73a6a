"""The texts of the views that classify: examples, a field with one text a line."""

import streamlit as st

from apps.demos.text_classification.words import TO_CLASSIFY
from apps.ui.examples import choose_example
from models.text.lines import texts_in

TEXTS = "classification-texts"


def choose_texts() -> tuple[tuple[str, ...], str]:
    """The texts, one for each line that is not blank; and all that stands in the field."""
    choose_example("classification", {name: {TEXTS: example.text} for name, example in TO_CLASSIFY.items()})
    chosen = st.session_state.get("classification-example") or next(iter(TO_CLASSIFY))
    if st.session_state[TEXTS] == TO_CLASSIFY[chosen].text:
        st.caption(f":material/lightbulb: {TO_CLASSIFY[chosen].remark}")
    lines = st.text_area("Texts, one a line", key=TEXTS, height=180, persist_state="session")
    return texts_in(lines), lines
