"""Memory really freed: a model is loaded, used and dropped several times, and the memory is read meanwhile."""

import threading
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.memory_freed.results import report_of, show_outcome, show_report
from apps.laboratory.memory_freed.words import EXAMPLES, EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.examples import choose_example
from apps.ui.experiment_choice import names_of
from apps.ui.experiment_page import follow, run_button
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model, show_if_slow
from apps.ui.run import Status, run_experiment
from models.catalog import Task
from models.device import Device
from models.wording import size_text
from quantization.experiments.memory_cycle import LARGE_MODEL, MOST_CYCLES, memory_cycles
from quantization.experiments.memory_cycle_report import CycleReport
from quantization.experiments.steps import Step
from quantization.measure.conditions import conditions
from quantization.recipes import find_precision
from serving.loading import ModelKey
from serving.model_store import expected_bytes

NAME = "memory-freed"
PRECISION, CYCLES = f"{NAME}-precision", f"{NAME}-cycles"


# What is asked


def choose_request(key: ModelKey | None) -> dict[str, Any]:
    """The precision, and how often the model is loaded."""
    names = names_of(key, Task.TEXT_GENERATION)
    examples = {
        name: {f"{NAME}-{field}": value for field, value in values.items()}
        for name, values in EXAMPLES.items()
        if values["precision"] in names
    }
    if examples:
        choose_example(NAME, examples)
    st.session_state.setdefault(CYCLES, 3)
    if st.session_state.get(PRECISION) not in names:  # chosen for another device or model
        st.session_state[PRECISION] = names[0]
    left, right = st.columns(2, gap="medium")
    explanations = "\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names)
    with left:
        precision = st.selectbox("Precision", names, key=PRECISION, help=explanations, persist_state="session")
        show_if_slow(precision, key.device if key is not None else "cpu")
    cycles = right.slider("Cycles", 1, MOST_CYCLES, key=CYCLES, persist_state="session")
    return {"precision": precision, "cycles": cycles}


def show_warnings(key: ModelKey | None) -> None:
    """What colours the readings, said beforehand."""
    st.caption(
        ":material/groups: All pages share one process. What other visitors do meanwhile is in the readings; other "
        "experiments wait until this one is over."
    )
    if key is not None and expected_bytes(key) < LARGE_MODEL:
        st.caption(
            f":material/info: {size_text(expected_bytes(key))} is a small model: what the libraries keep for their "
            f"next work is a large part of it. Models from about {size_text(LARGE_MODEL)} on show more clearly what is "
            "freed."
        )


# The work


def experiment(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Load, use and drop a model that is nobody else's."""
    card, precision = key.card, find_precision(request["precision"])

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        emit(CycleReport(key.model_id, precision.name, device.type, request["cycles"], (), (), conditions()))
        for item in memory_cycles(card, precision, device.type, request["cycles"], cancelled=cancelled):
            if isinstance(item, Step):
                emit(Status(item.text[:1].upper() + item.text[1:]))
            emit(item)

    run_experiment(NAME, key, work, request, show)


# The page


def show_experiment(key: ModelKey | None) -> None:
    """The request, the button, and what came of it."""
    request = choose_request(key)
    show_warnings(key)
    clicked, status = run_button(key is not None)
    start = partial(experiment, key, request) if clicked and key is not None else None
    follow(NAME, status, start, lambda items: show_report(report_of(items)), show_outcome)


st.title("Memory freed")
st.markdown("Load a model, use it, drop it, and see whether its memory comes back, without restarting anything.")
chosen_key = choose_model(Task.TEXT_GENERATION)
with messages.shown():
    show_experiment(chosen_key)
how_it_works(EXPLANATION, SOURCES, LINKS)
