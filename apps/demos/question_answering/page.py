"""Ask about a text: the answer marked in it, how sure the model is, and where else it looked."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from apps.demos.question_answering.results import show_downloads, show_failure, show_reading
from apps.demos.question_answering.words import EXAMPLES, EXPLANATION, LINKS, SOURCES
from apps.ui import messages
from apps.ui.doubts import choose_unreadable, show_doubts
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.words.doubts import about_readings
from models.catalog import Task
from models.errors import InvalidInput
from models.failures import Failure
from models.text.lines import texts_in
from models.text.segmentation import require_text
from models.wording import is_blank
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.question_answering import QuestionAnswerer
    from models.text.answers import Reading

NAME = "qa"
MOST_CHARACTERS = 100_000
MOST_QUESTIONS = 30
THRESHOLD_HELP = """“No answer” wins when its score exceeds the best answer’s by more than this. The lower it is, the
more often the model says that the text does not tell."""
RANKING_HELP = """“Joint score” compares the spans of all windows and is a probability; “score” those of one window, as
older versions of transformers did: in a long text a window without the answer can win. For a short text the two are
nearly the same."""


@dataclass(frozen=True)
class Questions:
    """What was asked, kept beside the answers."""

    context: str
    questions: tuple[str, ...]


def ask(request: Questions, **options: Any) -> Work:
    """The work for one model: a reading for each question, as they come, or why there is none."""

    def work(model: "QuestionAnswerer", cancelled: threading.Event) -> Iterator["Reading | Failure"]:
        return model.attempt_many(request.questions, request.context, cancelled=cancelled, **options)

    return work


def require_reasonable(request: Questions) -> None:
    """Raise InvalidInput for what would keep everybody else waiting, or cannot be answered at all."""
    if not request.questions:
        raise InvalidInput("There is no question. Write at least one, one a line.")
    if len(request.questions) > MOST_QUESTIONS:
        raise InvalidInput(f"These are {len(request.questions)} questions. Ask at most {MOST_QUESTIONS} at once.")
    require_text(request.context, MOST_CHARACTERS)


def choose_no_answer(key: ModelKey | None) -> bool:
    """Whether “no answer” competes: as the model's card says, and for the user to say where the card does not."""
    trained = key.card.answers_no_answer if key else None
    return st.toggle(
        "May say “no answer”",
        value=bool(trained),
        disabled=trained is False,
        key=f"qa-no-answer-{key.model_id if key else ''}",
        help="Only a model trained with unanswerable questions (SQuAD 2.0) knows what “no answer” means.",
    )


st.title("Question answering")
st.markdown("Give the model a text and ask about it. It marks the words that answer; it cannot invent any.")
key = choose_model(Task.QUESTION_ANSWERING)
choose_example(NAME, EXAMPLES)
left, right = st.columns([3, 2], gap="medium")
context = left.text_area("Text", key="qa-context", height=260, persist_state="session")
questions = right.text_area("Questions, one a line", key="qa-questions", height=260, persist_state="session")
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    top_k = st.slider("Answers (top_k)", 1, 10, 3, help="How many answers to show for each question.", width=170)
    no_answer = choose_no_answer(key)
    threshold = st.slider("No-answer threshold", -1.0, 1.0, 0.0, 0.05, help=THRESHOLD_HELP, width=170)
    rank_by = st.segmented_control(
        "Rank by",
        ["joint_score", "score"],
        default="joint_score",
        required=True,
        format_func=lambda name: name.replace("_", " "),
        help=RANKING_HELP,
    )
    even_if_unreadable = choose_unreadable(NAME)
request = Questions(context, tuple(line for line in texts_in(questions) if not is_blank(line)))

if key is not None:
    show_misfit(key, context, questions)
clicked = st.button("Answer", type="primary", icon=":material/search:", disabled=key is None)
if clicked and key is not None:
    work = ask(
        request,
        top_k=top_k,
        no_answer=no_answer,
        no_answer_threshold=threshold,
        rank_by=rank_by,
        even_if_unreadable=even_if_unreadable,
    )
    forget_outcome(NAME)
    with messages.shown():
        require_reasonable(request)
        run_with_model(NAME, key, work, request)

outcome = last_outcome(NAME)
if outcome is not None:
    for number, reading in enumerate(outcome.items):
        if isinstance(reading, Failure):
            show_failure(reading)
        else:
            show_reading(reading, number)
    show_doubts(about_readings(outcome.items))
    show_end(outcome)
    if outcome.items:
        show_downloads(outcome.items)

how_it_works(EXPLANATION, SOURCES, LINKS)
