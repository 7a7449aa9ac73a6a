"""One language into another, and long texts made short: by a model that writes, or by choosing sentences."""

import threading
from collections.abc import Iterator
from typing import Any

import streamlit as st

from apps.demos.translate_summarize import compare_words
from apps.demos.translate_summarize.choice import (
    SUMMARIZE,
    TRANSLATE,
    Languages,
    choose_length,
    choose_target,
    choose_text,
    does_select,
    languages_of,
    source_language,
    stated_languages,
)
from apps.demos.translate_summarize.compare import NAME as COMPARE
from apps.demos.translate_summarize.compare import show_compare
from apps.demos.translate_summarize.results import (
    result_title,
    show_downloads,
    show_progress,
    show_reasons,
    show_text,
)
from apps.demos.translate_summarize.search_settings import choose_settings
from apps.demos.translate_summarize.words import (
    EXPLANATION,
    LINKS,
    SELECTION_EXPLANATION,
    SELECTION_LINKS,
    SELECTION_SOURCES,
    SOURCES,
)
from apps.ui.doubts import choose_unreadable, show_doubts
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model, chosen_model, show_misfit
from apps.ui.run import forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.text_file import upload_text
from apps.words.doubts import about_pieces
from models.catalog import Task
from models.errors import InvalidInput
from models.text.segmentation import require_text
from serving.loading import ModelKey

HEIGHT = 300
# The wrapper takes more; but a text of this size keeps thirty people waiting for an hour on a CPU.
MOST_CHARACTERS = 100_000


def compute(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Borrow the model and let it work; the pieces are shown as they come."""
    known = stated_languages()  # asked for here: the thread of the work has no session

    def work(model: Any, cancelled: threading.Event) -> Iterator[Any]:
        if key.task == Task.SUMMARIZATION:
            return model.summarize(request["text"], request["length"], cancelled, request["even_if_unreadable"])
        from models.text.task_settings import TextToTextSettings

        known[key.model_id] = Languages(model.source, tuple(sorted(model.targets)))
        settings = TextToTextSettings(**request["settings"])
        how = (settings, cancelled, request["even_if_unreadable"])
        if request["task"] == TRANSLATE:
            return model.translate(request["text"], request["target"], *how)
        return model.summarize(request["text"], request["length"], *how)

    run_with_model(request["task"], key, work, request, show)


def refusal(text: str) -> str | None:
    """Why this text cannot be used, said before a model is loaded for it; None if it can."""
    try:
        require_text(text, MOST_CHARACTERS)
    except InvalidInput as error:
        return str(error)
    return None


def show_task(task: str, key: ModelKey | None) -> None:
    """Everything between the choice of the model and its result."""
    model_id = chosen_model(Task.TEXT_TO_TEXT, task.lower())
    choose_text(task, model_id)
    selects = does_select(model_id)
    controls, status = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
    with controls, st.container(horizontal=True, vertical_alignment="bottom"):
        option = {"target": choose_target()} if task == TRANSLATE else {"length": choose_length(selects)}
        clicked = st.button(task, type="primary", disabled=key is None, icon=":material/play_arrow:")
        upload_text(f"{task}-text")
    left, right = st.columns(2, gap="medium")
    with left:
        language = source_language(model_id)
        st.caption(language or "Text")
        text = st.text_area(
            f"{language or 'Any'} text",
            height=HEIGHT,
            key=f"{task}-text",
            label_visibility="collapsed",
            persist_state="session",
        )
    if key is not None:
        show_misfit(key, text, verb=task.lower())
    request: dict[str, Any] = {"task": task, "model": key.model_id if key is not None else None, "text": text, **option}
    if task == TRANSLATE:
        request["source_language"] = languages_of(model_id).source
    request["even_if_unreadable"] = choose_unreadable(task)
    if not selects:
        request["settings"] = choose_settings(task)
    with right:
        show_answer(task, key, request if clicked else None, status)


def show_answer(task: str, key: ModelKey | None, request: dict[str, Any] | None, status: Any) -> None:
    """The box beside the source: filled while a request is worked on, else with what the last one gave."""
    title, box, below = st.empty(), st.container(height=HEIGHT, border=True).empty(), st.empty()

    def show(pieces: list[Any]) -> None:
        with box:
            show_text(pieces)
        with below:
            show_progress(pieces)

    if request is not None and key is not None:
        forget_outcome(task)
        title.caption(result_title(request))
        problem = refusal(request["text"])
        if problem is not None:
            below.warning(problem, icon=":material/edit_note:")
            return
        with status:
            compute(key, request, show)
    outcome = last_outcome(task)
    if outcome is None:
        title.caption("Result")
        return
    title.caption(result_title(outcome.request))
    with box:
        show_text(outcome.items)
    with below.container():
        show_end(outcome)
        show_doubts(about_pieces(outcome.items, outcome.request["model"]))
        if outcome.items:
            show_downloads(outcome, "translation" if task == TRANSLATE else "summary")


st.title("Translate and summarize")
st.markdown(
    "A model with an encoder and a decoder reads a text and writes another one: in another language, or a shorter one. "
    "Where none of them is here, summaries are made of the text's own sentences."
)
task = st.segmented_control(
    "Task", (TRANSLATE, SUMMARIZE, COMPARE), default=TRANSLATE, required=True, key="task", persist_state="session",
    format_func=lambda task: "Compare summaries" if task == COMPARE else task, label_visibility="collapsed",
)  # fmt: skip
if task == COMPARE:
    show_compare()
    how_it_works(compare_words.EXPLANATION, compare_words.SOURCES, compare_words.LINKS)
else:
    key = choose_model(Task.TEXT_TO_TEXT, verb=task.lower())
    show_task(task, key)
    show_reasons(last_outcome(task))
    if does_select(chosen_model(Task.TEXT_TO_TEXT, task.lower())):
        how_it_works(SELECTION_EXPLANATION, SELECTION_SOURCES, SELECTION_LINKS)
    else:
        how_it_works(EXPLANATION, SOURCES, LINKS)
