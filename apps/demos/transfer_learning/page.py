"""Teach a model one's own labels: the data, what of the model learns, the training as it runs, how good it became."""

import streamlit as st

from apps.demos.transfer_learning.data import choose_data, show_data
from apps.demos.transfer_learning.model import choose_model
from apps.demos.transfer_learning.results import show_result
from apps.demos.transfer_learning.steps import TEXT_PAGE
from apps.demos.transfer_learning.words import EXPLANATION, LINKS, SOURCES, TO_TRY
from apps.ui import messages
from apps.ui.explain import how_it_works
from apps.ui.training.flow import point_to_data, show_steps
from apps.ui.training.steps import MODEL, TRAIN
from training import jobs


def data_step() -> None:
    """Choose the rows and look at them."""
    st.session_state["transfer-rows"] = None  # where the file is refused, those of the one before must not be learned
    chosen = choose_data()
    ready = chosen is not None and chosen.problem is None
    st.session_state["transfer-rows"] = chosen if ready else None
    if chosen is not None:
        show_data(chosen)
    st.button("Next: the model", type="primary", disabled=not ready, on_click=TEXT_PAGE.go_to, args=(MODEL,))


def model_step() -> None:
    """Choose the base and what of it learns, see what that needs, and start."""
    chosen = st.session_state.get("transfer-rows")
    if chosen is None:
        point_to_data(TEXT_PAGE, ":material/table_rows:")
        return
    with st.spinner("Starting the libraries"):
        plan = choose_model(chosen)
    label = "Start training"
    ready = plan.is_here and plan.is_readable
    if st.button(label, type="primary", icon=":material/model_training:", disabled=not ready):
        TEXT_PAGE.show_as_current(jobs.start(chosen.content, chosen.data.table.name, plan.settings))
        TEXT_PAGE.go_to(TRAIN)
        st.rerun()


st.title("Transfer learning")
st.markdown("Take a model that has read millions of sentences, and teach it your labels with a few hundred of yours.")
with messages.shown():
    show_steps(TEXT_PAGE, data_step, model_step, lambda job: show_result(job, TO_TRY))
how_it_works(EXPLANATION, SOURCES, LINKS)
