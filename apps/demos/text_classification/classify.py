"""One model: how likely each of its labels is for each text, and which words made it think so."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_classification.results import (
    Explained,
    attempted,
    classified,
    explained,
    show_downloads,
    show_failures,
    show_progress,
    show_results,
    show_words,
)
from apps.demos.text_classification.texts import TEXTS, choose_texts
from apps.ui import messages
from apps.ui.doubts import choose_unreadable, show_doubts
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Outcome, forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.text_file import upload_text
from apps.words.doubts import about_texts
from models.catalog import Task
from models.errors import InvalidInput
from models.failures import Failure
from models.folders import read_json
from models.text.segmentation import require_text
from models.weights import hub
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.text_classification import Classification, TextClassifier

NAME = "classification"
LIKELIEST = "the likeliest"
MOST_TEXTS = 200
MOST_CHARACTERS = 100_000
MOST_EXPLAINED = 10  # each word of these texts is one more run of the model
EXPLAIN_HELP = """Leaves out each word in turn and looks how much less likely the label becomes. That is one more run
of the model for each word, so only the first ten texts are explained."""
LABEL_HELP = """Whose words are looked for: those that speak for the likeliest label of each text, or for one label in
all of them."""


@dataclass(frozen=True)
class TextsToSort:
    """What was asked: `label` is the one to explain, None the likeliest of each text."""

    model: str
    texts: tuple[str, ...]
    explain: bool = True
    label: str | None = None
    even_if_unreadable: bool = False


def work(
    request: TextsToSort, model: "TextClassifier", cancelled: threading.Event
) -> "Iterator[Classification | Failure | Explained]":
    """All texts first, then the words of the first few; a Failure where there is something wrong with one of them."""
    results = []
    for number, result in enumerate(model.attempt_each(request.texts, cancelled, request.even_if_unreadable)):
        if not isinstance(result, Failure):
            results.append((number, result))
        yield result
    for number, result in results[:MOST_EXPLAINED] if request.explain else []:
        label = request.label or result.label
        yield Explained(number, label, model.explain(result.text, label, cancelled, even_if_unreadable=True))


def require_reasonable(texts: tuple[str, ...]) -> None:
    """Raise InvalidInput for what would keep everybody else waiting. One text that is too long is left to the model."""
    short = [text for text in texts if len(text) <= MOST_CHARACTERS]
    if short or not texts:
        require_text("\n".join(short), MOST_CHARACTERS)
    if len(texts) > MOST_TEXTS:
        raise InvalidInput(f"These are {len(texts)} texts. Take at most {MOST_TEXTS} at once, or use the terminal.")


def labels_of(key: ModelKey | None) -> list[str]:
    """The labels that the model's folder names, in its order; none where it is not here or does not say."""
    folder = hub.locate(key.card) if key is not None else None
    names = read_json(folder / "config.json").get("id2label") if folder is not None else None
    return [str(name) for name in names.values()] if isinstance(names, dict) else []


def choose_explanation(key: ModelKey | None) -> dict[str, Any]:
    """Whether the words that matter are looked for, and for which label."""
    explain = st.toggle("Words that matter", value=True, key=f"{NAME}-explain", help=EXPLAIN_HELP)
    label = st.selectbox(
        "For the label",
        [LIKELIEST, *labels_of(key)],
        key=f"{NAME}-label-{key.model_id if key else ''}",
        help=LABEL_HELP,
        disabled=not explain,
        width=200,
    )
    return {"explain": explain, "label": None if label == LIKELIEST else label}


def compute(key: ModelKey, request: TextsToSort) -> None:
    """Borrow the model and classify, showing how far it is."""
    progress = st.empty()

    def show(items: list[Any]) -> None:
        with progress:
            show_progress(items, len(request.texts), MOST_EXPLAINED)

    require_reasonable(request.texts)
    run_with_model(NAME, key, partial(work, request), request, show)
    progress.empty()


def show_classify() -> None:
    """The model, the texts, and what it makes of them."""
    key = choose_model(Task.TEXT_CLASSIFICATION)
    texts, lines = choose_texts()
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        clicked = st.button("Classify", type="primary", icon=":material/label:", disabled=key is None)
        upload_text(TEXTS, lines=True)
        options = choose_explanation(key)
        options["even_if_unreadable"] = choose_unreadable(NAME)
    if key is not None:
        show_misfit(key, lines)
    if clicked and key is not None:
        forget_outcome(NAME)
        with messages.shown():
            compute(key, TextsToSort(key.model_id, texts, **options))
    outcome = last_outcome(NAME)
    if outcome is not None:
        show_outcome(outcome)


def show_outcome(outcome: Outcome) -> None:
    """What was found, what could not be, and what is to be doubted."""
    items = attempted(outcome)
    show_failures(items)
    if classified(items):
        show_results(items, NAME)
        show_words(items, explained(outcome))
    show_doubts(about_texts(items))
    show_end(outcome)
    if items:
        show_downloads(outcome)
