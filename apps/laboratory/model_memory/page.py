"""What a model will need before it is there: parameters by part, bytes in each precision, and whether it fits here."""

import threading
from typing import Any

import streamlit as st

from apps.laboratory.model_memory.choice import NAME, choose
from apps.laboratory.model_memory.results import show_forecast
from apps.laboratory.model_memory.words import EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.explain import how_it_works
from apps.ui.markdown import message
from apps.ui.run import Status, last_outcome, run
from models.weights.configurations import Configuration
from quantization.predict.forecast import forecast


def work(configuration: Configuration, use: dict[str, Any], cancelled: threading.Event, emit: Emit) -> None:
    """Build the model without memory and count what it keeps, once for everybody; the libraries are read first."""
    emit(Status("Reading torch and transformers, the first time only"))
    import torch  # noqa: F401
    import transformers  # noqa: F401

    from quantization.predict.weight_bytes import anatomy

    if not cancelled.is_set():
        emit(Status("Building the model without its weights"))
        anatomy(configuration)
    if not cancelled.is_set():
        emit(Status("Running it without numbers, to count its keys and values"))
        emit(forecast(configuration, **use, cancelled=cancelled))


def is_worked_out(configuration: Configuration, use: dict[str, Any]) -> bool:
    """Whether all that takes long is known; works it out beside the script where it is not."""
    request = (configuration, tuple(use.items()))
    outcome = last_outcome(NAME)
    stopped = bool(st.session_state.get(f"{NAME}-stop"))
    if not stopped and (outcome is None or outcome.request != request or not (outcome.items or outcome.error)):
        run(NAME, lambda cancelled, emit: work(configuration, use, cancelled, emit), request)
        outcome = last_outcome(NAME)
    if outcome is not None and outcome.request == request and outcome.error:
        st.error(message(outcome.error), icon=":material/error:")
        return False
    if stopped or outcome is None or not outcome.items:
        st.info("Stopped. Change anything above to start again.", icon=":material/stop_circle:")
        return False
    return True


def show_result(subject: Configuration | int | None, use: dict[str, Any]) -> None:
    """The forecast for what was chosen."""
    if subject is None:
        return
    if not use["precisions"]:
        st.warning("Choose at least one precision.", icon=":material/edit_note:")
        return
    if isinstance(subject, int) or is_worked_out(subject, use):
        with messages.shown():
            show_forecast(forecast(subject, **use))


st.title("Model memory")
st.markdown("What a model will need, before you download it: in each precision, to use it or to train it.")
with st.container(border=True):
    subject, use = choose()
result_area = st.container()
how_it_works(EXPLANATION, SOURCES, LINKS)
with result_area:  # after the rest of the page: the first time takes seconds
    show_result(subject, use)
