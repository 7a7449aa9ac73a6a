"""A trained model is kept under a name, on the page where it was trained."""

import streamlit as st

from apps.pages import Page
from apps.ui import messages, visitor
from apps.ui.training.steps import TrainingPage
from models.folders import trained_folder
from models.weights.cards import TRAINED, trained_path
from training import jobs
from training.job_folders import Job


def show_keeping(page: TrainingPage, job: Job, where: Page, example: str, wherever: str) -> None:
    """A field for the model's name; afterwards the way to the page `where` it can be used.

    `example` is a name to begin with, `wherever` says where it can be chosen from then on.
    """
    st.markdown("#### Keep it")
    every = page.key("kept-as")
    kept = st.session_state.get(every, {}).get(job.name)
    folder = trained_path(kept) if kept is not None else None
    if folder is not None and folder.is_dir():  # and not freed on the home page since
        st.success(f"Kept as `{kept}`. It is in the list of models from now on.", icon=":material/check_circle:")
        st.page_link(where.file, label=f"Open {where.title}", icon=where.symbol)
        return
    with st.form(page.key("keep"), border=False):
        name = st.text_input("Name", key=page.key("keep-name"), placeholder=example, max_chars=40)
        replace = visitor.is_at_this_machine() and (trained_folder() / name.strip()).is_dir() and bool(name.strip())
        overwrite = st.checkbox(f"Replace the model “{name.strip()}” that is there") if replace else False
        saved = st.form_submit_button("Save on this machine", icon=":material/save:")
    if saved:
        with messages.shown():
            model_id = jobs.keep(job, name.strip(), overwrite)
            st.session_state[every] = {**st.session_state.get(every, {}), job.name: model_id}
            st.rerun()
    st.caption(f"It then appears as `{TRAINED}NAME` wherever {wherever}.")
