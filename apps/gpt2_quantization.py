"""The same model in several precisions: how large, how fast, how good, and what each of them writes."""

import threading
import time
from typing import Any

import streamlit as st

from apps.loading import ModelKey
from apps.model_store import expected_bytes
from apps.texts.gpt2_quantization import ENGLISH_TEXT, PROMPTS_IN_ENGLISH, PROMPTS_IN_SPANISH
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.examples import choose_example
from apps.ui.experiment import show_outcome, show_rows
from apps.ui.explain import how_it_works
from apps.ui.model_choice import applicable_precisions, choose_model
from apps.ui.run import (
    Measured,
    Status,
    ahead_text,
    last_outcome,
    run,
    shared_experiments,
    shared_store,
)
from apps.ui.text_file import upload_text
from models.catalog import Task, find_card
from models.device import choose_device, memory_in_use
from models.errors import InvalidInput
from models.segmentation import require_text
from quantization.compare import Row, Step, compare, spanish_text
from quantization.recipes import find_precision
from quantization.report import report

NAME = "quantization"
FIRST_CHOICE = ("fp32", "bf16", "int8")
MOST_CHARACTERS_OF_PROMPT = 2_000
MOST_CHARACTERS_OF_TEXT = 20_000  # five pages; each precision reads them all

EXPLANATION = """
A model is a long list of numbers. In **fp32** each takes 32 bits; a **quantized** model keeps them in 16, 8 or 4 bits.
It becomes smaller and often faster, and it makes small errors everywhere. This page measures all three on one model.

- **Perplexity** is the price: how surprised the model is by a text that it did not write. 20 means that it was, on
  average, as unsure as if it had to pick among 20 tokens. A change below one per cent is hard to notice in what the
  model writes; twice the perplexity is not.
- **GPT-2's trap**: its linear layers are called `Conv1D` in the library, so the usual recipe (`quantize_dynamic` of
  `nn.Linear`) does not see them. It touches the last layer only and makes the file *larger*. The recipe here replaces
  them first.
- **int8** rounds each weight to one of 256 steps, with one step size for each output of a layer, and the inputs of the
  layer while it runs. The embedding stays in fp32, because it is looked up and never multiplied.
- **bnb-int8** and **bnb-nf4** come from bitsandbytes, which was made for large models on CUDA. On a CPU they save
  memory; whether they save time depends on the processor.
- The sample texts share one seed. Where they part, rounding has turned a close decision the other way.
"""
SOURCES = ("quantization/dynamic.py", "quantization/measure.py", "quantization/compare.py", "models/text_generation.py")
LINKS = {
    "Perplexity, in the documentation of transformers": "https://huggingface.co/docs/transformers/perplexity",
    "LLM.int8()": "https://arxiv.org/abs/2208.07339",
    "QLoRA, which introduced NF4": "https://arxiv.org/abs/2305.14314",
}


# What is asked


def choose_prompt() -> None:
    """Prompts to click, each with a text to measure in its language."""
    examples = {
        name: {"prompt": prompt, "measured-text": spanish_text()} for name, prompt in PROMPTS_IN_SPANISH.items()
    }
    examples |= {name: {"prompt": prompt, "measured-text": ENGLISH_TEXT} for name, prompt in PROMPTS_IN_ENGLISH.items()}
    choose_example(NAME, examples)


def choose_precisions(device: str) -> list[str]:
    """Those to compare, in the order of the list: fp32 first."""
    names = applicable_precisions(Task.TEXT_GENERATION, device)
    chosen = st.multiselect(
        "Precisions",
        names,
        [name for name in names if name in FIRST_CHOICE],
        key="precisions",
        help="\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names),
        persist_state="session",
    )
    return [name for name in names if name in chosen]


def choose_request(key: ModelKey | None) -> dict[str, Any]:
    """Everything that decides what the experiment does."""
    choose_prompt()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        prompt = st.text_input("Prompt", key="prompt", persist_state="session")
        precisions = choose_precisions(key.device if key else "cpu")
    with right:
        tokens = st.slider("Max new tokens", 10, 200, 60, 10, key="max-new-tokens", persist_state="session")
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key="seed", persist_state="session")
    with st.expander("The text that perplexity is measured on", icon=":material/article:"):
        text = st.text_area("Measured text", height=200, key="measured-text", persist_state="session")
        upload_text("measured-text")
    return {"prompt": prompt, "precisions": precisions, "text": text, "seed": seed, "max_new_tokens": tokens}


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
    """Wait for one's turn, then measure one precision after another; steps and rows are shown as they come."""
    store, queue = shared_store(), shared_experiments()  # asked for here: the thread of the work has no session
    card = find_card(key.model_id, key.task)

    def job(cancelled: threading.Event, emit: Emit) -> None:
        def say(text: str) -> None:
            emit(Status(text))

        with (
            queue.turn(cancelled, lambda ahead: say(ahead_text(ahead))),
            store.room(expected_bytes(key), cancelled, say),
        ):
            started = time.perf_counter()
            precisions = [find_precision(name) for name in request["precisions"]]
            options = {name: request[name] for name in ("prompt", "text", "seed", "max_new_tokens")}
            emit(report(card, choose_device(key.device).type, **options))
            for item in compare(card, precisions, device=key.device, cancelled=cancelled, **options):
                say(item.text if isinstance(item, Step) else f"{item.precision}: done")
                emit(item)
            emit(measured(key.device, time.perf_counter() - started))

    with messages.shown():
        run(NAME, job, request, show)


def measured(device_name: str, seconds: float) -> Measured:
    """What the whole experiment took."""
    device = choose_device(device_name)
    return Measured(seconds, device.type, device.reason, memory_in_use(device.type))


# The page


def show_experiment(key: ModelKey | None) -> None:
    """The request, the button, and what came of it."""
    request = choose_request(key)
    clicked = st.button("Run", type="primary", disabled=key is None, icon=":material/science:")
    status, progress, results = st.container(), st.empty(), st.empty()

    def show(items: list[Any]) -> None:
        if isinstance(items[-1], Step):
            progress.progress(items[-1].fraction)
        else:
            with results.container():
                show_rows([item for item in items if isinstance(item, Row)], request["prompt"])

    if clicked and (problem := refusal(request)):
        st.warning(problem, icon=":material/edit_note:")
        return
    if clicked:
        with status:
            experiment(key, request | {"model": key.model_id, "device": key.device}, show)
        progress.empty()
    if (outcome := last_outcome(NAME)) is not None:
        with results.container():
            show_outcome(outcome)


st.title("GPT-2 quantization")
st.markdown("Store a model's numbers in fewer bits, and measure what it gains and what it costs.")
key = choose_model(Task.TEXT_GENERATION, with_precision=False)
show_experiment(key)
how_it_works(EXPLANATION, SOURCES, LINKS)
