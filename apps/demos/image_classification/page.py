"""Which of a thousand things a picture shows, for one model or several side by side, and what they looked at."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from apps.demos.image_classification.results import (
    Found,
    Map,
    Seen,
    choose_one,
    label_options,
    readable,
    show_bars,
    show_downloads,
    show_failures,
    show_map,
    show_picture,
    show_table,
    speed_text,
    thumbnail,
)
from apps.demos.image_classification.words import EXPLANATION, FOR_FILMS, GOES_WRONG, LINKS, NO_PERSON, SOURCES
from apps.demos.object_detection.pictures import Picture, PictureChoice, choose_pictures, not_read_in, pictures_of
from apps.ui import messages
from apps.ui.experiment_page import time_left
from apps.ui.explain import how_it_works
from apps.ui.markdown import escape, message
from apps.ui.model_choice import choose_model
from apps.ui.run import Outcome, Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.words.amounts import count_text
from apps.words.known_labels import known_text
from models.cancellation import stop_if
from models.catalog import CATALOG, ModelCard, Task, models_for
from models.errors import AulaError, OutOfMemory, UnreadableImage, sentence_for
from models.pictures.one_of_many import named
from models.weights import hub
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.image_classification import ImageClassifier

NAME = "image-classification"
ASKED, NOT_READ, MAPS = f"{NAME}-asked", f"{NAME}-not-read", f"{NAME}-maps"
MOST_BESIDE = 2
MOST_LABELS = 20
LOOK_HELP = """For the first picture at once, for the others when asked: attention rollout for vision transformers,
Grad-CAM for convolution networks. It takes about as long as classifying the picture."""


@dataclass(frozen=True)
class Asked:
    """What was asked: of which models, about which pictures."""

    keys: tuple[ModelKey, ...]
    pictures: tuple[Picture, ...]


# The work


def work(pictures: Sequence[Picture], look: bool) -> Work:
    """The work for one model: each picture, and where it looked in the first that can be read."""

    def classify(model: "ImageClassifier", cancelled: threading.Event) -> Iterator[Seen | Map]:
        waiting = look
        for number, picture in enumerate(pictures):
            stop_if(cancelled)
            seen = see(model, picture, cancelled)
            yield seen
            if waiting and seen.classification is not None:
                yield where(model, picture, number, None)
                waiting = False

    return classify


def see(model: "ImageClassifier", picture: Picture, cancelled: threading.Event) -> Seen:
    """What the model makes of a picture; one that cannot be read does not stop the others."""
    started = time.perf_counter()
    try:
        image = picture.open()
        [found] = model.classify([image], cancelled=cancelled)
        return Seen(picture, found, None, time.perf_counter() - started, thumbnail(image))
    except (UnreadableImage, OutOfMemory, MemoryError) as problem:
        return Seen(picture, None, named(picture.name, problem), time.perf_counter() - started)


def where(model: "ImageClassifier", picture: Picture, number: int, class_id: int | None) -> Map:
    """Where the model looked; of some models that is not known, and they say so."""
    try:
        return Map(number, class_id, model.explain(picture.open(), class_id))
    except (AulaError, MemoryError) as problem:
        return Map(number, class_id, None, sentence_for(problem))


def classify_with_all(asked: Asked, look: bool) -> None:
    """One model after the other, with a progress bar where there are several pictures."""
    total = len(asked.pictures)
    bar = st.progress(0.0, text=f"0 of {count_text(total, 'picture')}") if total > 1 else None

    def show(key: ModelKey, left: Callable[[float], str], items: list[Seen | Map]) -> None:
        done = [item for item in items if isinstance(item, Seen)]
        if bar is not None and done:
            text = f"{key.model_id}: {len(done)} of {count_text(total, 'picture')} · {escape(done[-1].picture.name)}"
            fraction = len(done) / total
            bar.progress(fraction, text=f"{text} · {left(fraction)}" if fraction < 1 else text)

    for number, key in enumerate(asked.keys):
        follow = partial(show, key, time_left())
        run_with_model(f"{NAME}-{number}", key, work(asked.pictures, look), count_text(total, "picture"), follow)
    if bar is not None:
        bar.empty()


def look_again(number: int, key: ModelKey, picture: Picture, shown: int, class_id: int | None) -> None:
    """Run the model once more, for a map that is not there yet."""

    def work(model: "ImageClassifier", cancelled: threading.Event) -> Iterator[Map]:
        yield where(model, picture, shown, class_id)

    name = f"{NAME}-look"
    forget_outcome(name)
    run_with_model(name, key, work)
    outcome = last_outcome(name)
    if outcome is not None and outcome.items:
        st.session_state[MAPS][number, shown, class_id] = outcome.items[0]
        st.rerun()  # without the button
    elif outcome is not None:
        show_end(outcome)


# What is asked


def choose_beside(key: ModelKey | None) -> tuple[ModelKey, ...]:
    """Other models that are here, to be asked about the same pictures."""
    cards = {card.model_id: card for card in [*models_for(Task.IMAGE_CLASSIFICATION), *_own_and_trained()]}
    here = [name for name, card in cards.items() if hub.locate(card) and (key is None or name != key.model_id)]
    names = st.multiselect(
        "Beside it",
        here,
        key=f"{NAME}-beside",
        max_selections=MOST_BESIDE,
        placeholder="Other models, for comparison" if here else "No other model is on this machine",
        disabled=not here,
    )
    return tuple(ModelKey(Task.IMAGE_CLASSIFICATION, name, key.device, None) for name in names) if key else ()


def _own_and_trained() -> list[ModelCard]:
    return [
        *hub.trained_models(Task.IMAGE_CLASSIFICATION),
        *st.session_state.get(f"{Task.IMAGE_CLASSIFICATION}-own-cards", []),
    ]


def pictures_asked_for(chosen: PictureChoice, is_ready: bool) -> tuple[Picture, ...] | None:
    """The pictures whose button was pressed just now, or None."""
    many = len(chosen.pictures)
    label = f"Classify {many} pictures" if many > 1 else "Classify" if chosen.folder is None else "Classify the folder"
    nothing = not chosen.pictures and chosen.folder is None
    is_own = st.button(label, type="primary", icon=":material/category:", disabled=not is_ready or nothing)
    is_all = len(chosen.gallery) > 1 and st.button(
        f"Classify all {len(chosen.gallery)}", icon=":material/photo_library:", disabled=not is_ready
    )
    if is_own and chosen.folder is not None:
        forget_all()
        with messages.shown():
            return pictures_of(chosen.folder, FOR_FILMS)
    return chosen.pictures if is_own else chosen.gallery if is_all else None


def forget_all() -> None:
    """Drop what was found before."""
    for number in range(MOST_BESIDE + 1):
        forget_outcome(f"{NAME}-{number}")
    for name in (ASKED, NOT_READ):
        st.session_state.pop(name, None)
    st.session_state[MAPS] = {}


def show_remark(key: ModelKey | None, chosen: PictureChoice) -> None:
    """That ImageNet has no person, and where a picture of the gallery is there to show what goes wrong."""
    if key is None or not is_of_catalog(key):
        return
    remarks = [GOES_WRONG[picture.name] for picture in chosen.pictures if chosen.gallery and picture.name in GOES_WRONG]
    st.caption(f":material/lightbulb: {remarks[0] if remarks else NO_PERSON}")


def is_of_catalog(key: ModelKey) -> bool:
    """Whether the model is one of the catalog's, which all know the same thousand things."""
    return key.model_id in {card.model_id for card in CATALOG}


# What was found


def show_all(asked: Asked, outcomes: Sequence[Outcome], top_k: int, look: bool) -> None:
    """The failures, one picture with all models side by side, and the table of all pictures."""
    found: Found = {
        key.model_id: [item for item in outcome.items if isinstance(item, Seen)]
        for key, outcome in zip(asked.keys, outcomes, strict=True)
    }
    show_failures(found)
    numbers = readable(found)
    if numbers:
        names = tuple(picture.name for picture in asked.pictures)
        shown = choose_one(found, numbers, f"{NAME}-shown-{hash(names)}")
        with messages.shown():  # a file of a folder may be gone by now
            show_side_by_side(asked, outcomes, shown, top_k, look)
    if any(len(seen) > 1 for seen in found.values()):
        show_table(found)
    if numbers:
        show_downloads(found, top_k)


def show_side_by_side(asked: Asked, outcomes: Sequence[Outcome], shown: int, top_k: int, look: bool) -> None:
    """The picture, and beside it a column for each model: bars, and what it looked at."""
    picture = asked.pictures[shown]
    image = picture.open()
    left, *columns = st.columns(1 + len(asked.keys), gap="medium")
    for number, (key, outcome, column) in enumerate(zip(asked.keys, outcomes, columns, strict=True)):
        seen = [item for item in outcome.items if isinstance(item, Seen)]
        with column:
            if len(asked.keys) > 1:
                st.markdown(f"##### {escape(key.model_id)}")
            one = seen[shown] if shown < len(seen) else None
            if one is not None and one.classification is not None:
                show_known(key, one)
                if number == 0:
                    with left:
                        show_picture(one, image)
                show_bars(one.classification, top_k, f"{NAME}-bars-{number}")
                if look:
                    show_look(number, key, outcome, one, shown, top_k)
            show_end(outcome)
            if len(seen) > 1:
                st.caption(speed_text(seen))


def show_known(key: ModelKey, one: Seen) -> None:
    """What the model knows, and nothing else; of the catalog's this is said above."""
    assert one.classification is not None
    if not is_of_catalog(key):
        st.caption(f":material/lightbulb: {escape(known_text(one.classification.labels))}")


def show_look(number: int, key: ModelKey, outcome: Outcome, one: Seen, shown: int, top_k: int) -> None:
    """The map for the chosen label; one that is not there yet is made when its button is pressed."""
    assert one.classification is not None
    maps: dict[tuple[int, int, int | None], Map] = st.session_state.setdefault(MAPS, {})
    first = next((item for item in outcome.items if isinstance(item, Map) and item.number == shown), None)
    any_map = maps.get((number, shown, None)) or first
    for_all = any_map is not None and (any_map.looked is None or any_map.looked.class_id is None)
    class_id = None if for_all else choose_label(number, one, shown, top_k)
    found = maps.get((number, shown, class_id)) or (
        first if class_id in (None, one.classification.best.class_id) else None
    )
    if found is None and st.button("What it looked at", icon=":material/visibility:", key=f"{NAME}-look-{number}"):
        look_again(number, key, one.picture, shown, class_id)
    if found is not None:
        show_map(found, one.picture.open(), one.classification.labels)


def choose_label(number: int, one: Seen, shown: int, top_k: int) -> int:
    """The label whose map is shown."""
    assert one.classification is not None
    options = label_options(one.classification, top_k)
    return st.selectbox(
        "For the label", list(options), format_func=options.__getitem__, key=f"{NAME}-label-{number}-{shown}-{top_k}"
    )


# The page

st.title("Image classification")
st.markdown("The model says which of the things that it knows a picture shows, and where it looked.")
key = choose_model(Task.IMAGE_CLASSIFICATION)
chosen = choose_pictures()
show_remark(key, chosen)
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    beside = choose_beside(key)
    top_k = st.slider("Labels", 1, MOST_LABELS, 5, key=f"{NAME}-top-k", help="How many are shown (top-k).", width=180)
    look = st.toggle("What it looked at", value=True, key=f"{NAME}-look-at", help=LOOK_HELP)
with st.container(horizontal=True, gap="medium"):
    pictures = pictures_asked_for(chosen, key is not None)
if pictures and key is not None:
    forget_all()
    asked = st.session_state[ASKED] = Asked((key, *beside), tuple(pictures))
    st.session_state[NOT_READ] = not_read_in(chosen.folder, FOR_FILMS) if chosen.folder is not None else None
    classify_with_all(asked, look)

latest: Asked | None = st.session_state.get(ASKED)
outcomes = [last_outcome(f"{NAME}-{number}") for number in range(len(latest.keys))] if latest is not None else []
present = [outcome for outcome in outcomes if outcome is not None]
if latest is not None and present:
    st.subheader("Result")
    if st.session_state.get(NOT_READ):
        st.info(message(st.session_state[NOT_READ]), icon=":material/folder_open:")
    show_all(replace(latest, keys=latest.keys[: len(present)]), present, top_k, look)

how_it_works(EXPLANATION, SOURCES, LINKS)
