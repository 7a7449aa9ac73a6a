"""What the page asks for: an example, the language to translate into, the length of a summary."""

import streamlit as st

from apps.demos.translate_summarize.words import TO_SELECT, TO_SUMMARIZE, TO_TRANSLATE, TO_TRANSLATE_MINI
from apps.ui.examples import choose_example
from apps.ui.model_choice import chosen_model
from apps.words.examples import ExampleText
from models.catalog import Task
from models.weights.cards import find_card

TRANSLATE, SUMMARIZE = "Translate", "Summarize"
LENGTHS = ("short", "medium", "long")
T5_LENGTHS = "“medium” takes the limits that were published with the weights: 30 to 200 tokens for T5."
SELECTION_LENGTHS = """About 15, 30 or 45 % of the text's words, in whole sentences; at most 150, 300 or 600 words."""


@st.cache_resource
def stated_targets() -> dict[str, tuple[str, ...]]:
    """For each model that was used on this server, the languages that the checkpoint itself names."""
    return {}


def target_languages(model_id: str) -> tuple[str, ...]:
    """The languages to choose from: the checkpoint's own word where it was loaded before, else its card's."""
    stated = stated_targets().get(model_id)
    languages = find_card(model_id, Task.TEXT_TO_TEXT).languages or ("French", "German", "Romanian")
    return stated or tuple(language.lower() for language in languages if language != "English")


def choose_target() -> str:
    """The language to translate into."""
    languages = target_languages(chosen_model(Task.TEXT_TO_TEXT, TRANSLATE.lower()))
    if st.session_state.get("target") not in languages:  # another model was chosen, which knows other ones
        st.session_state["target"] = languages[0]
    return st.selectbox(
        "Target", languages, format_func=str.capitalize, key="target", persist_state="session", width=140
    )


def choose_length(selects: bool) -> str:
    """How long a summary should be."""
    about = SELECTION_LENGTHS if selects else T5_LENGTHS
    return st.selectbox("Length", LENGTHS, 1, key="length", help=about, persist_state="session", width=140)


def examples_for(task: str, model_id: str) -> tuple[str, dict[str, ExampleText]]:
    """The texts that fit what this model can do, and a name for them."""
    if task == SUMMARIZE:
        return ("select", TO_SELECT) if does_select(model_id) else ("summarize", TO_SUMMARIZE)
    small = find_card(model_id, Task.TEXT_TO_TEXT).embedded is not None
    return ("translate-mini", TO_TRANSLATE_MINI) if small else ("translate", TO_TRANSLATE)


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
