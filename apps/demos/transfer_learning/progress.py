"""A training that waits or runs, on the page: its place in the queue, its curves, the time left, and Stop."""

import streamlit as st

from apps.demos.transfer_learning import charts
from apps.demos.transfer_learning.state import state_text
from apps.ui import visitor
from apps.ui.markdown import message
from training import jobs
from training.job_folders import Job, Standing, find, log, look

_WATCHED = "transfer-watched"


def just_ended(job: Job | None) -> bool:
    """Whether the training that was watched has come to its end; true once."""
    if job is None or st.session_state.get(_WATCHED) != job.name or not look(job).is_over:
        return False
    del st.session_state[_WATCHED]
    return True


def show_training(job: Job) -> None:
    """What a training does: drawn anew each second while it lives."""
    progress = look(job)
    if progress.is_over:
        show_state(job, progress)
        show_curves(progress)
    else:
        st.session_state[_WATCHED] = job.name
        _watch(job.name)


@st.fragment(run_every=1.0)
def _watch(name: str) -> None:
    job = find(name)
    if job is None:  # somebody deleted its folder
        st.rerun()
    progress = look(job)
    if progress.is_over:
        st.rerun()
    show_state(job, progress)
    show_curves(progress)


def show_state(job: Job, progress: Standing) -> None:
    """One line that says how it stands, with Stop beside it while that does something."""
    if progress.state == "failed":
        st.error(message(_without_paths(job, progress.problem)), icon=":material/error:")
        _show_log(job)
        return
    if progress.is_over:
        st.progress(1.0, text=state_text(progress))
        return
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):
        st.progress(min(1.0, progress.fraction), text=state_text(progress))
        st.button(
            "Stop",
            key="transfer-stop",
            icon=":material/stop_circle:",
            disabled=progress.state == "stopping" or progress.has_learned,
            help="Ends after the present step, and keeps the best weights so far.",
            on_click=jobs.stop,
            args=(job,),
        )


def show_curves(progress: Standing) -> None:
    """Loss and figures so far. The places are there from the beginning, so that nothing jumps."""
    loss, figures = st.columns(2, gap="large")
    loss.altair_chart(charts.loss_chart(progress.events), key="transfer-loss")
    figures.altair_chart(charts.metric_chart(progress.events), key="transfer-metric")


def _without_paths(job: Job, problem: str | None) -> str:
    """The sentence for strangers: without the place of the folder on this machine."""
    problem = problem or ""
    return problem if visitor.is_at_this_machine() else problem.replace(str(job.folder), "the training's folder")


def _show_log(job: Job) -> None:
    if visitor.is_at_this_machine() and (printed := log(job)):
        with st.expander("What the training printed", icon=":material/terminal:"):
            st.code(printed[-5_000:], language=None)
