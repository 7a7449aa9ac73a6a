"""A training that waits or runs, on the page: its place in the queue, its curves, the time left, and Stop."""

import streamlit as st

from apps.ui import visitor
from apps.ui.markdown import message
from apps.ui.training import charts
from apps.ui.training.steps import TrainingPage
from apps.words.training_state import state_text
from training import jobs
from training.job_folders import Job, Standing, find, log, look


def just_ended(page: TrainingPage, job: Job | None) -> bool:
    """Whether the training that was watched has come to its end; true once."""
    if job is None or st.session_state.get(page.key("watched")) != job.name or not look(job).is_over:
        return False
    del st.session_state[page.key("watched")]
    return True


def show_training(page: TrainingPage, job: Job) -> None:
    """What a training does: drawn anew each second while it lives."""
    progress = look(job)
    if progress.is_over:
        show_state(page, job, progress)
        show_curves(page, progress)
    else:
        st.session_state[page.key("watched")] = job.name
        _watch(page, job.name)


@st.fragment(run_every=1.0)
def _watch(page: TrainingPage, name: str) -> None:
    job = find(name)
    if job is None:  # somebody deleted its folder
        st.rerun()
    progress = look(job)
    if progress.is_over:
        st.rerun()
    show_state(page, job, progress)
    show_curves(page, progress)


def show_state(page: TrainingPage, job: Job, progress: Standing) -> None:
    """One line that says how it stands, with Stop beside it while that does something."""
    if progress.state == "failed":
        st.error(message(_without_paths(job, progress.problem)), icon=":material/error:")
        _show_log(job)
        return
    if progress.is_over:
        st.progress(1.0, text=state_text(progress, page.examples))
        return
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.progress(min(1.0, progress.fraction), text=state_text(progress, page.examples))
        st.button(
            "Stop",
            key=page.key("stop"),
            icon=":material/stop_circle:",
            disabled=progress.state == "stopping" or progress.has_learned,
            help="Ends after the present step, and keeps the best weights so far.",
            on_click=jobs.stop,
            args=(job,),
        )


def show_curves(page: TrainingPage, progress: Standing) -> None:
    """Loss and figures so far. The places are there from the beginning, so that nothing jumps."""
    loss, figures = st.columns(2, gap="large")
    loss.altair_chart(charts.loss_chart(progress.events), key=page.key("loss"))
    figures.altair_chart(charts.metric_chart(progress.events, page.examples), key=page.key("metric"))


def _without_paths(job: Job, problem: str | None) -> str:
    """The sentence for strangers: without the place of the folder on this machine."""
    problem = problem or ""
    return problem if visitor.is_at_this_machine() else problem.replace(str(job.folder), "the training's folder")


def _show_log(job: Job) -> None:
    if visitor.is_at_this_machine() and (printed := log(job)):
        with st.expander("What the training printed", icon=":material/terminal:"):
            st.code(printed[-5_000:], language=None)
