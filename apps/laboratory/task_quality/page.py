"""The same questions or sentences in several precisions: what the smaller ones cost in points, and what they give."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.task_quality.evaluation_set import show_set
from apps.laboratory.task_quality.results import AGAIN, report_of, show_outcome, show_report
from apps.laboratory.task_quality.words import EXPLANATION, LINKS, SOURCES
from apps.ui.background import Emit
from apps.ui.experiment_choice import choose_precisions, choose_threads
from apps.ui.experiment_page import follow, refuse, run_button
from apps.ui.explain import how_it_works
from apps.ui.keep import forget_kept
from apps.ui.markdown import message
from apps.ui.model_choice import choose_model
from apps.ui.run import Status, last_outcome, run_experiment
from models.catalog import Task
from models.device import Device
from models.errors import AulaError
from quantization.experiments.steps import Step
from quantization.experiments.task_quality import compare_quality
from quantization.experiments.task_report import task_report
from quantization.measure.exams import Exam, exam_for
from quantization.recipes import find_precision
from serving.loading import ModelKey

FIRST_CHOICE = ("fp32", "int8")
TASKS = {"Question answering": (Task.QUESTION_ANSWERING, None), "Translation": (Task.TEXT_TO_TEXT, "translate")}


# What is asked


def choose_task() -> str:
    """Which of the two exams."""
    chosen = st.segmented_control(
        "Task", list(TASKS), key="quality-task", default=next(iter(TASKS)), required=True, persist_state="session"
    )
    return chosen or next(iter(TASKS))


def exam_of(key: ModelKey) -> Exam | None:
    """The exam for the chosen model; None, with the reason on the page, where there is none."""
    try:
        return exam_for(key.card)
    except AulaError as error:
        st.warning(message(str(error)), icon=":material/edit_note:")
        return None


def name_of(task: Task) -> str:
    """Under which the session keeps the outcome: each task has its own, so that none stands beneath the other's set."""
    return f"task-quality-{task}"


# The work


def experiment(key: ModelKey, exam: Exam, precisions: list[str], threads: int | None, show: Any) -> None:
    """Examine one precision after another; steps and rows are shown as they come."""
    card = key.card

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        emit(task_report(card, exam, device.type, threads=threads))
        chosen = [find_precision(name) for name in precisions]
        for item in compare_quality(card, chosen, device.type, threads, cancelled, exam):
            emit(Status(item.text if isinstance(item, Step) else f"{item.precision}: done"))
            emit(item)

    request = {"model": key.model_id, "device": key.device, "precisions": precisions, "threads": threads}
    run_experiment(name_of(key.task), key, work, request, show)


def again(task: Task) -> Callable[[Any], None] | None:
    """What repeats the last exam of this task as it was asked, if the button for that has just been pressed."""
    last = last_outcome(name_of(task))
    report = report_of(last.items) if last is not None else None
    if not st.session_state.get(AGAIN) or last is None or report is None:
        return None
    forget_kept(task)
    key = ModelKey(task, last.request["model"], last.request["device"])
    return partial(experiment, key, report.exam, last.request["precisions"], last.request["threads"])


# The page


def show_experiment(
    task: Task, key: ModelKey | None, exam: Exam | None, precisions: list[str], threads: int | None
) -> None:
    """The button, and what came of it."""
    clicked, status = run_button(key is not None and exam is not None)
    if clicked and not precisions:
        refuse(name_of(task), "Nothing to compare. Choose at least one precision.")
        return
    start = again(task)
    if clicked and key is not None and exam is not None:
        forget_kept(task)
        start = partial(experiment, key, exam, precisions, threads)
    follow(name_of(task), status, start, lambda items: show_report(report_of(items)), show_outcome)


st.title("Quality and speed")
st.markdown("Ask a model the same things in several precisions, and see what the smaller ones cost in points.")
left, right = st.columns([5, 1], vertical_alignment="bottom")
with left:
    task, verb = TASKS[choose_task()]
with right:
    threads = choose_threads("quality-threads")
key = choose_model(task, verb=verb)
precisions = choose_precisions(key, task, FIRST_CHOICE, "quality-precisions")
exam = exam_of(key) if key is not None else None
show_set(task)
show_experiment(task, key, exam, precisions, threads)
how_it_works(EXPLANATION, SOURCES, LINKS)
