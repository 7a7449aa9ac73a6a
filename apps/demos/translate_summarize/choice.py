"""What the page asks for: an example, the language to translate into, the length of a summary."""

from dataclasses import dataclass

import streamlit as st

from apps.demos.translate_summarize.words import (
    TO_SELECT,
    TO_SUMMARIZE,
    TO_TRANSLATE,
    TO_TRANSLATE_FROM,
    TO_TRANSLATE_MINI,
)
from apps.ui.examples import choose_example
from apps.ui.model_choice import chosen_model
from apps.words.examples import ExampleText
from models.catalog import Task
from models.weights.cards import find_card

TRANSLATE, SUMMARIZE = "Translate", "Summarize"
LENGTHS = ("short", "medium", "long")
OWN_LENGTHS = """“medium” takes the limits that were published with the weights: 30 to 200 tokens for T5, 56 to 142 \
for the BARTs that learned from CNN, one sentence for those that learned from XSum."""
T5_LANGUAGES = ("English", "French", "German", "Romanian")
NO_TARGET = "french"
SELECTION_LENGTHS = """About 15, 30 or 45 % of the text's words, in whole sentences; at most 150, 300 or 600 words."""


@dataclass(frozen=True)
class Languages:
    """What a model reads (None: not known, or several) and what it can translate to, in lower-case English."""

    source: str | None
    targets: tuple[str, ...]


@st.cache_resource
def stated_languages() -> dict[str, Languages]:
    """For each model that was used on this server, the languages that the checkpoint itself names."""
    return {}


def languages_of(model_id: str) -> Languages:
    """The checkpoint's own word where it was loaded before, else its card's, else those of T5."""
    stated = stated_languages().get(model_id)
    known = find_card(model_id, Task.TEXT_TO_TEXT, Task.SUMMARIZATION).languages
    source, *targets = (language.lower() for language in known or T5_LANGUAGES)
    return stated or Languages(source if known else None, tuple(targets))


def source_language(model_id: str) -> str | None:
    """The language that a text should be in for this work, as a heading: “Spanish”; None where that is not known."""
    source = languages_of(model_id).source
    return source.capitalize() if source else None


def choose_target() -> str:
    """The language to translate into."""
    # Of a model that does not translate the work itself says so.
    languages = languages_of(chosen_model(Task.TEXT_TO_TEXT, TRANSLATE.lower())).targets or (NO_TARGET,)
    if st.session_state.get("target") not in languages:  # another model was chosen, which knows other ones
        st.session_state["target"] = languages[0]
    return st.selectbox(
        "Target", languages, format_func=str.capitalize, key="target", persist_state="session", width=140
    )


def choose_length(selects: bool) -> str:
    """How long a summary should be."""
    about = SELECTION_LENGTHS if selects else OWN_LENGTHS
    return st.selectbox("Length", LENGTHS, 1, key="length", help=about, persist_state="session", width=140)


def examples_for(task: str, model_id: str) -> tuple[str, dict[str, ExampleText]]:
    """The texts that fit what this model can do, and a name for them."""
    if task == SUMMARIZE:
        return ("select", TO_SELECT) if does_select(model_id) else ("summarize", TO_SUMMARIZE)
    card = find_card(model_id, Task.TEXT_TO_TEXT)
    if card.embedded is not None:
        return "translate-mini", TO_TRANSLATE_MINI
    source = languages_of(model_id).source
    return (
        (f"translate-{source}", TO_TRANSLATE_FROM[source])
        if source in TO_TRANSLATE_FROM
        else ("translate", TO_TRANSLATE)
    )


def does_select(model_id: str) -> bool:
    """Whether the model chooses sentences instead of writing."""
    return find_card(model_id, Task.TEXT_TO_TEXT, Task.SUMMARIZATION).task == Task.SUMMARIZATION


def choose_text(task: str, model_id: str) -> None:
    """The examples, each with a word on what to expect of it."""
    name, examples = examples_for(task, model_id)
    choose_example(name, {label: {f"{task}-text": example.text} for label, example in examples.items()})
    text = st.session_state[f"{task}-text"]
    remark = next((example.remark for example in examples.values() if example.text == text), None)
    if remark is not None:
        st.caption(f":material/lightbulb: {remark}")
