"""Several models on the same texts: one after the other, each kept as soon as it is done."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_classification.classify import require_reasonable
from apps.demos.text_classification.compare_results import show_comparison
from apps.demos.text_classification.comparison import Column, Comparison, disk_bytes
from apps.demos.text_classification.texts import TEXTS, choose_texts
from apps.ui import messages, visitor
from apps.ui.doubts import choose_unreadable
from apps.ui.experiment_page import time_left
from apps.ui.markdown import escape
from apps.ui.model_choice import add_own_card, location_text, offer_download, offered_cards
from apps.ui.run import Outcome, forget_outcome, last_outcome, run_with_model
from apps.ui.text_file import upload_text
from apps.words.amounts import count_text
from models.catalog import ModelCard, Task
from models.weights import hub
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.failures import Failure
    from models.text_classification import Classification, TextClassifier

NAME = "comparison"
CHOSEN, ASKED = f"{NAME}-models", f"{NAME}-asked"
MOST_MODELS = 6
FIRST_MODELS = 3  # how many of those on this machine are chosen at first


@dataclass(frozen=True)
class Asked:
    """Which models were asked about which texts."""

    keys: tuple[ModelKey, ...]
    texts: tuple[str, ...]


def show_compare() -> None:
    """The models, the texts, and what each model said of each text."""
    keys = choose_models()
    texts, _ = choose_texts()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        clicked = st.button("Compare", type="primary", icon=":material/compare_arrows:", disabled=not keys)
        upload_text(TEXTS, lines=True)
        even_if_unreadable = choose_unreadable(NAME)
    if clicked:
        forget_all()
        with messages.shown():
            require_reasonable(texts)
            ask_all(Asked(keys, texts), even_if_unreadable)
    asked: Asked | None = st.session_state.get(ASKED)
    if asked is not None:
        show_comparison(comparison(asked))


def choose_models() -> tuple[ModelKey, ...]:
    """Several models; of those that are not here, their download. Chosen at first are some of those that are."""
    cards = offered_cards(Task.TEXT_CLASSIFICATION)
    here = [model_id for model_id, card in cards.items() if hub.locate(card) is not None]
    kept = [model_id for model_id in st.session_state.get(CHOSEN, here[:FIRST_MODELS]) if model_id in cards]
    st.session_state[CHOSEN] = kept
    with st.container(border=True):
        field, other = st.columns([4, 1], vertical_alignment="bottom")
        chosen = field.multiselect(
            "Models",
            list(cards),
            key=CHOSEN,
            max_selections=MOST_MODELS,
            format_func=lambda model_id: f"{model_id} · {location_text(cards[model_id])}",
            placeholder="Choose two or more",
            persist_state="session",
        )
        if visitor.is_at_this_machine():
            with other:
                add_own_card(Task.TEXT_CLASSIFICATION)
        ready = [model_id for model_id in chosen if hub.locate(cards[model_id]) is not None]
        _show_missing([cards[model_id] for model_id in chosen if model_id not in ready])
        if len(chosen) < 2:
            st.caption(":material/lightbulb: Choose at least two models to see where they differ.")
    return tuple(ModelKey(Task.TEXT_CLASSIFICATION, model_id) for model_id in ready)


def _show_missing(cards: Sequence[ModelCard]) -> None:
    for card in cards:
        offer_download(card)
    if cards and len(cards) < MOST_MODELS:
        st.caption("Only the models that are here are compared.")


def ask_all(asked: Asked, even_if_unreadable: bool) -> None:
    """One model after the other; the store lends each, and takes it back before the next."""
    st.session_state[ASKED] = asked
    bar = st.progress(0.0, text="")
    left = time_left()
    for number, key in enumerate(asked.keys):
        follow = partial(_show_progress, bar, left, asked, number)
        run_with_model(f"{NAME}-{number}", key, _work(asked.texts, even_if_unreadable), asked, follow)
    bar.empty()


def _work(texts: Sequence[str], even_if_unreadable: bool) -> Callable[..., "Iterator[Classification | Failure]"]:
    def classify(model: "TextClassifier", cancelled: threading.Event) -> "Iterator[Classification | Failure]":
        return model.attempt_each(texts, cancelled, even_if_unreadable)

    return classify


def _show_progress(bar: Any, left: Callable[[float], str], asked: Asked, number: int, items: list[Any]) -> None:
    done = f"{len(items)} of {count_text(len(asked.texts), 'text')}"
    fraction = (number + len(items) / len(asked.texts)) / len(asked.keys)
    text = f"Model {number + 1} of {len(asked.keys)}: {escape(asked.keys[number].model_id)} · {done}"
    bar.progress(min(1.0, fraction), text=f"{text} · {left(fraction)}" if fraction < 1 else text)


def forget_all() -> None:
    """Drop what was found before."""
    st.session_state.pop(ASKED, None)
    for number in range(MOST_MODELS):
        forget_outcome(f"{NAME}-{number}")


def comparison(asked: Asked) -> Comparison:
    """What every model has said so far; one that was never reached has said nothing."""
    columns = [_column(key, last_outcome(f"{NAME}-{number}")) for number, key in enumerate(asked.keys)]
    return Comparison(asked.texts, tuple(columns))


def _column(key: ModelKey, outcome: Outcome | None) -> Column:
    if outcome is None:
        return Column(key.model_id, stopped=True)
    measured = outcome.measured
    return Column(
        key.model_id,
        tuple(outcome.items),
        seconds=measured.seconds if measured else None,
        load_seconds=measured.load_seconds if measured else None,
        footprint=measured.footprint if measured else None,
        disk_bytes=disk_bytes(key.card),
        device=measured.device if measured else None,
        precision=measured.precision if measured else None,
        error=outcome.error,
        stopped=outcome.stopped,
    )
