"""New tokens for a model that comes with the suite, and what that does to its embedding table."""

from __future__ import annotations  # the dataclass of the result comes with torch

import threading
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from apps.demos.tokenizers.chips import plain
from apps.demos.tokenizers.words import GROWTH_TEXT, NEW_TOKENS
from apps.ui.background import Emit
from apps.ui.markdown import escape
from apps.ui.run import last_outcome, run_experiment, show_end
from apps.words.amounts import count_text
from models.cancellation import stop_if
from models.catalog import CATALOG, ModelCard
from models.device import Device
from models.tasks import Task
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.text.embedding_growth import Growth

NAME = "tokenizers-growth"
TASKS = (Task.TEXT_GENERATION, Task.TEXT_CLASSIFICATION, Task.TEXT_TO_TEXT)


def show_growing() -> None:
    """Model, new tokens, a text; then the table before and after."""
    cards = {card.model_id: card for card in CATALOG if card.embedded is not None and card.task in TASKS}
    st.session_state.setdefault("tokenizers-new", NEW_TOKENS)
    st.session_state.setdefault("tokenizers-new-text", GROWTH_TEXT)
    left, middle, right = st.columns([2, 2, 3])
    chosen = left.selectbox("Of which model", list(cards), key="tokenizers-model", persist_state="session")
    names = middle.text_input("New tokens, with commas between", key="tokenizers-new", persist_state="session")
    text = right.text_input("A text with them", key="tokenizers-new-text", persist_state="session")
    if st.button("Grow the table", type="primary", icon=":material/expand:"):
        _run(cards[chosen], names, text)
    outcome = last_outcome(NAME)
    if outcome is not None:
        for growth in outcome.items:
            show_growth(growth)
        show_end(outcome)


def _run(card: ModelCard, names: str, text: str) -> None:
    key = ModelKey(card.task, card.model_id, "cpu", "fp32")

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        from models.text.embedding_growth import grow
        from serving.loading import load

        loaded = load(key)  # of its own: what grows must be nobody else's
        stop_if(cancelled)
        emit(grow(loaded, names.split(","), text[:2_000]))

    run_experiment(NAME, key, work)


def show_growth(growth: Growth) -> None:
    """The shapes, the tokens of the text, and the first numbers of the new row."""
    for column, (label, size, parameters) in zip(
        st.columns(2),
        (("before", growth.before, growth.parameters[0]), ("after", growth.after, growth.parameters[1])),
        strict=True,
    ):
        column.metric(f"Embedding table {label}", f"{size[0]:,} × {size[1]}")
        column.caption(f"{parameters:,} parameters in the whole model")
    st.markdown(growth_text(growth))
    st.dataframe(pieces_table(growth), hide_index=True, key="growth-pieces")
    if growth.new:
        st.markdown(f"**The row of “{escape(plain(growth.new[0][0]))}”**, its first {len(growth.row)} numbers")
        st.dataframe(row_table(growth), key="growth-row")
        st.caption(
            f"Cosine with the mean of all old rows: {growth.closeness:.3f}. transformers draws new rows near that "
            "mean, so that they disturb little; they mean nothing until the model is trained on texts with the token."
        )


def growth_text(growth: Growth) -> str:
    """What was added, what was known, and why the table grew by that much."""
    new = ", ".join(f"“{escape(plain(token))}” is {number}" for token, number in growth.new)
    known = ", ".join(f"“{escape(plain(token))}”" for token in growth.known)
    rows = growth.after[0] - growth.before[0]
    parts = [
        f"New ids: {new}." if new else "Nothing is new.",
        f"In the vocabulary already: {known}." if known else "",
        f"The table grew by {count_text(rows, 'row')} of {growth.after[1]} numbers.",
        f"{count_text(growth.spare, 'row')} had no token before, so new tokens took those first."
        if growth.spare > 0
        else "",
        "The layer that chooses the next token reads the same table, and grew with it." if growth.output_shares else "",
    ]
    return " ".join(part for part in parts if part)


def pieces_table(growth: Growth) -> pd.DataFrame:
    """The text as tokens, with the old and with the new vocabulary."""
    both = (("before", growth.pieces_before), ("after", growth.pieces_after))
    return pd.DataFrame(
        {
            "": [name for name, _ in both],
            "tokens": [len(pieces) for _, pieces in both],
            "the text": [" | ".join(map(plain, pieces)) for _, pieces in both],
        }
    )


def row_table(growth: Growth) -> pd.DataFrame:
    """The first numbers of the new row, beside those of the mean."""
    names = [str(number) for number in range(len(growth.row))]
    return pd.DataFrame([growth.row, growth.mean], index=["new row", "mean of the old rows"], columns=names).round(4)
