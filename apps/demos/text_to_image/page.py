"""Pictures from a sentence, step by step; and the same in two dimensions, where it can be seen through."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.demos.text_to_image.results import parted, show_drawing, show_filmstrip
from apps.demos.text_to_image.toy import show_toy
from apps.demos.text_to_image.words import (
    ABOUT,
    EXAMPLES,
    EXPLANATION,
    GUIDANCE_HELP,
    LINKS,
    NEEDS,
    NEGATIVE_HELP,
    SEED_HELP,
    SIZE_HELP,
    SOURCES,
    STEPS_HELP,
    is_beyond,
    memory_text,
)
from apps.ui.examples import choose_example
from apps.ui.experiment_page import time_left
from apps.ui.explain import how_it_works
from apps.ui.markdown import escape, message
from apps.ui.model_choice import choose_model, chosen_model, offered_cards, precision_key, show_misfit
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from models.catalog import Task
from models.device import device_type
from models.weights.pipelines import is_installed
from quantization.predict.forecast import rooms
from quantization.predict.pipeline import pipeline_memory
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.text_to_image import Drawing, DrawingStep, TextToImage

NAME = "text-to-image"
PROMPT, NEGATIVE = f"{NAME}-prompt", f"{NAME}-negative"
STEPS, GUIDANCE, SEED = f"{NAME}-steps", f"{NAME}-guidance", f"{NAME}-seed"
WIDTH, HEIGHT = f"{NAME}-width", f"{NAME}-height"


def work(prompt: str, options: dict[str, Any]) -> Work:
    """The steps, and at the end the picture."""

    def draw(model: "TextToImage", cancelled: threading.Event) -> "Iterator[DrawingStep | Drawing]":
        from models.text_to_image import DrawingSettings

        yield from model.draw(prompt, DrawingSettings(**options).resolved(), cancelled)

    return draw


def draw_picture(key: ModelKey, prompt: str, options: dict[str, Any]) -> None:
    """Run the model with a bar and a filmstrip that grows."""
    status, progress, strip, left = st.container(), st.empty(), st.empty(), time_left()

    def show(items: list[Any]) -> None:
        steps, drawing = parted(items)
        fraction = steps[-1].number / steps[-1].of if steps else 0.0
        if drawing is None and steps:
            last = "decoding the picture" if fraction == 1 else left(fraction)
            progress.progress(fraction, text=f"Step {steps[-1].number} of {steps[-1].of} · {last}")
            with strip.container():
                show_filmstrip(steps)

    with status:  # above the filmstrip, so that Stop stays where it is
        run_with_model(NAME, key, work(prompt, options), escape(prompt), show)
    progress.empty()
    strip.empty()


def choose_options() -> dict[str, Any]:
    """What a picture is drawn with, as `DrawingSettings` takes it."""
    # Thirds, also beside a walkthrough: a narrower field hides digits of a seed beneath its buttons.
    above, below = (st.columns(3, vertical_alignment="bottom", gap="medium") for _ in range(2))
    with above[0]:
        steps = st.slider("Steps", 1, 100, 25, key=STEPS, help=STEPS_HELP, persist_state="session")
    with above[1]:
        guidance = st.slider(
            "Guidance", 1.0, 20.0, 7.5, 0.5, "%.1f", key=GUIDANCE, help=GUIDANCE_HELP, persist_state="session"
        )
    with above[2]:
        seed = st.number_input("Seed", 0, 2**32 - 1, None, 1, key=SEED, help=SEED_HELP, placeholder="new")
    with below[0]:
        negative = st.text_input("Negative prompt", key=NEGATIVE, help=NEGATIVE_HELP, persist_state="session")
    width, height = _side("Width", WIDTH, below[1]), _side("Height", HEIGHT, below[2])
    return {
        "steps": steps, "guidance": guidance, "seed": seed, "width": width, "height": height, "negative": negative,
    }  # fmt: skip


def _side(label: str, key: str, column: DeltaGenerator) -> int | None:
    return column.number_input(label, 64, 2048, None, 64, key=key, help=SIZE_HELP, placeholder="auto")


def show_result() -> None:
    """What the latest drawing has come to, if there was one."""
    outcome = last_outcome(NAME)
    if outcome is not None:
        st.subheader("Result")
        show_drawing(outcome.items)
        show_end(outcome)


def show_memory(device: str) -> None:
    """What a picture will need and whether there is room, also while the model is not here yet."""
    card = offered_cards(Task.TEXT_TO_IMAGE)[chosen_model(Task.TEXT_TO_IMAGE)]
    precision = str(st.session_state.get(precision_key(card)))
    needed = pipeline_memory(card, precision, st.session_state.get(WIDTH), st.session_state.get(HEIGHT))
    room = next(room for room in rooms() if room.device == device)
    told = message(memory_text(card, needed, room))
    if is_beyond(needed, room):
        st.warning(told, icon=":material/memory:")
    else:
        st.caption(f":material/memory: {told}")


st.title("Text to image")
st.markdown(ABOUT)
if not is_installed():
    st.info(NEEDS, icon=":material/extension:")
key = choose_model(Task.TEXT_TO_IMAGE)
show_memory(device_type(st.session_state[f"{Task.TEXT_TO_IMAGE}-device"]))
choose_example(NAME, {name: {PROMPT: prompt} for name, prompt in EXAMPLES.items()})
prompt = st.text_input("Prompt", key=PROMPT, persist_state="session")
options = choose_options()
if key is not None:
    show_misfit(key, prompt)
ready = key is not None and is_installed() and bool(prompt.strip())
pressed = st.button("Draw", type="primary", icon=":material/palette:", disabled=not ready)
area = st.container()  # filled last: what stands beneath it stays there, readable, while a picture is drawn
show_toy()
how_it_works(EXPLANATION, SOURCES, LINKS)

with area:
    if pressed and key is not None:
        forget_outcome(NAME)
        draw_picture(key, prompt, options)
    show_result()
