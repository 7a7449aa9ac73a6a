"""A dataset of the hub, on the page: its id, then its configuration and splits, then first rows; each when asked."""

import threading
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.datasets.choice import KEPT
from apps.demos.datasets.work import OnStep, ask_again, worked_out
from apps.ui.markdown import escape
from models.errors import InvalidInput

if TYPE_CHECKING:
    from training.exploration.hub_datasets import HubDataset, HubRows

MOST_ROWS = 100_000
EXAMPLES = "dair-ai/emotion (texts) and AI-Lab-Makerere/beans (pictures)"
_OF_THE_LAST_QUESTION = ("look-worked-out", "look-stopped", "rows-worked-out", "rows-stopped", "wanted")


def choose_rows() -> "tuple[tuple[object, ...], HubRows] | None":
    """The rows that were fetched, and the key that tells them from others; None before that."""
    with st.form("datasets-hub-form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        dataset_id = st.text_input("Id of the dataset", key="datasets-hub-id", placeholder="owner/name", **KEPT).strip()
        if st.form_submit_button("Look it up", icon=":material/search:"):
            st.session_state["datasets-hub-asked"] = dataset_id
            for name in _OF_THE_LAST_QUESTION:
                st.session_state.pop(f"datasets-hub-{name}", None)  # asked again: what went wrong may go right now
    asked = st.session_state.get("datasets-hub-asked")
    if not asked:
        st.caption(f"For instance {EXAMPLES}. Nothing is fetched before you ask; no code of a dataset is run.")
        return None
    config = st.session_state.get(f"datasets-hub-config-{asked}")
    about = worked_out(
        "datasets-hub-look", (asked, config), lambda cancelled, tell: _look(asked, config, cancelled, tell)
    )
    return None if about is None else _rows_of(about)


def _look(dataset_id: str, config: str | None, cancelled: threading.Event, tell: OnStep) -> "HubDataset":
    from training.exploration.hub_datasets import describe

    tell(f"Asking the hub for {dataset_id}", 0.0)
    return describe(dataset_id, config, cancelled)


def _rows_of(about: "HubDataset") -> "tuple[tuple[object, ...], HubRows] | None":
    here = f"{about.dataset_id}-{about.config}"  # what was chosen of one is kept, and is not for another
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(about.configs) > 1:
            chosen = about.configs.index(about.config)
            st.selectbox("Configuration", about.configs, chosen, key=f"datasets-hub-config-{about.dataset_id}", **KEPT)
        splits = st.multiselect("Splits", about.splits, about.splits[:3], key=f"datasets-hub-splits-{here}", **KEPT)
        usual = 200 if about.images else 1_000
        most = st.number_input("Rows of each, at most", 10, MOST_ROWS, usual, key=f"datasets-hub-rows-{here}", **KEPT)
    columns = ", ".join(f"{name} ({kind})" for name, kind in about.columns.items())
    if columns:
        st.caption(escape(f"Columns: {columns}"))
    wanted = (about.dataset_id, about.config, tuple(splits), int(most))
    if st.button("Fetch the first rows", type="primary", icon=":material/download:"):
        st.session_state["datasets-hub-wanted"] = wanted
        ask_again("datasets-hub-rows")
    if st.session_state.get("datasets-hub-wanted") != wanted:
        return None
    rows = worked_out("datasets-hub-rows", wanted, lambda cancelled, tell: _fetch(wanted, cancelled, tell))
    return None if rows is None else (wanted, rows)


def _fetch(wanted: tuple[str, str, tuple[str, ...], int], cancelled: threading.Event, tell: OnStep) -> "HubRows":
    from training.exploration.hub_datasets import first_rows

    dataset_id, config, splits, most = wanted
    tell("Asking for the first rows", 0.0)
    if not splits:
        raise InvalidInput("Choose at least one split.")
    return first_rows(dataset_id, config, splits, most, tell, cancelled)
