"""Which step of the page is shown, and whose training: found again after a reload, by its name in the address."""

import streamlit as st

from apps.ui import messages, visitor
from apps.ui.markdown import escape
from training import jobs
from training.job_folders import TEXTS, Job, find, look
from training.job_folders import jobs as every_job

STEPS = ("Data", "Model", "Train", "Result")
STEP = "transfer-step"

_WANTED = "transfer-wanted-step"
_NAME = "transfer-job"
_PARAMETER = "training"


def go_to(step: str) -> None:
    """Show another step from the next run on: a widget's value cannot be set once it is drawn."""
    st.session_state[_WANTED] = step


def choose_step(job: Job | None) -> str:
    """The row of steps; a page that is opened while a training is there begins with it."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.session_state[STEP] = wanted
    elif STEP not in st.session_state:
        st.session_state[STEP] = _first_step(job)
    step = st.segmented_control(
        "Step",
        STEPS,
        required=True,
        key=STEP,
        format_func=lambda step: f"{STEPS.index(step) + 1} · {step}",
        label_visibility="collapsed",
        persist_state="session",
    )
    return step or STEPS[0]


def _first_step(job: Job | None) -> str:
    """Where the page opens: with a training that runs, with the visitor's own result, else at the beginning."""
    if job is None:
        return "Data"
    if not look(job).is_over:
        return "Train"
    return "Result" if st.session_state.get(_NAME) == job.name else "Data"


def show_as_current(job: Job) -> None:
    """Make this the visitor's training: for this session, and in the address for the next one."""
    st.session_state[_NAME] = job.name
    st.query_params[_PARAMETER] = job.name


def current() -> Job | None:
    """The visitor's training: of this session, of the address, or for the person at this machine the last one."""
    for name in (st.session_state.get(_NAME), st.query_params.get(_PARAMETER)):
        job = find(name, TEXTS) if name else None
        if job is not None:
            show_as_current(job)
            return job
    return next(reversed(every_job(TEXTS)), None) if visitor.is_at_this_machine() else None


def show_others(shown: Job | None) -> None:
    """The other trainings on this machine, to open and to delete, for the person in front of it."""
    others = [job for job in reversed(every_job(TEXTS)) if shown is None or job.name != shown.name]
    if not others or not visitor.is_at_this_machine():
        return
    with st.expander(f"Other trainings on this machine ({len(others)})", icon=":material/history:"):
        for job in others:
            _show_other(job)


def _show_other(job: Job) -> None:
    progress, result = look(job), job.result()
    what, state, opening, deleting = st.columns([5, 3, 1, 1], vertical_alignment="center")
    what.markdown(f"{escape(job.data)} · `{job.settings.base}` · {job.settings.method}")
    state.write(f"{progress.state}, accuracy {result['accuracy']:.1%}" if "accuracy" in result else progress.state)
    if opening.button("Open", key=f"open-{job.name}", width="stretch"):
        show_as_current(job)
        go_to("Result" if progress.is_over else "Train")
        st.rerun()
    if progress.is_over and deleting.button("Delete", key=f"delete-{job.name}", width="stretch"):
        with messages.shown():
            jobs.delete(job)
            st.rerun()
