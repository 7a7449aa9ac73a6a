"""One layer of a loaded model, quantized as the sliders say, with the error that it makes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.tensor_quantization.results import (
    show_downloads,
    show_figures,
    show_histogram_and_curve,
    show_pictures,
)
from apps.laboratory.tensor_quantization.words import EXAMPLES, EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.mapping_choice import choose_mapping
from apps.ui.model_choice import choose_model
from apps.ui.run import Outcome, Status, last_outcome, run, run_with_model, show_end
from models.catalog import Task
from quantization.layers import PARTS
from quantization.mapping import Mapping
from quantization.see.tensor_report import TensorReport, sample_text
from quantization.see.tensor_sample import TASKS, LayerShape, Sample, layers_of, sample_of
from quantization.see.tensor_study import Errors, compare_granularities, count_mappings, study
from serving.loading import ModelKey

NAME = "tensor"
COMPARISON = f"{NAME}-comparison"
OUTLIER_HELP = (
    "Makes the largest weight four times as large, to see what a single one does to all that share its scale."
)


@dataclass(frozen=True)
class Request:
    """What is read: a layer by its name, None for the model's first linear one."""

    key: ModelKey
    layer: str | None = None


@dataclass(frozen=True)
class Reading:
    """The layers of the model, and the weights of one of them."""

    layers: tuple[LayerShape, ...]
    sample: Sample


def work(request: Request, model: Any, cancelled: threading.Event) -> Iterator[Reading]:
    """Copy out of the shared model what the page needs, so that nobody waits while sliders move here."""
    yield Reading(layers_of(model.model), sample_of(model.model, request.layer))


def read(key: ModelKey, layer: str | None = None) -> Outcome:
    """Borrow the model and read one layer."""
    request = Request(key, layer)
    run_with_model(NAME, key, partial(work, request), request)
    return last_outcome(NAME)


def reading_of(outcome: Outcome | None, key: ModelKey) -> Reading | None:
    """What was read of this model; None where it was another one, or nothing came of it."""
    return outcome.items[0] if outcome is not None and outcome.request.key == key and outcome.items else None


# What is chosen


def choose_task() -> Task:
    """What the model is for; the choosers of the other pages each know one task."""
    return st.segmented_control(
        "A model for",
        TASKS,
        default=TASKS[0],
        required=True,
        key=f"{NAME}-task",
        format_func=lambda task: task.label,
        persist_state="session",
    )


def choose_layer(key: ModelKey, reading: Reading) -> str:
    """A layer, by what it is for."""
    first = reading.sample.layer
    parts = [part for part in PARTS if any(layer.part == part for layer in reading.layers)]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        part = st.segmented_control(
            "Part of the model", parts, default=first.part, required=True, key=f"{NAME}-part-{key.model_id}"
        )
    layers = {layer.name: layer for layer in reading.layers if layer.part == part}
    with right:
        return st.selectbox(
            "Layer",
            list(layers),
            index=list(layers).index(first.name) if first.name in layers else 0,
            format_func=lambda name: f"{name} · {layers[name].outputs:,} × {layers[name].inputs:,}",
            key=f"{NAME}-layer-{key.model_id}-{part}",
        )


def choose_settings() -> tuple[Mapping, bool]:
    """The mapping, and whether an outlier is added."""
    examples = {
        name: {f"{NAME}-{field}": value for field, value in vars(settings).items() if field != "remark"}
        for name, settings in EXAMPLES.items()
    }
    choose_example(NAME, examples)
    chosen = st.session_state.get(f"{NAME}-example") or next(iter(EXAMPLES))
    if all(st.session_state.get(key) == value for key, value in examples[chosen].items()):
        st.caption(f":material/lightbulb: {EXAMPLES[chosen].remark}")
    mapping, beside = choose_mapping(NAME)
    return mapping, beside.toggle("Add an outlier", key=f"{NAME}-outlier", help=OUTLIER_HELP, persist_state="session")


# What is computed and shown


def comparison(request: Request, sample: Sample, mapping: Mapping, outlier: bool) -> tuple[Errors, ...]:
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
    return tuple(outcome.items)


def compare(sample: Sample, mapping: Mapping, cancelled: threading.Event, emit: Emit) -> None:
    """Try one mapping after another."""
    for number, errors in enumerate(compare_granularities(sample.weights, mapping, cancelled), 1):
        emit(Status(f"Comparing with other bits and granularities · {number} of {count_mappings()}"))
        emit(errors)


def show_layer(request: Request, reading: Reading) -> None:
    """The sliders, and what they do to the weights."""
    st.caption(sample_text(reading.sample))
    mapping, outlier = choose_settings()
    sample = reading.sample.with_outlier() if outlier else reading.sample
    found = study(sample.weights, mapping)
    show_figures(sample, found)
    points = comparison(request, sample, mapping, outlier)
    report = TensorReport(request.key.model_id, sample, outlier, found, points)
    show_histogram_and_curve(report)
    show_pictures(report)
    show_downloads(report)


def show_model(key: ModelKey) -> None:
    """Read the model when asked to, then any layer of it at once."""
    outcome = last_outcome(NAME)
    if reading_of(outcome, key) is None and st.button("Read the layers", type="primary", icon=":material/grid_on:"):
        outcome = read(key)
        if reading_of(outcome, key) is not None:
            st.rerun()  # without the button
    reading = reading_of(outcome, key)
    if reading is not None:
        layer = choose_layer(key, reading)
        if layer != reading.sample.layer.name:
            outcome = read(key, layer)
            reading = reading_of(outcome, key)
    if reading is not None:
        show_layer(outcome.request, reading)
    if outcome is not None and outcome.request.key == key:
        show_end(outcome)


st.title("Quantize a layer")
st.markdown("Take the weights of one layer, store them in a few bits, and see what is lost, and where.")
chosen_key = choose_model(choose_task(), with_precision=False)
if chosen_key is not None:
    with messages.shown():
        show_model(chosen_key)
how_it_works(EXPLANATION, SOURCES, LINKS)
