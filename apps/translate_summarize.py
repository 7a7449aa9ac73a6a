"""English into French, German or Romanian, and long texts made short: two tasks of one set of T5 weights."""

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import streamlit as st

from apps.loading import ModelKey
from apps.texts.translate_summarize import TO_SUMMARIZE, TO_TRANSLATE, ExampleText
from apps.ui.downloads import show_download
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model
from apps.ui.run import Outcome, last_outcome, run_with_model, show_end
from apps.ui.search_settings import choose_settings
from apps.ui.text_file import upload_text
from models.catalog import Task, find_card
from models.errors import InvalidInput
from models.segmentation import require_text

TRANSLATE, SUMMARIZE = "Translate", "Summarize"
LENGTHS = ("short", "medium", "long")
PIECE_KINDS = {"translation": "translation", "part": "summary of this part", "whole": "the whole summary"}
HEIGHT = 300
# The wrapper takes more; but a text of this size keeps thirty people waiting for an hour on a CPU.
MOST_CHARACTERS = 100_000

EXPLANATION = """
T5 reads a text and writes another one. What it should do stands in front of the text, as words: this page sends
`translate English to French: The train leaves …` or `summarize: The town …` to one and the same set of weights.

- An **encoder** turns the words into numbers, each coloured by all the others. A **decoder** then writes one token
  after another, always looking at the whole input and at what it has written so far.
- **Beams**: instead of only the best next token, the model keeps the best few beginnings and compares them at the end.
  More beams take more time and avoid dead ends.
- T5 reads **512 tokens** at once, roughly 350 English words. A longer text is cut between sentences. A translation is
  the pieces in their order, with the paragraphs kept; a summary is made of each part, and then of those together.
- Left alone, the settings are those that the authors published with the weights: 4 beams, and for summaries at least
  30 tokens and no three tokens repeated in the same order.
"""
SOURCES = ("models/text_to_text.py", "models/segmentation.py")
LINKS = {
    "The paper on T5": "https://arxiv.org/abs/1910.10683",
    "T5 in the documentation of transformers": "https://huggingface.co/docs/transformers/model_doc/t5",
    "Model card of t5-base": "https://huggingface.co/google-t5/t5-base",
}


# What is asked


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
    languages = target_languages(st.session_state[f"{Task.TEXT_TO_TEXT}-model"])
    return st.selectbox(
        "Target", languages, format_func=str.capitalize, key="target", persist_state="session", width=140
    )


def choose_length() -> str:
    """How long a summary should be."""
    about = "“medium” takes the limits that were published with the weights: 30 to 200 tokens for T5."
    return st.selectbox("Length", LENGTHS, 1, key="length", help=about, persist_state="session", width=140)


def choose_text(task: str, examples: dict[str, ExampleText]) -> None:
    """The examples, each with a word on what to expect of it."""
    choose_example(task, {name: {f"{task}-text": example.text} for name, example in examples.items()})
    chosen = st.session_state.get(f"{task}-example") or next(iter(examples))
    if st.session_state[f"{task}-text"] == examples[chosen].text:
        st.caption(f":material/lightbulb: {examples[chosen].remark}")


# The work


def compute(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Borrow the model and let it write; the pieces are shown as they come."""
    known = stated_targets()  # asked for here: the thread of the work has no session

    def work(model: Any, cancelled: threading.Event) -> Iterator[Any]:
        from models.text_to_text import TextToTextSettings

        known[key.model_id] = tuple(sorted(model.targets))
        settings = TextToTextSettings(**request["settings"])
        if request["task"] == TRANSLATE:
            return model.translate(request["text"], request["target"], settings, cancelled)
        return model.summarize(request["text"], request["length"], settings, cancelled)

    run_with_model(request["task"], key, work, request, show)


# What is shown


def result_text(pieces: list[Any]) -> str:
    """The text that these pieces make together, as far as they have come."""
    from models.text_to_text import join

    return join(pieces)


def result_title(request: dict[str, Any]) -> str:
    """What the box beside the source holds."""
    return request["target"].capitalize() if request["task"] == TRANSLATE else f"Summary ({request['length']})"


def show_text(pieces: list[Any]) -> None:
    """The result so far, as plain text: what a model writes is never read as Markdown."""
    st.text(result_text(pieces), width="stretch")


def show_progress(pieces: list[Any]) -> None:
    """How many of the pieces are done."""
    done, total = pieces[-1].index + 1, pieces[-1].total
    st.progress(done / total, text=f"{done} of {total} pieces" if total > 1 else "1 piece")


def show_pieces(pieces: list[Any]) -> None:
    """Each piece of the source beside what became of it."""
    if len(pieces) < 2:
        return
    with st.expander(f"Piece by piece ({len(pieces)})", icon=":material/splitscreen_left:"), st.container(height=420):
        for piece in pieces:
            source, result = st.columns(2, gap="large")
            source.caption(f"{piece.index + 1} · " + ("all summaries together" if piece.kind == "whole" else "source"))
            source.text(piece.source)
            result.caption(PIECE_KINDS[piece.kind])
            result.text(piece.text)


def as_json(outcome: Outcome) -> str:
    """The request, the result, its pieces and what it took, for a file."""
    return json.dumps(
        outcome.request
        | {
            "result": result_text(outcome.items),
            "complete": not outcome.stopped and outcome.error is None,
            "pieces": [piece.as_dict() for piece in outcome.items],
            "measured": asdict(outcome.measured) if outcome.measured else None,
        },
        ensure_ascii=False,
        indent=2,
    )


def show_downloads(outcome: Outcome) -> None:
    """The result as a text file and, with its pieces and settings, as JSON."""
    name = "translation" if outcome.request["task"] == TRANSLATE else "summary"
    with st.container(horizontal=True):
        show_download("Text", result_text(outcome.items), f"{name}.txt", "text/plain")
        show_download("JSON", as_json(outcome), f"{name}.json", "application/json")


def refusal(text: str) -> str | None:
    """Why this text cannot be used, said before a model is loaded for it; None if it can."""
    try:
        require_text(text, MOST_CHARACTERS)
    except InvalidInput as error:
        return str(error)
    return None


# The page


def show_task(task: str, key: ModelKey | None, examples: dict[str, ExampleText]) -> None:
    """Everything between the choice of the task and its result."""
    choose_text(task, examples)
    controls, status = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
    with controls, st.container(horizontal=True, vertical_alignment="bottom"):
        option = {"target": choose_target()} if task == TRANSLATE else {"length": choose_length()}
        clicked = st.button(task, type="primary", disabled=key is None, icon=":material/play_arrow:")
        upload_text(f"{task}-text")
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("English")
        text = st.text_area(
            "English text", height=HEIGHT, key=f"{task}-text", label_visibility="collapsed", persist_state="session"
        )
    settings = choose_settings(task)
    request = {"task": task, "model": key and key.model_id, "text": text, **option, "settings": settings}
    with right:
        show_answer(task, key, request if clicked else None, status)


def show_answer(task: str, key: ModelKey, request: dict[str, Any] | None, status: Any) -> None:
    """The box beside the source: filled while a request is worked on, else with what the last one gave."""
    title, box, below = st.empty(), st.container(height=HEIGHT, border=True).empty(), st.empty()

    def show(pieces: list[Any]) -> None:
        with box:
            show_text(pieces)
        with below:
            show_progress(pieces)

    if request is not None:
        title.caption(result_title(request))
        problem = refusal(request["text"])
        if problem is not None:
            below.warning(problem, icon=":material/edit_note:")
            return
        with status:
            compute(key, request, show)
    outcome = last_outcome(task)
    if outcome is None:
        title.caption("Result")
        return
    title.caption(result_title(outcome.request))
    with box:
        show_text(outcome.items)
    with below.container():
        show_end(outcome)
        if outcome.items:
            show_downloads(outcome)


st.title("Translate and summarize")
st.markdown("One set of T5 weights, two tasks: the first words of its input tell the model which of them is meant.")
key = choose_model(Task.TEXT_TO_TEXT)
task = st.segmented_control(
    "Task", (TRANSLATE, SUMMARIZE), default=TRANSLATE, required=True, key="task", persist_state="session",
    label_visibility="collapsed",
)  # fmt: skip
show_task(task, key, TO_TRANSLATE if task == TRANSLATE else TO_SUMMARIZE)
if (outcome := last_outcome(task)) is not None:
    show_pieces(outcome.items)
how_it_works(EXPLANATION, SOURCES, LINKS)
