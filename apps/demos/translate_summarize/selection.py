"""Why these sentences: the chosen ones marked in the source, and a bar for the score of each."""

import html
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd
import streamlit as st

from apps.ui.charts import BASELINE_COLOUR, COLOUR
from apps.ui.markdown import MARK_STYLE

if TYPE_CHECKING:
    from models.extractive_summary import Selection, Sentence

NUMBER_STYLE = "opacity:0.55;font-size:0.75em"
MOST_BARS = 60
PARTS = {
    "centrality": "How much it has in common with the other sentences: 1 is this text's average.",
    "position": "How early it stands: from 1.2 for the first sentence towards 0.",
    "repetition": "The share of its words that other sentences use, too.",
}


def show_selection(selection: "Selection") -> None:
    """The source with the chosen sentences marked, and what each sentence's score is made of."""
    chosen = sum(sentence.chosen for sentence in selection.sentences)
    st.markdown(f"##### Why these? {chosen} of {len(selection.sentences)} sentences were chosen")
    source, bars = st.columns(2, gap="large")
    with source:
        st.html(marked_source(selection))
        st.caption("The summary is these sentences, word for word: this model selects and cannot rephrase.")
    with bars:
        st.altair_chart(score_chart(selection.sentences), width="stretch", key="selection-chart")
    with st.expander("What the scores are made of", icon=":material/table_chart:"):
        columns = {name: st.column_config.NumberColumn(help=about, format="%.2f") for name, about in PARTS.items()}
        st.dataframe(
            score_table(selection.sentences),
            column_config={"score": st.column_config.NumberColumn(format="%.2f"), **columns},
            hide_index=True,
            key="selection-scores",
        )


def marked_source(selection: "Selection") -> str:
    """The source as HTML: each sentence with its number, the chosen ones marked."""
    parts, done = [], 0
    for number, sentence in enumerate(selection.sentences, 1):
        text = html.escape(selection.source[sentence.start : sentence.end])
        mark = f'<mark style="{MARK_STYLE}">{text}</mark>' if sentence.chosen else text
        between = html.escape(selection.source[done : sentence.start])
        parts += [between, f'<span style="{NUMBER_STYLE}">{number}</span> {mark}']
        done = sentence.end
    text = "".join(parts).replace("\n", "<br>")
    return f'<div style="max-height:26rem;overflow-y:auto;line-height:1.6">{text}</div>'


def score_table(sentences: "tuple[Sentence, ...]") -> pd.DataFrame:
    """A row for each sentence in the text's order: its number from 1, whether chosen, the score and its parts."""
    return pd.DataFrame(
        {
            "number": range(1, len(sentences) + 1),
            "chosen": [sentence.chosen for sentence in sentences],
            "score": [sentence.score for sentence in sentences],
            **{name: [getattr(sentence, name) for sentence in sentences] for name in PARTS},
            "sentence": [sentence.text for sentence in sentences],
        }
    )


def score_chart(sentences: "tuple[Sentence, ...]") -> alt.Chart:
    """A bar for each of the first MOST_BARS sentences, in the text's order; the chosen ones in colour.

    Scores may be below 0, so all bars begin a little below the lowest.
    """
    rows = score_table(sentences[:MOST_BARS])
    floor = min(0.0, rows["score"].min()) - 0.05
    heading = alt.Title(
        "Score of each sentence",
        subtitle="blue: chosen · central, early, full of the text's own words",
        anchor="start",
        subtitleColor=BASELINE_COLOUR,
    )
    return (
        alt.Chart(rows.assign(floor=floor), title=heading)
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            y=alt.Y("number:O", title=None, axis=alt.Axis(labelOverlap=False)),
            x=alt.X("floor:Q", title=None, axis=None, scale=alt.Scale(zero=False)),
            x2=alt.X2("score:Q"),
            color=alt.condition("datum.chosen", alt.value(COLOUR), alt.value(BASELINE_COLOUR)),
            tooltip=[
                alt.Tooltip("number"),
                *(alt.Tooltip(f"{name}:Q", format=".2f") for name in ("score", *PARTS)),
                alt.Tooltip("sentence"),
            ],
        )
        .properties(height=alt.Step(20))
    )
