"""Labels that are typed: how well each fits each text, by a model that was never trained for them."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_classification.own_labels_results import show_sorted
from apps.demos.text_classification.results import show_failures
from apps.demos.text_classification.words import TO_SORT
from apps.ui import messages
from apps.ui.doubts import choose_unreadable, show_doubts
from apps.ui.examples import choose_example
from apps.ui.experiment_page import time_left
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.text_file import upload_text
from apps.words.amounts import count_text
from apps.words.doubts import about_texts
from models.catalog import Task
from models.errors import InvalidInput
from models.text.label_sentences import TEMPLATE, LabelSentences, labels_in
from models.text.lines import texts_in
from models.text.segmentation import require_text
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.failures import Failure
    from models.zero_shot import LabelScores, LabelSimilarity, ZeroShotClassifier

NAME = "own-labels"
TEXTS, LABELS, SENTENCE = f"{NAME}-texts", f"{NAME}-labels", f"{NAME}-sentence"
VERB = "label"
MOST_TEXTS, MOST_CHARACTERS = 200, 100_000
SENTENCE_HELP = """The model is asked whether a text implies this sentence, with each label in the place of {}. The
wording matters: try “This text is about {}.” or “The customer is {}.”"""
SEVERAL_HELP = """Off: exactly one label is true, and all are weighed against each other. On: each is judged by itself,
so that several can be true, or none."""


@dataclass(frozen=True)
class TextsToLabel:
    """What was asked of which model."""

    model: str
    texts: tuple[str, ...]
    wanted: LabelSentences
    even_if_unreadable: bool = False


def show_own_labels() -> None:
    """The model, the texts and labels, and how well they fit."""
    key = choose_model(Task.ZERO_SHOT, verb=VERB)
    choose_example(NAME, {name: _fields(*example) for name, example in TO_SORT.items()})
    texts, labels = st.columns([3, 2], gap="medium")
    lines = texts.text_area("Texts, one a line", key=TEXTS, height=150, persist_state="session")
    with labels:
        wanted = choose_labels()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        clicked = st.button("Sort", type="primary", icon=":material/sell:", disabled=key is None)
        upload_text(TEXTS, lines=True)
        even_if_unreadable = choose_unreadable(NAME)
    if key is not None:
        show_misfit(key, lines)
    if clicked and key is not None:
        given = texts_in(lines)
        forget_outcome(NAME)
        with messages.shown():
            compute(key, TextsToLabel(key.model_id, given, wanted, even_if_unreadable))
    show_last()


def _fields(texts: str, labels: str, sentence: str) -> dict[str, object]:
    return {TEXTS: texts, LABELS: labels, SENTENCE: sentence}


def choose_labels() -> LabelSentences:
    """The labels, the sentence that they are put into, and whether several may be true."""
    labels = st.text_input("Labels, with commas between them", key=LABELS, persist_state="session")
    st.session_state.setdefault(SENTENCE, TEMPLATE)
    sentence = st.text_input("Sentence", key=SENTENCE, help=SENTENCE_HELP, persist_state="session")
    several = st.toggle("Several may be true", key=f"{NAME}-several", help=SEVERAL_HELP, persist_state="session")
    return LabelSentences(labels_in(labels), sentence.strip(), several)


def compute(key: ModelKey, request: TextsToLabel) -> None:
    """Check what was typed, borrow the model and sort, showing how far it is."""
    require_text("\n".join(request.texts), MOST_TEXTS * MOST_CHARACTERS)
    if len(request.texts) > MOST_TEXTS:
        raise InvalidInput(
            f"These are {len(request.texts)} texts. Take at most {MOST_TEXTS} at once, or use the terminal."
        )
    request.wanted.require_usable()
    progress, left = st.empty(), time_left()

    def show(items: list[Any]) -> None:
        fraction = len(items) / len(request.texts)
        text = f"{len(items)} of {count_text(len(request.texts), 'text')}"
        progress.progress(fraction, text=f"{text} · {left(fraction)}" if fraction < 1 else text)

    run_with_model(NAME, key, partial(work, request), request, show)
    progress.empty()


def work(
    request: TextsToLabel, model: "ZeroShotClassifier | LabelSimilarity", cancelled: threading.Event
) -> "Iterator[LabelScores | Failure]":
    """Each text as soon as it is done."""
    return model.sort_each(request.texts, request.wanted, cancelled, request.even_if_unreadable)


def show_last() -> None:
    """What came of the last request of this session."""
    outcome = last_outcome(NAME)
    if outcome is None:
        return
    show_failures(outcome.items)
    show_sorted(outcome.items, outcome.request)
    show_doubts(about_texts(outcome.items))
    show_end(outcome)
