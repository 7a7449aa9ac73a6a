"""Diffusion in two dimensions: a figure out of noise, as a filmstrip and moment by moment."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from apps.demos.text_to_image.words import TOY, TOY_GUIDANCE_HELP
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from models.pictures.points_from_noise import Moment, Points, draw, figures, moments_to_show

NAME = "two-dimensions"
FRAMES = 6
HALF = 3.2  # of a frame: noise hardly ever is further out
MOST_STEPS, MOST_GUIDANCE = 60, 5.0
MOMENT_HELP = "0 is nothing but noise, the last one the figure."
STRIP_HEIGHT, LARGE_SIDE = 140, 420


def show_toy() -> None:
    """The whole section; it is computed at each run, in less than a tenth of a second."""
    st.subheader("In two dimensions")
    st.markdown(TOY)
    name = st.segmented_control("Figure", list(figures()), default="a heart", key=f"{NAME}-figure", required=True)
    left, right, last = st.columns([2, 2, 1], vertical_alignment="bottom", gap="medium")
    with left:
        steps = st.slider("Steps", 1, MOST_STEPS, 20, key=f"{NAME}-steps")
    with right:
        guidance = st.slider(
            "Guidance", 1.0, MOST_GUIDANCE, 1.0, 0.5, "%.1f", key=f"{NAME}-guidance", help=TOY_GUIDANCE_HELP
        )
    with last:
        seed = st.number_input("Seed", 0, 2**32 - 1, 0, key=f"{NAME}-seed")
    moments = moments_of(name, steps, guidance, int(seed))
    st.altair_chart(filmstrip([moments[number] for number in moments_to_show(steps, FRAMES)]), key=f"{NAME}-strip")
    show_moment(moments, figures()[name])


def show_moment(moments: Sequence[Moment], figure: Points) -> None:
    """One of the moments, large."""
    steps = len(moments) - 1
    left, right = st.columns([3, 2], vertical_alignment="center", gap="large")
    with right:
        shown = st.slider("Moment", 0, steps, round(0.6 * steps), key=f"{NAME}-moment-{steps}", help=MOMENT_HELP)
        st.markdown(moment_text(moments[shown], steps))
    left.altair_chart(scatter(moments[shown], figure), width=LARGE_SIDE, key=f"{NAME}-scatter")


@st.cache_data(max_entries=50, show_spinner=False)
def moments_of(name: str, steps: int, guidance: float, seed: int) -> list[Moment]:
    """All moments of one drawing."""
    return list(draw(name, steps, guidance, seed))


def filmstrip(moments: Sequence[Moment]) -> alt.LayerChart:
    """The points of several moments beside each other, each over its number."""
    table = pd.concat([_table(moment.points, 2 * HALF * place, moment.step) for place, moment in enumerate(moments)])
    names = pd.DataFrame(
        {
            "x": [2 * HALF * place for place in range(len(moments))],
            "y": [-HALF] * len(moments),
            "name": [f"step {moment.step}" if moment.step else "noise" for moment in moments],
        }
    )
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-HALF, 2 * HALF * (FRAMES - 0.5)]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-HALF - 0.6, HALF]))
    points = alt.Chart(table).mark_circle(size=7, color=COLOUR, opacity=0.7, clip=True).encode(x=x, y=y)
    words = alt.Chart(names).mark_text(color=BASELINE_COLOUR, fontSize=12).encode(x=x, y=y, text=alt.Text("name:N"))
    return layered(points, words).properties(height=STRIP_HEIGHT)


def scatter(moment: Moment, figure: Points) -> alt.LayerChart:
    """One moment: the figure in grey, each point, and a line to where the model guesses that it comes from."""
    lines = pd.DataFrame(np.hstack([moment.points, moment.guess]), columns=["x", "y", "to x", "to y"])
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-HALF, HALF]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-HALF, HALF]))
    known = alt.Chart(_table(figure, 0, 0)).mark_circle(size=10, color=BASELINE_COLOUR, opacity=0.5)
    rules = alt.Chart(lines).mark_rule(color=COLOUR, opacity=0.18, clip=True)
    points = alt.Chart(lines).mark_circle(size=16, color=COLOUR, opacity=0.85, clip=True)
    return layered(
        known.encode(x=x, y=y), rules.encode(x=x, y=y, x2=alt.X2("to x"), y2=alt.Y2("to y")), points.encode(x=x, y=y)
    ).properties(height=LARGE_SIDE)


def moment_text(moment: Moment, steps: int) -> str:
    """What is seen at one moment."""
    if moment.step == steps:
        return f"After {steps} steps: no noise is left. Grey: the points that the guess is made from."
    noise = (1 - moment.share) ** 0.5
    return (
        f"Before step {moment.step + 1} of {steps}: {moment.share:.1%} of the variance is figure, the noise is "
        f"{noise:.2f} wide. Each line leads to the guess: the mean of all that can have become this point."
    )


def _table(points: Points, shift: float, step: int) -> pd.DataFrame:
    inside = points[np.abs(points).max(axis=1) < HALF]  # the others would lie in another frame, or on words
    return pd.DataFrame({"x": inside[:, 0] + shift, "y": inside[:, 1], "step": step})
