"""Teach a model one's own labels: the data, what of the model learns, the training as it runs, how good it became."""

import streamlit as st

from apps.demos.transfer_learning.data import DataChoice, choose_data, show_data
from apps.demos.transfer_learning.jobs import STEPS, choose_step, current, go_to, show_as_current, show_others
from apps.demos.transfer_learning.model import choose_model
from apps.demos.transfer_learning.progress import just_ended, show_training
from apps.demos.transfer_learning.results import show_result
from apps.demos.transfer_learning.words import EXPLANATION, LINKS, SOURCES, TO_TRY
from apps.ui import messages
from apps.ui.explain import how_it_works
from training import jobs
from training.job_folders import Job, look


def data_step() -> None:
    """Choose the rows and look at them."""
    chosen = choose_data()
    if chosen is not None:
        show_data(chosen)
    ready = chosen is not None and chosen.problem is None
    st.session_state["transfer-rows"] = chosen if ready else None
    st.button("Next: the model", type="primary", disabled=not ready, on_click=go_to, args=("Model",))


def model_step(chosen: DataChoice | None) -> None:
    """Choose the base and what of it learns, see what that needs, and start."""
    if chosen is None:
        st.info("There are no rows to learn from yet. Choose them in the first step.", icon=":material/table_rows:")
        st.button("To the data", on_click=go_to, args=("Data",))
        return
    with st.spinner("Starting the libraries"):
        plan = choose_model(chosen)
    label = "Start training"
    if st.button(
        label, type="primary", icon=":material/model_training:", disabled=not (plan.is_here and plan.is_readable)
    ):
        show_as_current(jobs.start(chosen.content, chosen.data.table.name, plan.settings))
        go_to("Train")
        st.rerun()


def train_step(job: Job | None) -> None:
    """The training as it runs, or how it ended."""
    if job is None:
        st.info("No training has been started yet. Choose rows and a model first.", icon=":material/model_training:")
        return
    show_training(job)
    if look(job).is_over:
        with st.container(horizontal=True):
            if job.has_model:
                st.button("See the result", type="primary", on_click=go_to, args=("Result",))
            st.button("Train again", icon=":material/restart_alt:", on_click=go_to, args=("Model",))


def result_step(job: Job | None) -> None:
    """How good the model became; it can be tried and kept."""
    if job is None or not look(job).is_over:
        st.info("There is no result yet. It is here as soon as the training ends.", icon=":material/hourglass_empty:")
    elif job.has_model:
        show_result(job, TO_TRY)
    else:
        st.info(
            "This training ended before it had learned anything; the step “Train” says why.", icon=":material/info:"
        )


def page() -> None:
    """One step at a time."""
    job = current()
    if job is not None and just_ended(job):
        go_to("Result" if job.has_model else "Train")
    step = choose_step(job)
    areas = {name: st.container() if name == step else st.empty() for name in STEPS}
    with areas[step]:  # each its own: the ghost of the step before would stay while the libraries are read
        if step == "Data":
            data_step()
        elif step == "Model":
            model_step(st.session_state.get("transfer-rows"))
        elif step == "Train":
            train_step(job)
        else:
            result_step(job)
        if step in ("Train", "Result"):
            show_others(job)


st.title("Transfer learning")
st.markdown("Take a model that has read millions of sentences, and teach it your labels with a few hundred of yours.")
with messages.shown():
    page()
how_it_works(EXPLANATION, SOURCES, LINKS)
