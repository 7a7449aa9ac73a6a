"""English into other languages, and long texts made short: by a T5 that writes, or by choosing sentences."""

import threading
from collections.abc import Iterator
from typing import Any

import streamlit as st

from apps.demos.translate_summarize.pieces import show_downloads, show_pieces, show_progress, show_text
from apps.demos.translate_summarize.search_settings import choose_settings
from apps.demos.translate_summarize.selection import show_selection
from apps.demos.translate_summarize.words import TO_SELECT, TO_SUMMARIZE, TO_TRANSLATE, TO_TRANSLATE_MINI, ExampleText
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model, chosen_model, show_misfit
from apps.ui.run import forget_outcome, last_outcome, run_with_model, show_end
from apps.ui.text_file import upload_text
from models.catalog import Task
from models.errors import InvalidInput
from models.text.segmentation import require_text
from models.weights.cards import find_card
from serving.loading import ModelKey

TRANSLATE, SUMMARIZE = "Translate", "Summarize"
LENGTHS = ("short", "medium", "long")
HEIGHT = 300
# The wrapper takes more; but a text of this size keeps thirty people waiting for an hour on a CPU.
MOST_CHARACTERS = 100_000
T5_LENGTHS = "“medium” takes the limits that were published with the weights: 30 to 200 tokens for T5."
SELECTION_LENGTHS = """About 15, 30 or 45 % of the text's words, in whole sentences; at most 150, 300 or 600 words."""

EXPLANATION = """
T5 reads a text and writes another one. What it should do stands in front of the text, as words: this page sends
`translate English to French: The train leaves …` or `summarize: The town …` to one and the same set of weights. The
small T5 that comes with the suite is built in the same way, and has learned the first of these only.

- An **encoder** turns the words into numbers, each coloured by all the others. A **decoder** then writes one token
  after another, always looking at the whole input and at what it has written so far.
- **Beams**: instead of only the best next token, the model keeps the best few beginnings and compares them at the end.
  More beams take more time and avoid dead ends.
- A T5 reads so many **tokens** at once and no more; the large ones 512, roughly 350 English words. A longer text is cut
  between sentences. A translation is the pieces in their order, with the paragraphs kept; a summary is made of each
  part, and then of those together. The small T5 gets one sentence at a time, because it has hardly seen longer texts.
- Left alone, the settings are those that came with the weights: for the large ones 4 beams, and for summaries at least
  30 tokens and no three tokens repeated in the same order.
"""
SOURCES = ("models/text_to_text.py", "models/text/segmentation.py")
LINKS = {
    "The paper on T5": "https://arxiv.org/abs/1910.10683",
    "T5 in the documentation of transformers": "https://huggingface.co/docs/transformers/model_doc/t5",
    "Model card of t5-base": "https://huggingface.co/google-t5/t5-base",
}

SELECTION_EXPLANATION = """
This model writes nothing. It **selects** sentences of the text, and cannot rephrase, shorten or join them. So it never
invents anything; but what no sentence says is not in the summary either, and “he” may stand there without his name.

- A **sentence encoder** turns each sentence into 384 numbers. Sentences that mean something alike get numbers alike.
- **Centrality** (LexRank): imagine somebody who walks from sentence to sentence, rather to similar ones. Where that
  walk comes by most often, the text says what it is about.
- **Position**: reports tell the main thing first. **Repetition**: what a text is about, it names again and again.
- **Redundancy** (MMR): the best sentence is taken, then the best of those that do not repeat it, and so on. In the end
  the chosen ones are put back into the order of the text.
"""
SELECTION_SOURCES = ("models/extractive_summary.py", "models/text/sentence_ranking.py", "models/sentence_encoder.py")
SELECTION_LINKS = {
    "LexRank (Erkan & Radev, 2004)": "https://arxiv.org/abs/1109.2128",
    "MMR (Carbonell & Goldstein, 1998)": "https://doi.org/10.1145/290941.291025",
    "The sentence encoder": "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
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


# The work


def compute(key: ModelKey, request: dict[str, Any], show: Any) -> None:
    """Borrow the model and let it work; the pieces are shown as they come."""
    known = stated_targets()  # asked for here: the thread of the work has no session

    def work(model: Any, cancelled: threading.Event) -> Iterator[Any]:
        if key.task == Task.SUMMARIZATION:
            return model.summarize(request["text"], request["length"], cancelled=cancelled)
        from models.text_to_text import TextToTextSettings

        known[key.model_id] = tuple(sorted(model.targets))
        settings = TextToTextSettings(**request["settings"])
        if request["task"] == TRANSLATE:
            return model.translate(request["text"], request["target"], settings, cancelled)
        return model.summarize(request["text"], request["length"], settings, cancelled)

    run_with_model(request["task"], key, work, request, show)


# What is shown


def result_title(request: dict[str, Any]) -> str:
    """What the box beside the source holds."""
    return request["target"].capitalize() if request["task"] == TRANSLATE else f"Summary ({request['length']})"


def refusal(text: str) -> str | None:
    """Why this text cannot be used, said before a model is loaded for it; None if it can."""
    try:
        require_text(text, MOST_CHARACTERS)
    except InvalidInput as error:
        return str(error)
    return None


# The page


def show_task(task: str, key: ModelKey | None) -> None:
    """Everything between the choice of the model and its result."""
    model_id = chosen_model(Task.TEXT_TO_TEXT, task.lower())
    choose_text(task, model_id)
    selects = does_select(model_id)
    controls, status = st.columns([3, 2], gap="medium", vertical_alignment="bottom")
    with controls, st.container(horizontal=True, vertical_alignment="bottom"):
        option = {"target": choose_target()} if task == TRANSLATE else {"length": choose_length(selects)}
        clicked = st.button(task, type="primary", disabled=key is None, icon=":material/play_arrow:")
        upload_text(f"{task}-text")
    left, right = st.columns(2, gap="medium")
    with left:
        st.caption("English")
        text = st.text_area(
            "English text", height=HEIGHT, key=f"{task}-text", label_visibility="collapsed", persist_state="session"
        )
    if key is not None:
        show_misfit(key, text)
    request = {"task": task, "model": key and key.model_id, "text": text, **option}
    if not selects:
        request["settings"] = choose_settings(task)
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
        forget_outcome(task)
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
            show_downloads(outcome, "translation" if task == TRANSLATE else "summary")


def show_reasons(task: str) -> None:
    """Below everything else: how the result came about."""
    outcome = last_outcome(task)
    if outcome is None or not outcome.items:
        return
    show_pieces(outcome.items)
    if hasattr(outcome.items[-1], "sentences"):
        show_selection(outcome.items[-1])


st.title("Translate and summarize")
st.markdown(
    "A T5 reads a text and writes another one. Without a full one, summaries are made of the text's own sentences."
)
task = st.segmented_control(
    "Task", (TRANSLATE, SUMMARIZE), default=TRANSLATE, required=True, key="task", persist_state="session",
    label_visibility="collapsed",
)  # fmt: skip
key = choose_model(Task.TEXT_TO_TEXT, verb=task.lower())
show_task(task, key)
show_reasons(task)
if does_select(chosen_model(Task.TEXT_TO_TEXT, task.lower())):
    how_it_works(SELECTION_EXPLANATION, SELECTION_SOURCES, SELECTION_LINKS)
else:
    how_it_works(EXPLANATION, SOURCES, LINKS)
