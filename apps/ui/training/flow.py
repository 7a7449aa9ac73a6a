"""The steps of a page that trains, one at a time: what the last two show, and when the page goes on by itself."""

from collections.abc import Callable

import streamlit as st

from apps.ui.training.progress import just_ended, show_training
from apps.ui.training.steps import DATA, MODEL, RESULT, STEPS, TRAIN, TrainingPage
from training.job_folders import Job, look

Step = Callable[[], None]


def show_steps(page: TrainingPage, data_step: Step, model_step: Step, show_result: Callable[[Job], None]) -> None:
    """The row of steps and the one that is chosen; `show_result` draws a training that ended with a model."""
    job = page.current()
    if job is not None and just_ended(page, job):
        page.go_to(RESULT if job.has_model else TRAIN)
    step = page.choose_step(job)
    areas = {name: st.container() if name == step else st.empty() for name in STEPS}
    with areas[step]:  # each its own: the ghost of the step before would stay while the libraries are read
        if step == DATA:
            data_step()
        elif step == MODEL:
            model_step()
        elif step == TRAIN:
            _train_step(page, job)
        else:
            _result_step(job, show_result)
        if step in (TRAIN, RESULT):
            page.show_others(job)


def point_to_data(page: TrainingPage, icon: str) -> None:
    """What the step of the model shows while there is nothing to learn from."""
    st.info(f"There are no {page.examples} to learn from yet. Choose them in the first step.", icon=icon)
    st.button("To the data", on_click=page.go_to, args=(DATA,))


def _train_step(page: TrainingPage, job: Job | None) -> None:
    """The training as it runs, or how it ended."""
    if job is None:
        st.info(
            f"No training has been started yet. Choose {page.examples} and a model first.",
            icon=":material/model_training:",
        )
        return
    show_training(page, job)
    if look(job).is_over:
        with st.container(horizontal=True):
            if job.has_model:
                st.button("See the result", type="primary", on_click=page.go_to, args=(RESULT,))
            st.button("Train again", icon=":material/restart_alt:", on_click=page.go_to, args=(MODEL,))


def _result_step(job: Job | None, show_result: Callable[[Job], None]) -> None:
    """How good the model became; it can be tried and kept."""
    if job is None or not look(job).is_over:
        st.info("There is no result yet. It is here as soon as the training ends.", icon=":material/hourglass_empty:")
    elif job.has_model:
        show_result(job)
    else:
        st.info(
            "This training ended before it had learned anything; the step “Train” says why.", icon=":material/info:"
        )
