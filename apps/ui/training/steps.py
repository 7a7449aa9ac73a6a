"""What the pages that train have in common: their steps, and whose training is shown.

A training is found again after a reload, by its name in the address.
"""

from dataclasses import dataclass

import streamlit as st

from apps.ui import messages, visitor
from apps.ui.markdown import escape
from training import jobs
from training.job_folders import Job, find, look
from training.job_folders import jobs as every_job

DATA, MODEL, TRAIN, RESULT = STEPS = ("Data", "Model", "Train", "Result")
_PARAMETER = "training"


@dataclass(frozen=True)
class TrainingPage:
    """One page that trains.

    `kind` is that of its trainings (“texts”, “pictures”), `name` what its keys in the session begin with, `examples`
    what it learns from, in the plural.
    """

    kind: str
    name: str
    examples: str

    @property
    def example(self) -> str:
        """One of the examples."""
        return self.examples.removesuffix("s")

    def key(self, what: str) -> str:
        """The key of something of this page in the session."""
        return f"{self.name}-{what}"

    def go_to(self, step: str) -> None:
        """Show another step from the next run on: a widget's value cannot be set once it is drawn."""
        st.session_state[self.key("wanted-step")] = step

    def choose_step(self, job: Job | None) -> str:
        """The row of steps; a page that is opened while a training is there begins with it."""
        key = self.key("step")
        wanted = st.session_state.pop(self.key("wanted-step"), None)
        if wanted is not None:
            st.session_state[key] = wanted
        elif key not in st.session_state:
            st.session_state[key] = self._first_step(job)
        step = st.segmented_control(
            "Step",
            STEPS,
            required=True,
            key=key,
            format_func=lambda step: f"{STEPS.index(step) + 1} · {step}",
            label_visibility="collapsed",
            persist_state="session",
        )
        return step or DATA

    def _first_step(self, job: Job | None) -> str:
        """Where the page opens: with a training that runs, with the visitor's own result, else at the beginning."""
        if job is None:
            return DATA
        if not look(job).is_over:
            return TRAIN
        return RESULT if st.session_state.get(self.key("job")) == job.name else DATA

    def show_as_current(self, job: Job) -> None:
        """Make this the visitor's training: for this session, and in the address for the next one."""
        st.session_state[self.key("job")] = job.name
        st.query_params[_PARAMETER] = job.name

    def current(self) -> Job | None:
        """The visitor's training: of this session, of the address, or for the person at this machine the last one."""
        for name in (st.session_state.get(self.key("job")), st.query_params.get(_PARAMETER)):
            job = find(name, self.kind) if name else None
            if job is not None:
                self.show_as_current(job)
                return job
        return next(reversed(every_job(self.kind)), None) if visitor.is_at_this_machine() else None

    def show_others(self, shown: Job | None) -> None:
        """The other trainings on this machine, to open and to delete, for the person in front of it."""
        others = [job for job in reversed(every_job(self.kind)) if shown is None or job.name != shown.name]
        if not others or not visitor.is_at_this_machine():
            return
        with st.expander(f"Other trainings on this machine ({len(others)})", icon=":material/history:"):
            for job in others:
                self._show_other(job)

    def _show_other(self, job: Job) -> None:
        progress, result = look(job), job.result()
        what, state, opening, deleting = st.columns([5, 3, 1, 1], vertical_alignment="center")
        what.markdown(f"{escape(job.data)} · `{job.settings.base}` · {job.settings.method}")
        state.write(f"{progress.state}, accuracy {result['accuracy']:.1%}" if "accuracy" in result else progress.state)
        if opening.button("Open", key=f"open-{job.name}", width="stretch"):
            self.show_as_current(job)
            self.go_to(RESULT if progress.is_over else TRAIN)
            st.rerun()
        if progress.is_over and deleting.button("Delete", key=f"delete-{job.name}", width="stretch"):
            with messages.shown():
                jobs.delete(job)
                st.rerun()
