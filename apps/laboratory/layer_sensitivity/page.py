"""Which layer hurts: one kind of layer in one block is rounded at a time, and perplexity tells what that costs."""

import threading
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.layer_sensitivity.results import report_of, show_outcome, show_report
from apps.laboratory.layer_sensitivity.words import EXAMPLES, EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.examples import choose_example
from apps.ui.experiment_page import follow, refuse, run_button, time_left
from apps.ui.explain import how_it_works
from apps.ui.mapping_choice import choose_mapping
from apps.ui.model_choice import choose_model
from apps.ui.run import Status, run_experiment
from apps.ui.text_file import upload_text
from models.catalog import Task
from models.device import Device
from models.errors import InvalidInput
from models.text.segmentation import require_text
from quantization.experiments.sensitivity import DEFAULT_TOKENS, sensitivity
from quantization.experiments.sensitivity_report import SensitivityReport
from quantization.experiments.steps import Step
from quantization.measure.conditions import conditions
from serving.loading import ModelKey

NAME = "sensitivity"
TEXT = f"{NAME}-text"
TOKENS = (64, 128, 256, 512, 1024)
MOST_CHARACTERS = 20_000  # five pages; only the first tokens are measured


# What is asked


def choose_request() -> dict[str, Any]:
    """Everything that decides what the experiment does."""
    choose_example(
        NAME,
        {name: {f"{NAME}-{field}": value for field, value in values.items()} for name, values in EXAMPLES.items()},
    )
    mapping, _ = choose_mapping(NAME)
    with st.expander("The text that perplexity is measured on", icon=":material/article:"):
        text = st.text_area("Measured text", height=200, key=TEXT, persist_state="session")
        upload_text(TEXT)
        tokens = st.select_slider(
            "Tokens to measure at most",
            TOKENS,
            DEFAULT_TOKENS,
            key=f"{NAME}-tokens",
            help="Only the beginning of the text is measured: once for each place, so that more tokens take longer.",
            persist_state="session",
        )
    return {"mapping": mapping, "text": text, "tokens": tokens}


def refusal(request: dict[str, Any]) -> str | None:
    """Why this request cannot be worked on, said before a model is loaded for it; None if it can."""
    try:
        require_text(request["text"], MOST_CHARACTERS)
    except InvalidInput as error:
        return f"The measured text: {error}"
    return None


# The work


def experiment(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Round one place after another, in a model that nobody else uses."""
    card = key.card

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        text, mapping = request["text"], request["mapping"]
        emit(SensitivityReport(key.model_id, device.type, mapping, text, None, (), conditions()))
        for item in sensitivity(card, text, mapping, device.type, request["tokens"], cancelled):
            if isinstance(item, Step):
                emit(Status(item.text[:1].upper() + item.text[1:]))
            emit(item)

    run_experiment(NAME, key, work, request, show)


# The page


def show_experiment(key: ModelKey | None) -> None:
    """The request, the button, and what came of it."""
    request = choose_request()
    clicked, status = run_button(key is not None)
    if clicked and (problem := refusal(request)):
        refuse(NAME, problem)
        return
    clock = time_left()
    follow(
        NAME,
        status,
        partial(experiment, key, request) if clicked and key is not None else None,
        lambda items: show_report(report_of(items)),
        show_outcome,
        # From the first place on: what comes before tells nothing of how long a place takes.
        lambda fraction: clock(fraction) if fraction else "Preparing",
    )


st.title("Which layer hurts")
st.markdown("Store one layer at a time in a few bits, and see where a model feels it.")
chosen_key = choose_model(Task.TEXT_GENERATION)
with messages.shown():
    show_experiment(chosen_key)
how_it_works(EXPLANATION, SOURCES, LINKS)
