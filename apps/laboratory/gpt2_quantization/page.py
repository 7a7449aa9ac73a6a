"""The same model in several precisions: how large, how fast, how good, and what each of them writes."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.gpt2_quantization.results import AGAIN, make_report, show_outcome, show_rows
from apps.laboratory.gpt2_quantization.words import (
    ENGLISH_TEXT,
    EXPLANATION,
    LINKS,
    PROMPTS_IN_ENGLISH,
    PROMPTS_IN_SPANISH,
    SOURCES,
)
from apps.ui.background import Emit
from apps.ui.doubts import choose_unreadable
from apps.ui.examples import choose_example
from apps.ui.experiment_choice import choose_precisions, choose_threads
from apps.ui.experiment_page import follow, refuse, run_button
from apps.ui.explain import how_it_works
from apps.ui.keep import forget_kept
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Outcome, Status, last_outcome, run_experiment
from apps.ui.text_file import upload_text
from models.catalog import Task
from models.device import Device
from models.errors import InvalidInput
from models.text.segmentation import require_text
from quantization.experiments.compare import compare, measure_speeds_again, rows_of
from quantization.experiments.comparison_report import report
from quantization.experiments.steps import Step
from quantization.measure.default_text import spanish_text
from quantization.recipes import find_precision
from serving.loading import ModelKey

NAME = "quantization"
FIRST_CHOICE = ("fp32", "bf16", "int8")
MOST_CHARACTERS_OF_PROMPT = 2_000
MOST_CHARACTERS_OF_TEXT = 20_000  # five pages; each precision reads them all


# What is asked


def choose_prompt() -> None:
    """Prompts to click, each with a text to measure in its language."""
    examples = {
        name: {"prompt": prompt, "measured-text": spanish_text()} for name, prompt in PROMPTS_IN_SPANISH.items()
    }
    examples |= {name: {"prompt": prompt, "measured-text": ENGLISH_TEXT} for name, prompt in PROMPTS_IN_ENGLISH.items()}
    choose_example(NAME, examples)


def choose_request(key: ModelKey | None) -> dict[str, Any]:
    """Everything that decides what the experiment does."""
    choose_prompt()
    left, right = st.columns([3, 2], gap="medium")
    prompt = left.text_input("Prompt", key="prompt", persist_state="session")
    tokens = right.slider("Max new tokens", 10, 200, 60, 10, key="max-new-tokens", persist_state="session")
    precisions = choose_precisions(key, Task.TEXT_GENERATION, FIRST_CHOICE)
    left, middle, right = st.columns([1, 1, 2], gap="medium", vertical_alignment="bottom")
    seed = left.number_input("Seed", 0, 2**32 - 1, 0, key="seed", persist_state="session")
    with middle:
        threads = choose_threads()
    peak = right.toggle(
        "Measure the peak memory of loading",
        True,
        key="peak",
        help="Each precision is loaded once more in a process of its own, which takes some seconds for each.",
        persist_state="session",
    )
    with st.expander("The text that perplexity is measured on", icon=":material/article:"):
        text = st.text_area("Measured text", height=200, key="measured-text", persist_state="session")
        with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
            upload_text("measured-text")
            unreadable = choose_unreadable(NAME)
    if key is not None:
        show_misfit(key, prompt, text)
    return {
        "prompt": prompt,
        "precisions": precisions,
        "text": text,
        "seed": seed,
        "max_new_tokens": tokens,
        "threads": threads,
        "peak": peak,
        "even_if_unreadable": unreadable,
    }


def refusal(request: dict[str, Any]) -> str | None:
    """Why this request cannot be worked on, said before a model is loaded for it; None if it can."""
    if not request["precisions"]:
        return "Nothing to compare. Choose at least one precision."
    for field, most in (("prompt", MOST_CHARACTERS_OF_PROMPT), ("text", MOST_CHARACTERS_OF_TEXT)):
        try:
            require_text(request[field], most)
        except InvalidInput as error:
            return f"{'The prompt' if field == 'prompt' else 'The measured text'}: {error}"
    return None


# The work


def experiment(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Measure one precision after another; steps and rows are shown as they come."""
    card = key.card

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        precisions = [find_precision(name) for name in request["precisions"]]
        options = {name: request[name] for name in ("prompt", "text", "seed", "max_new_tokens", "threads")}
        emit(report(card, device.type, **options))
        how = {name: request[name] for name in ("peak", "even_if_unreadable")}
        for item in compare(card, precisions, device=device.type, cancelled=cancelled, **options, **how):
            emit(Status(item.text if isinstance(item, Step) else f"{item.precision}: done"))
            emit(item)

    run_experiment(NAME, key, work, request, show)


def speeds_again(key: ModelKey, last: Outcome, show: Any) -> None:
    """Measure the speeds of the last outcome's rows anew, in its own settings; its rows stay until they come."""
    card, request = key.card, last.request
    begun = make_report(last)

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        for item in (begun, *begun.rows):
            emit(item)
        options = {name: request[name] for name in ("prompt", "text", "threads")}
        for item in measure_speeds_again(card, begun.rows, device=device.type, cancelled=cancelled, **options):
            emit(Status(item.text if isinstance(item, Step) else f"{item.precision}: done"))
            emit(item)

    run_experiment(NAME, key, work, request, show)


def again() -> Callable[[Any], None] | None:
    """What measures the speeds of the last outcome anew, if its button has just been pressed."""
    last = last_outcome(NAME)
    if not st.session_state.get(AGAIN) or last is None:
        return None
    forget_kept(Task.TEXT_GENERATION)
    return partial(speeds_again, ModelKey(Task.TEXT_GENERATION, last.request["model"], last.request["device"]), last)


# The page


def show_experiment(key: ModelKey | None) -> None:
    """The request, the button, and what came of it."""
    request = choose_request(key)
    clicked, status = run_button(key is not None)
    if clicked and (problem := refusal(request)):
        refuse(NAME, problem)
        return
    start = again()
    if clicked and key is not None:
        forget_kept(key.task)
        start = partial(experiment, key, request | {"model": key.model_id, "device": key.device})
    follow(NAME, status, start, lambda items: show_rows(rows_of(items)), show_outcome)


st.title("GPT-2 quantization")
st.markdown("Store a model's numbers in fewer bits, and measure what it gains and what it costs.")
key = choose_model(Task.TEXT_GENERATION)
show_experiment(key)
how_it_works(EXPLANATION, SOURCES, LINKS)
