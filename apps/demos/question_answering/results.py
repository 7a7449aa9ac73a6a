"""Answers drawn: marked in their text, in a table with the other candidates, and as probabilities of each token."""

import html
import json
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.ui.downloads import show_download
from apps.ui.markdown import MARK_STYLE, escape
from apps.words.amounts import count_text

if TYPE_CHECKING:
    from models.question_answering import Answer, Reading

SCORES = ("score", "joint score")
TOKENS_IN_CHART = 44


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
            key=f"qa-answers-{number}",
        )
        if reading.no_answer_score is not None:
            windows = count_text(reading.windows, "window")
            st.caption(f"No-answer score {reading.no_answer_score:.3f}, the lowest over {windows}")
    with st.expander("Where could the answer start and end?", icon=":material/bar_chart:"):
        st.altair_chart(probability_chart(reading), width="stretch", key=f"qa-chart-{number}")


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
        {"token": f"{number:03d} {token.text}", "number": number, "probability": probability, "kind": kind}
        for number, token in enumerate(tokens)
        for kind, probability in (("start", token.start_probability), ("end", token.end_probability))
    ]
    # The number in front keeps equal words apart.
    words = alt.Axis(labelExpr="substring(datum.label, 4)", labelOverlap=False)
    return (
        alt.Chart(pd.DataFrame(rows, columns=["token", "number", "probability", "kind"]))
        .mark_bar()
        .encode(
            x=alt.X("token:N", sort=alt.SortField("number"), title=None, axis=words),
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
    peak = max(range(len(tokens)), key=lambda number: tokens[number].start_probability)
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
