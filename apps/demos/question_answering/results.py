"""Answers drawn: marked in their text, in a table with the other candidates, and as probabilities of each token."""

import html
import json
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.ui.downloads import show_download
from apps.ui.markdown import LIGHT_MARK_STYLE, MARK_STYLE, escape, message
from apps.words.amounts import count_text
from models.failures import Failure
from models.wording import spreadsheet_text
from serving.records import reading as as_dict

if TYPE_CHECKING:
    from models.text.answers import Answer, Reading

SCORES = ("score", "joint score")
MOST_MARKS = 200  # places of one answer marked in the text: more would hide it
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
        if len(best.occurrences) > 1:
            st.caption(occurrences_text(best))
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


def show_failure(failure: Failure) -> None:
    """A question that could not be answered, in its place."""
    st.markdown(f"#### {escape(failure.text)}")
    st.error(message(failure.error), icon=":material/error:")


def occurrences_text(best: "Answer") -> str:
    """In how many places the answer stands, and how much of its score the marked one has."""
    places = f"Stands in {len(best.occurrences)} places of the text, the others marked lightly"
    return f"{places}; the likeliest has {best.occurrences[0].score:.3f}."


def marked_context(context: str, best: "Answer") -> str:
    """The context as HTML with the answer marked, and lightly the other places where the same words stand."""
    others = [(place.start, place.end) for place in best.occurrences[:MOST_MARKS]]
    parts, done = [], 0
    for start, end in sorted({place for place in others if not _overlap(place, best)} | {(best.start, best.end)}):
        if start < done or start == end:  # “na na” in “na na na” overlaps itself
            continue
        style = MARK_STYLE if start == best.start else LIGHT_MARK_STYLE
        parts += [_html(context[done:start]), f'<mark style="{style}">{_html(context[start:end])}</mark>']
        done = end
    text = "".join([*parts, _html(context[done:])])
    return f'<div style="max-height:24rem;overflow-y:auto;line-height:1.6">{text}</div>'


def _overlap(place: tuple[int, int], best: "Answer") -> bool:
    return place[0] < best.end and best.start < place[1]


def _html(text: str) -> str:
    return html.escape(text).replace("\n", "<br>")


def answer_table(reading: "Reading") -> pd.DataFrame:
    """The answers, best first: `score` is what they are ranked by, `joint score` how likely they are over the text."""
    table = {
        "answer": [answer.text or "(no answer)" for answer in reading.answers],
        "score": [round(answer.score, 4) for answer in reading.answers],
        "joint score": [round(answer.joint_score, 4) for answer in reading.answers],
    }
    return pd.DataFrame(table)


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
            tooltip=[alt.Tooltip("kind:N"), alt.Tooltip("probability:Q", format=".4f")],
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


def show_downloads(items: list["Reading | Failure"]) -> None:
    """The answers as CSV and JSON; a question that could not be answered has its sentence there."""
    with st.container(horizontal=True):
        show_download("Answers as CSV", to_csv(items), "answers.csv", "text/csv")
        show_download("Answers as JSON", to_json(items), "answers.json", "application/json")


def to_csv(items: list["Reading | Failure"]) -> str:
    """A line for each answer, and one for each question without any; a last column of errors where there are some.

    `unreadable` is the share of the question or the text that the model's vocabulary lacks, 0 to 1.
    """
    tables = [
        pd.DataFrame({"question": [item.text], "error": [item.error]})
        if isinstance(item, Failure)
        else answer_table(item).assign(question=item.question, unreadable=round(item.unreadable, 4))
        for item in items
    ]
    columns = ["question", "answer", "score", "joint score", "unreadable"]
    columns += ["error"] if any(isinstance(item, Failure) for item in items) else []
    table = pd.concat(tables).reindex(columns=columns)
    for name in ("question", "answer"):
        table[name] = table[name].map(spreadsheet_text, na_action="ignore")
    return table.to_csv(index=False)


def to_json(items: list["Reading | Failure"]) -> str:
    """All that is known of each question, as the terminal prints it."""
    return json.dumps([as_dict(item) for item in items], ensure_ascii=False, indent=1)
