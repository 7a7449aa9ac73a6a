"""Ask about a text: the answer marked in it, how sure the model is, and where else it looked."""

import html
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.question_answering.words import EXAMPLES
from apps.ui import messages
from apps.ui.downloads import show_download
from apps.ui.examples import choose_example
from apps.ui.explain import how_it_works
from apps.ui.markdown import escape
from apps.ui.model_choice import choose_model, show_misfit
from apps.ui.run import Work, forget_outcome, last_outcome, run_with_model, show_end
from apps.words.amounts import count_text
from models.catalog import Task
from models.errors import InvalidInput
from models.text.segmentation import require_text
from serving.loading import ModelKey

if TYPE_CHECKING:
    from models.question_answering import Answer, QuestionAnswerer, Reading

NAME = "qa"
SCORES = ("score", "joint score")
MOST_CHARACTERS = 100_000
MOST_QUESTIONS = 30
TOKENS_IN_CHART = 44
THRESHOLD_HELP = """“No answer” wins when its score exceeds the best answer’s by more than this. The lower it is, the
more often the model says that the text does not tell."""
RANKING_HELP = """“Score” compares the spans of one window, as older versions of transformers did; “joint score”
compares those of all windows, which is fairer in long texts. For a short text the two are the same."""
MARK_STYLE = "background:#f2c14e;color:#22262b;border-radius:3px;padding:0 3px"

EXPLANATION = """
The model reads question and text together and gives each token two numbers: how well an answer could **start** there,
and how well it could **end** there. Every span of up to 15 tokens gets the product of its start and end probability as
its score, and the best span is cut out of the text. So the model never writes a word of its own: it points.

A long text is read in windows of 384 tokens that overlap by 128. Models trained with unanswerable questions (SQuAD 2.0)
also score “there is no answer here”, at their very first token; when that beats the best span, the text does not tell.
"""
LINKS = {
    "SQuAD 2.0 (Rajpurkar et al., 2018)": "https://arxiv.org/abs/1806.03822",
    "RoBERTa (Liu et al., 2019)": "https://arxiv.org/abs/1907.11692",
    "The Hugging Face course on question answering": "https://huggingface.co/learn/llm-course/chapter7/7",
}


@dataclass(frozen=True)
class Request:
    """What was asked, kept beside the answers."""

    context: str
    questions: tuple[str, ...]


def ask(request: Request, **options: Any) -> Work:
    """The work for one model: a reading for each question, as they come."""

    def work(model: "QuestionAnswerer", cancelled: threading.Event) -> Iterator["Reading"]:
        return model.answer_many(request.questions, request.context, cancelled=cancelled, **options)

    return work


def require_reasonable(request: Request) -> None:
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


def show_reading(reading: "Reading", number: int) -> None:
    """One question with its answer in the text, the alternatives and the probabilities."""
    best = reading.answers[0]
    st.markdown(f"#### {escape(reading.question)}")
    show_best(best)
    context, details = st.columns(2, gap="large")
    with context:
        st.html(marked_context(reading.context, best))
    with details:
        columns = {name: st.column_config.NumberColumn(width="small", format="%.4f") for name in SCORES}
        st.dataframe(
            answer_table(reading),
            column_config={"answer": st.column_config.TextColumn(width="medium"), **columns},
            hide_index=True,
            key=f"{NAME}-answers-{number}",
        )
        if reading.no_answer_score is not None:
            windows = count_text(reading.windows, "window")
            st.caption(f"No-answer score {reading.no_answer_score:.3f}, the lowest over {windows}")
    with st.expander("Where could the answer start and end?", icon=":material/bar_chart:"):
        st.altair_chart(probability_chart(reading), width="stretch", key=f"{NAME}-chart-{number}")


def show_best(best: "Answer") -> None:
    """The answer as a sentence of its own, with its score."""
    if best.text:
        st.markdown(f":blue-background[**{escape(best.text)}**] &nbsp; score {best.score:.3f}")
    else:
        st.markdown(f":orange-background[**The text does not tell.**] &nbsp; score {best.score:.3f}")


def marked_context(context: str, best: "Answer") -> str:
    """The context as HTML with the answer marked."""
    parts = [context[: best.start], context[best.start : best.end], context[best.end :]]
    before, answer, after = (html.escape(part).replace("\n", "<br>") for part in parts)
    mark = f'<mark style="{MARK_STYLE}">{answer}</mark>' if answer else ""
    return f'<div style="max-height:24rem;overflow-y:auto;line-height:1.6">{before}{mark}{after}</div>'


def answer_table(reading: "Reading") -> pd.DataFrame:
    """The answers, best first. `score` and `joint score` are probabilities in [0, 1]."""
    return pd.DataFrame(
        {
            "answer": [answer.text or "(no answer)" for answer in reading.answers],
            "score": [round(answer.score, 4) for answer in reading.answers],
            "joint score": [round(answer.joint_score, 4) for answer in reading.answers],
        }
    )


def probability_chart(reading: "Reading") -> alt.Chart:
    """Start and end probability of the tokens around the best answer."""
    tokens = nearest_tokens(reading)
    rows = [
        {"token": f"{place:03d} {token.text}", "place": place, "probability": probability, "kind": kind}
        for place, token in enumerate(tokens)
        for kind, probability in (("start", token.start_probability), ("end", token.end_probability))
    ]
    # The number in front keeps equal words apart.
    words = alt.Axis(labelExpr="substring(datum.label, 4)", labelOverlap=False)
    return (
        alt.Chart(pd.DataFrame(rows, columns=["token", "place", "probability", "kind"]))
        .mark_bar()
        .encode(
            x=alt.X("token:N", sort=alt.SortField("place"), title=None, axis=words),
            y=alt.Y("probability:Q", scale=alt.Scale(domain=[0, 1])),
            xOffset=alt.XOffset("kind:N", sort=["start", "end"]),
            color=alt.Color("kind:N", sort=["start", "end"], title=None, scale=alt.Scale(range=["#1f5f8b", "#e0a526"])),
            tooltip=["kind:N", alt.Tooltip("probability:Q", format=".4f")],
        )
        .properties(height=260)
    )


def nearest_tokens(reading: "Reading") -> list[Any]:
    """At most TOKENS_IN_CHART tokens with the likeliest start in their middle: more would be too thin to read."""
    tokens = reading.tokens
    if len(tokens) <= TOKENS_IN_CHART:
        return tokens
    peak = max(range(len(tokens)), key=lambda place: tokens[place].start_probability)
    first = min(max(0, peak - TOKENS_IN_CHART // 2), len(tokens) - TOKENS_IN_CHART)
    return tokens[first : first + TOKENS_IN_CHART]


def show_downloads(readings: list["Reading"]) -> None:
    """The answers as CSV and JSON."""
    tables = [answer_table(reading).assign(question=reading.question) for reading in readings]
    as_csv = pd.concat(tables)[["question", "answer", "score", "joint score"]].to_csv(index=False)
    as_json = json.dumps([reading.as_dict() for reading in readings], ensure_ascii=False, indent=1)
    with st.container(horizontal=True):
        show_download("Answers as CSV", as_csv, "answers.csv", "text/csv")
        show_download("Answers as JSON", as_json, "answers.json", "application/json")


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
        ["score", "joint_score"],
        default="score",
        required=True,
        format_func=lambda name: name.replace("_", " "),
        help=RANKING_HELP,
    )
request = Request(context, tuple(line.strip() for line in questions.splitlines() if line.strip()))

if key is not None:
    show_misfit(key, context, questions)
if st.button("Answer", type="primary", icon=":material/search:", disabled=key is None):
    work = ask(request, top_k=top_k, no_answer=no_answer, no_answer_threshold=threshold, rank_by=rank_by)
    forget_outcome(NAME)
    with messages.shown():
        require_reasonable(request)
        run_with_model(NAME, key, work, request)

outcome = last_outcome(NAME)
if outcome is not None:
    for number, reading in enumerate(outcome.items):
        show_reading(reading, number)
    show_end(outcome)
    if outcome.items:
        show_downloads(outcome.items)

how_it_works(
    EXPLANATION, ("models/question_answering.py", "models/text/answer_spans.py", "models/text/answers.py"), LINKS
)
