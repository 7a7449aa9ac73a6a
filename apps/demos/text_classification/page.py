"""Texts sorted by a model's labels: how likely each label is, and which words made the model think so."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.text_classification.results import Explained, show_results, show_words, to_csv
from apps.demos.text_classification.words import TO_CLASSIFY
from apps.ui import messages
from apps.ui.downloads import show_download
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Outcome, forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.text_file import upload_text
from apps.words.amounts import count_text
from models.catalog import Task
from models.errors import InvalidInput
from models.folders import read_json
from models.text.segmentation import require_text
from models.weights import hub
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.text_classification import Classification, TextClassifier

NAME = "classification"
TEXTS = f"{NAME}-texts"
LIKELIEST = "the likeliest"
MOST_TEXTS = 200
MOST_CHARACTERS = 100_000
MOST_EXPLAINED = 10  # each word of these texts is one more run of the model
EXPLAIN_HELP = """Leaves out each word in turn and looks how much less likely the label becomes. That is one more run
of the model for each word, so only the first ten texts are explained."""
LABEL_HELP = """Whose words are looked for: those that speak for the likeliest label of each text, or for one label in
all of them."""

EXPLANATION = """
The model reads the whole text and ends in one number for each label it was trained with. **Softmax** turns these
numbers into probabilities that add up to 1. It cannot answer “something else”, and it never says that it does not know:
a shopping list gets a label too. How sure it is (the score) is not how often it is right.

**The words that matter** are found by *occlusion*: each word in turn is covered by the model's mask token (or left out,
where there is none), and the model reads again. If the label becomes less likely, the word spoke for it. That needs no
look inside and works for every model, but it asks about one word at a time: where two words say the same, each alone
seems not to matter, and an ironic sentence shows no colour for what only the whole of it says.

Models read at most 256 or 512 tokens; what is longer is cut, and the table says so.
"""
SOURCES = ("models/text_classification.py", "models/text/occlusion.py", "models/text/tokens.py")
LINKS = {
    "Representation erasure (Li et al., 2016)": "https://arxiv.org/abs/1612.08220",
    "Occlusion (Zeiler & Fergus, 2014)": "https://arxiv.org/abs/1311.2901",
    "DistilBERT (Sanh et al., 2019)": "https://arxiv.org/abs/1910.01108",
    "The Hugging Face course on fine-tuning": "https://huggingface.co/learn/llm-course/chapter3/1",
}


@dataclass(frozen=True)
class Request:
    """What was asked: `label` is the one to explain, None the likeliest of each text."""

    model: str
    texts: tuple[str, ...]
    explain: bool = True
    label: str | None = None


def work(
    request: Request, model: "TextClassifier", cancelled: threading.Event
) -> "Iterator[Classification | Explained]":
    """All texts first, then the words of the first few."""
    results = []
    for result in model.classify_each(request.texts, cancelled):
        results.append(result)
        yield result
    for place, result in enumerate(results[:MOST_EXPLAINED] if request.explain else []):
        label = request.label or result.label
        yield Explained(place, label, model.explain(result.text, label, cancelled))


def require_reasonable(texts: tuple[str, ...]) -> None:
    """Raise InvalidInput for what would keep everybody else waiting, or is no text at all."""
    require_text("\n".join(texts), MOST_CHARACTERS)
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


# What is shown


def classified(outcome: Outcome) -> "list[Classification]":
    """The texts that are done."""
    return [item for item in outcome.items if not isinstance(item, Explained)]


def explained(outcome: Outcome) -> list[Explained]:
    """The texts whose words are known."""
    return [item for item in outcome.items if isinstance(item, Explained)]


def as_json(outcome: Outcome) -> str:
    """The model, all scores, the words and what it took, for a file."""
    found = {item.place: item for item in explained(outcome)}
    details = {
        "model": outcome.request.model,
        "complete": not outcome.stopped and outcome.error is None,
        "results": [
            result.as_dict() | (found[place].as_dict() if place in found else {})
            for place, result in enumerate(classified(outcome))
        ],
        "measured": asdict(outcome.measured) if outcome.measured else None,
    }
    return json.dumps(details, ensure_ascii=False, indent=2)


def show_downloads(outcome: Outcome) -> None:
    """The results as CSV and JSON."""
    with st.container(horizontal=True):
        show_download("Results as CSV", to_csv(classified(outcome)), "classifications.csv", "text/csv")
        show_download("Results as JSON", as_json(outcome), "classifications.json", "application/json")


def show_progress(request: Request, items: list[Any]) -> None:
    """How many texts, and then how many explanations, are done."""
    words = [item for item in items if isinstance(item, Explained)]
    done, total = len(items) - len(words), len(request.texts)
    if words:
        done, total = len(words), min(total, MOST_EXPLAINED)
    st.progress(done / total, text=f"{done} of {count_text(total, 'text')} {'explained' if words else 'classified'}")


def compute(key: ModelKey, request: Request) -> None:
    """Borrow the model and classify, showing how far it is."""
    progress = st.empty()

    def show(items: list[Any]) -> None:
        with progress:
            show_progress(request, items)

    require_reasonable(request.texts)
    run_with_model(NAME, key, partial(work, request), request, show)
    progress.empty()


# The page

st.title("Text classification")
st.markdown("Give the model texts. It says how likely each of its labels is, and which words made it think so.")
key = choose_model(Task.TEXT_CLASSIFICATION)
choose_example(NAME, {name: {TEXTS: example.text} for name, example in TO_CLASSIFY.items()})
chosen = st.session_state.get(f"{NAME}-example") or next(iter(TO_CLASSIFY))
if st.session_state[TEXTS] == TO_CLASSIFY[chosen].text:
    st.caption(f":material/lightbulb: {TO_CLASSIFY[chosen].remark}")
lines = st.text_area("Texts, one a line", key=TEXTS, height=180, persist_state="session")
texts = tuple(line.strip() for line in lines.splitlines() if line.strip())
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    clicked = st.button("Classify", type="primary", icon=":material/label:", disabled=key is None)
    upload_text(TEXTS)
    options = choose_explanation(key)

if key is not None:
    show_misfit(key, lines)
if clicked:
    forget_outcome(NAME)
    with messages.shown():
        compute(key, Request(key.model_id, texts, **options))

outcome = last_outcome(NAME)
if outcome is not None:
    results = classified(outcome)
    if results:
        show_results(results, NAME)
        show_words(results, explained(outcome))
    show_end(outcome)
    if results:
        show_downloads(outcome)

how_it_works(EXPLANATION, SOURCES, LINKS)
