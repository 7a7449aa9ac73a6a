"""One layer of a loaded model, quantized as the sliders say, with the error that it makes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.tensor_quantization.choice import NAME, choose_layer, choose_settings, choose_task
from apps.laboratory.tensor_quantization.results import (
    show_downloads,
    show_figures,
    show_histogram_and_curve,
    show_pictures,
)
from apps.laboratory.tensor_quantization.words import EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model
from apps.ui.run import Outcome, Status, last_outcome, run, run_with_model, show_end
from quantization.mapping import Mapping
from quantization.see.tensor_report import TensorReport, sample_text
from quantization.see.tensor_sample import LayerShape, Sample, layers_of, sample_of
from quantization.see.tensor_study import Errors, compare_granularities, count_mappings, study
from serving.loading import ModelKey

COMPARISON = f"{NAME}-comparison"


@dataclass(frozen=True)
class ModelLayers:
    """The layers of the model, and the weights of one of them."""

    layers: tuple[LayerShape, ...]
    sample: Sample


@dataclass(frozen=True)
class LayerChoice:
    """What is read: a layer by its name, None for the model's first linear one."""

    key: ModelKey
    layer: str | None = None


def work(request: LayerChoice, model: Any, cancelled: threading.Event) -> Iterator[ModelLayers]:
    """Copy out of the shared model what the page needs, so that nobody waits while sliders move here."""
    yield ModelLayers(layers_of(model.model), sample_of(model.model, request.layer))


def read(key: ModelKey, layer: str | None = None) -> Outcome | None:
    """Borrow the model and read one layer."""
    request = LayerChoice(key, layer)
    run_with_model(NAME, key, partial(work, request), request)
    return last_outcome(NAME)


def layers_read(outcome: Outcome | None, key: ModelKey) -> ModelLayers | None:
    """What was read of this model; None where it was another one, or nothing came of it."""
    return outcome.items[0] if outcome is not None and outcome.request.key == key and outcome.items else None


def comparison(request: LayerChoice, sample: Sample, mapping: Mapping, outlier: bool) -> tuple[Errors, ...]:
    """The errors of all bits and granularities, or those until Stop; kept, because most sliders do not change them."""
    about = (request, mapping.symmetric, mapping.group_size, mapping.clipping, outlier)
    outcome = last_outcome(COMPARISON)
    if st.session_state.get(f"{COMPARISON}-stop") and outcome is not None:
        st.session_state[f"{COMPARISON}-stopped"] = outcome.request
    stopped = st.session_state.get(f"{COMPARISON}-stopped") == about
    done = outcome is not None and outcome.request == about and (len(outcome.items) == count_mappings() or stopped)
    if not done:
        st.session_state.pop(f"{COMPARISON}-stopped", None)
        run(COMPARISON, partial(compare, sample, mapping), about)
        outcome = last_outcome(COMPARISON)
    if stopped:
        st.caption(
            ":material/stop_circle: The comparison was stopped. Change a setting beside the bits to start again."
        )
    return tuple(outcome.items) if outcome is not None else ()


def compare(sample: Sample, mapping: Mapping, cancelled: threading.Event, emit: Emit) -> None:
    """Try one mapping after another."""
    for number, errors in enumerate(compare_granularities(sample.weights, mapping, cancelled), 1):
        emit(Status(f"Comparing with other bits and granularities · {number} of {count_mappings()}"))
        emit(errors)


def show_layer(request: LayerChoice, known: ModelLayers) -> None:
    """The sliders, and what they do to the weights."""
    st.caption(sample_text(known.sample))
    mapping, outlier = choose_settings()
    sample = known.sample.with_outlier() if outlier else known.sample
    studied = study(sample.weights, mapping)
    show_figures(sample, studied)
    points = comparison(request, sample, mapping, outlier)
    report = TensorReport(request.key.model_id, sample, outlier, studied, points)
    show_histogram_and_curve(report)
    show_pictures(report)
    show_downloads(report)


def show_model(key: ModelKey) -> None:
    """Read the model when asked to, then any layer of it at once."""
    outcome = last_outcome(NAME)
    if layers_read(outcome, key) is None and st.button("Read the layers", type="primary", icon=":material/grid_on:"):
        outcome = read(key)
        if layers_read(outcome, key) is not None:
            st.rerun()  # without the button
    known = layers_read(outcome, key)
    if known is not None:
        layer = choose_layer(key, known.layers, known.sample.layer)
        if layer != known.sample.layer.name:
            outcome = read(key, layer)
            known = layers_read(outcome, key)
    if known is not None and outcome is not None:
        show_layer(outcome.request, known)
    if outcome is not None and outcome.request.key == key:
        show_end(outcome)


st.title("Quantize a layer")
st.markdown("Take the weights of one layer, store them in a few bits, and see what is lost, and where.")
chosen_key = choose_model(choose_task())
if chosen_key is not None:
    with messages.shown():
        show_model(chosen_key)
how_it_works(EXPLANATION, SOURCES, LINKS)
