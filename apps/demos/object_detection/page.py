"""What is where on a photograph: one of the gallery, your own, the camera's, or a whole folder; and in a film."""

import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.object_detection.film import OFFERED_SIZES, show_films
from apps.demos.object_detection.pictures import (
    FILM,
    SOURCE,
    Picture,
    PictureChoice,
    choose_pictures,
    not_read_in,
    pictures_of,
)
from apps.demos.object_detection.results import Seen, show_results
from apps.demos.object_detection.words import EXPLANATION, GOES_WRONG, LINKS, SOURCES
from apps.ui import messages
from apps.ui.experiment_page import time_left
from apps.ui.explain import how_it_works
from apps.ui.markdown import escape, message
from apps.ui.model_choice import choose_model
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.words.amounts import count_text
from models.cancellation import stop_if
from models.catalog import Task
from models.errors import OutOfMemory, UnreadableImage
from models.pictures.one_of_many import named
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.object_detection import ObjectDetector

NAME = "detection"
NOT_READ = "detection-not-read"  # what else is in the folder of the result


def look(pictures: tuple[Picture, ...], image_size: int | None) -> Work:
    """The work for one model: what it proposes for each picture; one that cannot be read does not stop the others."""

    def work(model: "ObjectDetector", cancelled: threading.Event) -> Iterator[Seen]:
        from models.threads import side_by_side

        return side_by_side(lambda picture: look_at(picture, model, cancelled), pictures, model.at_once)

    def look_at(picture: Picture, model: "ObjectDetector", cancelled: threading.Event) -> Seen:
        stop_if(cancelled)
        started, candidates, error = time.perf_counter(), None, None
        try:
            candidates = model.candidates(picture.open(), image_size, cancelled)
        except (UnreadableImage, OutOfMemory, MemoryError) as problem:
            error = named(picture.name, problem)
        return Seen(picture, candidates, error, time.perf_counter() - started)

    return work


def detect(key: ModelKey, pictures: tuple[Picture, ...], image_size: int | None) -> None:
    """Look at the pictures, with a progress bar where there are several."""
    bar = st.progress(0.0, text=f"0 of {count_text(len(pictures), 'picture')}") if len(pictures) > 1 else None
    left = time_left()

    def show(seen: list[Seen]) -> None:
        if bar is not None:
            text = f"{len(seen)} of {count_text(len(pictures), 'picture')} · {escape(seen[-1].picture.name)}"
            fraction = len(seen) / len(pictures)
            bar.progress(fraction, text=f"{text} · {left(fraction)}" if fraction < 1 else text)

    run_with_model(NAME, key, look(pictures, image_size), count_text(len(pictures), "picture"), show)
    if bar is not None:
        bar.empty()


def asked_for(chosen: PictureChoice, is_ready: bool) -> tuple[Picture, ...] | None:
    """The pictures whose button was pressed just now, or None."""
    is_own = st.button(
        start_label(chosen),
        type="primary",
        icon=":material/image_search:",
        disabled=not is_ready or (not chosen.pictures and chosen.folder is None),
    )
    is_all = len(chosen.gallery) > 1 and st.button(
        f"Detect in all {len(chosen.gallery)}", icon=":material/photo_library:", disabled=not is_ready
    )
    if is_own and chosen.folder is not None:
        forget_outcome(NAME)
        with messages.shown():
            return pictures_of(chosen.folder)
    return chosen.pictures if is_own else chosen.gallery if is_all else None


def show_remark(key: ModelKey | None, chosen: PictureChoice) -> None:
    """Where the embedded model goes wrong on a picture of the gallery, which is there to show that."""
    is_embedded = key is not None and key.card.embedded is not None
    remarks = [GOES_WRONG[picture.name] for picture in chosen.pictures if chosen.gallery and picture.name in GOES_WRONG]
    if is_embedded and remarks:
        st.caption(f":material/lightbulb: {remarks[0]}")


def start_label(chosen: PictureChoice) -> str:
    """What the button says that starts the search."""
    if len(chosen.pictures) > 1:
        return f"Detect in {len(chosen.pictures)} pictures"
    return "Detect" if chosen.folder is None else "Detect in the folder"


st.title("Object detection")
st.markdown("The model draws a box around each thing it knows, and says how sure it is.")
key = choose_model(Task.OBJECT_DETECTION)
chosen = choose_pictures(films=True)
if st.session_state[SOURCE] == FILM:
    show_films(key)
    how_it_works(EXPLANATION, SOURCES, LINKS)
    st.stop()
show_remark(key, chosen)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    image_size = st.select_slider(
        "Image size",
        OFFERED_SIZES,
        format_func=lambda size: "as trained" if size is None else str(size),
        key="detection-image-size",
        help="The longer side in pixels at which the model sees the picture (image_size); as trained is 640 at most.",
        width=300,
    )
    pictures = asked_for(chosen, key is not None)
if pictures and key is not None:
    st.session_state[NOT_READ] = not_read_in(chosen.folder) if chosen.folder is not None else None
    detect(key, pictures, image_size)

outcome = last_outcome(NAME)
if outcome is not None:
    st.subheader("Result")
    if st.session_state.get(NOT_READ):
        st.info(message(st.session_state[NOT_READ]), icon=":material/folder_open:")
    show_results(outcome.items)
    show_end(outcome)

how_it_works(EXPLANATION, SOURCES, LINKS)
