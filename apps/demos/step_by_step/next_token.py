"""The next token's probabilities, with temperature, top-k and top-p acting on them at once, without the model."""

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.tokenizers.chips import plain
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.words.amounts import percent_text
from models.steps.looks import NextLook
from models.steps.next_token import next_probabilities

MOST_BARS = 12
_BAR = 24  # pixels


@st.fragment
def show_next(look: NextLook, live: bool = True) -> None:
    """The likeliest next tokens; with the sliders when it is `live`."""
    temperature, top_k, top_p = choose_sampling() if live else (1.0, 0, 1.0)
    table = next_table(look, temperature, top_k, top_p)
    st.altair_chart(bars(table), key="steps-next" if live else None)
    if live:
        st.caption(left_text(look, temperature, top_k, top_p))


def choose_sampling() -> tuple[float, int, float]:
    """Temperature, top-k and top-p."""
    left, middle, right = st.columns(3)
    temperature = left.slider("Temperature", 0.1, 3.0, 1.0, 0.1, key="steps-temperature")
    top_k = middle.slider("Top-k", 0, 100, 0, 1, key="steps-top-k", help="0 keeps all.")
    top_p = right.slider("Top-p", 0.05, 1.0, 1.0, 0.05, key="steps-top-p", help="1 keeps all.")
    return temperature, top_k, top_p


def next_table(look: NextLook, temperature: float, top_k: int, top_p: float) -> pd.DataFrame:
    """A row for each of the likeliest tokens: its probability as the model has it, and as the sliders make it."""
    before = next_probabilities(look.logits)
    after = next_probabilities(look.logits, temperature, top_k, top_p)
    best = look.best[:MOST_BARS]
    return pd.DataFrame(
        {
            "token": [f"{place + 1}. {plain(text)}" for place, (_, text) in enumerate(best)],
            "logit": [float(look.logits[number]) for number, _ in best],
            "before": [before[number] for number, _ in best],
            "after": [after[number] for number, _ in best],
            "label": [percent_text(after[number]) if after[number] else "out" for number, _ in best],
        }
    )


def bars(table: pd.DataFrame) -> alt.LayerChart:
    """Thick bars: with the sliders. Thin lines: as the model has it."""
    highest = 1.25 * max(table["after"].max(), table["before"].max())
    base = alt.Chart(table).encode(
        y=alt.Y("token:N", sort=None, title=None, axis=alt.Axis(ticks=False, domain=False, labelLimit=160))
    )
    scale = alt.Scale(domain=[0, highest])
    tooltip = ["token", alt.Tooltip("logit", format=".2f"), alt.Tooltip("before", format=".4f"),
               alt.Tooltip("after", format=".4f")]  # fmt: skip
    axis = alt.X("after:Q", scale=scale, title=None, axis=None)
    return layered(
        base.mark_bar(color=COLOUR, cornerRadiusEnd=3, size=14).encode(x=axis, tooltip=tooltip),
        base.mark_tick(color=BASELINE_COLOUR, thickness=2, size=18).encode(x=alt.X("before:Q", scale=scale, axis=None)),
        base.mark_text(align="left", dx=6, color=BASELINE_COLOUR).encode(x=axis, text=alt.Text("label")),
    ).properties(height=_BAR * len(table) + 20)


def left_text(look: NextLook, temperature: float, top_k: int, top_p: float) -> str:
    """How many tokens can still be drawn."""
    left = int((next_probabilities(look.logits, temperature, top_k, top_p) > 0).sum())
    return (
        f"{left:,} of {len(look.logits):,} tokens can be drawn. The grey ticks are what the model says by itself "
        "(temperature 1, all tokens)."
    )
