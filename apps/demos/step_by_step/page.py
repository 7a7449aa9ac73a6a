"""From text to answer, step by step: a few lines of code each, run as they are shown, and what came out of them."""

import json
import re
import threading
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.step_by_step.results import flow_html, show_step
from apps.demos.step_by_step.words import (
    EXAMPLES,
    EXPLANATION,
    LINKS,
    NAME,
    NEW_TOKENS_HELP,
    PRECISION_HELP,
    QUESTION,
    SOURCES,
    TASK_LABELS,
    TEXT,
    UNTIL_HELP,
    VERBS,
)
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.doubts import choose_unreadable
from apps.ui.downloads import show_download
from apps.ui.examples import choose_example
from apps.ui.experiment_page import run_button
from apps.ui.explain import how_it_works
from apps.ui.markdown import message
from apps.ui.model_choice import applicable_precisions, choose_model, show_if_slow, show_misfit
from apps.ui.run import Outcome, Status, forget_outcome, last_outcome, run_experiment, show_end
from models.catalog import Task
from models.device import Device
from models.folders import read_json
from models.steps.asked import MOST_NEW_TOKENS, PRECISION_NAMES, TASKS, Asked
from models.steps.cells import STEP_NAMES, TITLES
from models.weights import hub
from quantization.recipes import find_precision
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.step_by_step import StepResult

ALL = "all steps"


@dataclass(frozen=True)
class Prepared:
    """What is known before the first step runs: the steps' headings, what is left out of the text, the notebook."""

    titles: tuple[str, ...]
    cuts: tuple[str, ...]
    doubt: str | None
    notebook: str


@dataclass(frozen=True)
class Request:
    """What is asked of which model."""

    key: ModelKey
    asked: Asked
    even_if_unreadable: bool


def work(request: Request, device: Device, cancelled: threading.Event, emit: Emit) -> None:
    """Emit what is known before, then each step as soon as it has run."""
    emit(Status("Starting the libraries"))
    from models.step_by_step import StepByStep

    key = request.key
    emit(Status("Looking at the model"))
    steps = StepByStep.prepare(
        key.card, request.asked, device, find_precision(key.precision or "fp32"), request.even_if_unreadable
    )
    lost = steps.plan.lost
    doubt = lost.sentence(key.model_id) if lost.worth_telling else None
    titles = tuple(cell.title for cell in steps.cells)
    emit(Prepared(titles, steps.plan.cuts, doubt, steps.notebook()))
    emit(Status(titles[0]))
    for step in steps.run(cancelled):
        emit(step)
        emit(Status(titles[min(step.number + 1, len(titles) - 1)]))


def choose_task() -> Task:
    """What the model is to do."""
    return st.segmented_control(
        "Task", TASKS, default=TASKS[0], required=True, format_func=TASK_LABELS.__getitem__, key=f"{NAME}-task",
        persist_state="session",
    )  # fmt: skip


def choose_options(task: Task, model: ModelKey | None) -> tuple[str, str | None]:
    """The precision, and the last step to run."""
    precision, until = st.columns(2)
    device = model.device if model is not None else "cpu"
    names = [name for name in applicable_precisions(task, device) if name in PRECISION_NAMES]
    with precision:
        chosen = st.selectbox("Precision", names, key=f"{NAME}-precision", help=PRECISION_HELP, persist_state="session")
        show_if_slow(chosen, device)
    last = until.selectbox(
        "Run up to", [ALL, *STEP_NAMES[1:]], key=f"{NAME}-until", help=UNTIL_HELP, persist_state="session",
        format_func=lambda name: ALL if name == ALL else f"{STEP_NAMES.index(name)} · {TITLES[name]}",
    )  # fmt: skip
    return chosen, None if last == ALL else last


def choose_text(task: Task, model: ModelKey | None) -> Asked:
    """The fields of the task, filled by an example or by hand."""
    examples = {
        name: {f"{key}-{task}": value for key, value in example.items()} for name, example in EXAMPLES[task].items()
    }
    choose_example(f"{NAME}-{task}", examples)
    question = ""
    if task == Task.QUESTION_ANSWERING:
        question = st.text_input("Question", key=f"{QUESTION}-{task}", persist_state="session")
    text = st.text_area(
        "Text" if question == "" else "Text that the question is about", key=f"{TEXT}-{task}", height=90,
        persist_state="session",
    )  # fmt: skip
    return Asked(task, text, question, **choose_more(task, model))


def choose_more(task: Task, model: ModelKey | None) -> dict[str, Any]:
    """What else there is to choose for a task that writes."""
    if task == Task.TEXT_GENERATION:
        return {
            "new_tokens": st.slider(
                "New tokens", 1, MOST_NEW_TOKENS, 12, key=f"{NAME}-new-tokens", help=NEW_TOKENS_HELP,
                persist_state="session",
            )
        }  # fmt: skip
    languages = targets_of(model) if task == Task.TEXT_TO_TEXT else []
    if len(languages) > 1 and model is not None:
        return {
            "target": st.selectbox("Into", languages, format_func=str.capitalize, key=f"{NAME}-into-{model.model_id}")
        }
    return {}


def targets_of(model: ModelKey | None) -> list[str]:
    """The languages that the model's folder names, in its order; none where it is not here or does not say."""
    folder = hub.locate(model.card) if model is not None else None
    stated = read_json(folder / "config.json").get("task_specific_params") if folder is not None else None
    words = [str(task.get("prefix", "")) for task in stated.values()] if isinstance(stated, dict) else []
    return [found[1].lower() for word in words if (found := re.search(r"English to (\w+)", word))]


def show_steps(items: list[Any], live: bool = True) -> None:
    """The row of all steps, then each in a box of its own."""
    prepared = next((item for item in items if isinstance(item, Prepared)), None)
    if prepared is None:
        return
    steps: list[StepResult] = [item for item in items if not isinstance(item, Prepared)]
    st.html(flow_html(prepared.titles, steps))
    for sentence in prepared.cuts:
        st.info(message(sentence), icon=":material/content_cut:")
    if prepared.doubt is not None:
        st.warning(message(prepared.doubt), icon=":material/translate:")
    for step in steps:
        show_step(step, live)


def show_downloads(items: list[Any], model_id: str) -> None:
    """The steps as a notebook, and with what came out of them as JSON."""
    prepared = next((item for item in items if isinstance(item, Prepared)), None)
    if prepared is None:
        return
    steps = [item.as_dict() for item in items if not isinstance(item, Prepared)]
    with st.container(horizontal=True):
        show_download("Notebook", prepared.notebook, "step-by-step.ipynb", "application/x-ipynb+json")
        show_download(
            "JSON",
            json.dumps({"model": model_id, "steps": steps}, ensure_ascii=False, indent=2),
            "step-by-step.json",
            "application/json",
        )


def compute(request: Request, area: Any) -> None:
    """Run the steps, each drawn as soon as it is there."""

    def show(items: list[Any]) -> None:
        with area.container():
            show_steps(items, live=False)

    run_experiment(NAME, request.key, partial(work, request), request, show)


def show_outcome(outcome: Outcome) -> None:
    """What ran last, with sliders, and to take home."""
    show_steps(outcome.items)
    show_end(outcome)
    show_downloads(outcome.items, outcome.request.key.model_id)


# The page

st.title("Step by step")
st.markdown(
    "From text to answer as in a notebook: each step is a few lines of code, shown as they ran, "
    "and what came out of them."
)
task = choose_task()
model = choose_model(task, verb=VERBS.get(task))
precision, until = choose_options(task, model)
asked = replace(choose_text(task, model), until=until)
with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
    clicked, status = run_button(model is not None)
    unreadable = choose_unreadable(NAME)
if model is not None:
    show_misfit(model, asked.text)
area = st.empty()
if clicked and model is not None:
    forget_outcome(NAME)
    with status, messages.shown():
        compute(Request(replace(model, precision=precision), asked, unreadable), area)
if (outcome := last_outcome(NAME)) is not None:
    with area.container():
        show_outcome(outcome)

how_it_works(EXPLANATION, SOURCES, LINKS)
