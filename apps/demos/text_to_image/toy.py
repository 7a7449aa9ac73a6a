"""Diffusion in two dimensions: a figure out of noise, as a filmstrip and moment by moment."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from apps.demos.text_to_image.filmstrip import FRAMES, show_frames
from apps.demos.text_to_image.words import TOY, TOY_GUIDANCE_HELP
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from models.pictures.points_from_noise import Moment, Points, draw, figures, moments_to_show
from models.wording import count_text

NAME = "two-dimensions"
HALF = 2.8  # of a frame: of noise, one point in a hundred is further out
MOST_STEPS, MOST_GUIDANCE = 60, 5.0
MOMENT_HELP = "0 is nothing but noise, the last one the figure."
LARGE_SIDE = 440  # pixels, as high as what stands beside it
DOT = 0.1  # of a frame, as wide as the figure is blurred


@st.fragment
def show_toy() -> None:
    """The whole section, computed in less than a tenth of a second.

    A fragment: somebody who moves a slider meanwhile does not stop a picture that takes minutes.
    """
    st.subheader("In two dimensions")
    st.markdown(TOY)
    name = st.segmented_control("Figure", list(figures()), default="a heart", key=f"{NAME}-figure", required=True)
    # What is moved stands beside what moves, so that a projector shows both; on a telephone, beneath it.
    left, right = st.columns([3, 2], gap="large")
    with right:
        steps, guidance, seed = choose_settings()
        moments = moments_of(name, steps, guidance, seed)
        moment = choose_moment(moments)
    left.altair_chart(scatter(moment, figures()[name]), width=LARGE_SIDE, key=f"{NAME}-scatter")
    show_frames(dict(frame(moments[number]) for number in moments_to_show(steps, FRAMES)))


def choose_settings() -> tuple[int, float, int]:
    """Steps, guidance and seed."""
    steps = st.slider("Steps", 1, MOST_STEPS, 20, key=f"{NAME}-steps")
    guidance = st.slider(
        "Guidance", 1.0, MOST_GUIDANCE, 1.0, 0.5, "%.1f", key=f"{NAME}-guidance", help=TOY_GUIDANCE_HELP
    )
    return steps, guidance, int(st.number_input("Seed", 0, 2**32 - 1, 0, key=f"{NAME}-seed"))


def choose_moment(moments: Sequence[Moment]) -> Moment:
    """The moment to be seen large, with what it shows."""
    steps = len(moments) - 1
    shown = st.slider("Moment", 0, steps, round(0.6 * steps), key=f"{NAME}-moment-{steps}", help=MOMENT_HELP)
    st.markdown(moment_text(moments[shown], steps))
    return moments[shown]


@st.cache_data(max_entries=50, show_spinner=False)
def moments_of(name: str, steps: int, guidance: float, seed: int) -> list[Moment]:
    """All moments of one drawing."""
    return list(draw(name, steps, guidance, seed))


def frame(moment: Moment) -> tuple[str, str]:
    """The name of a moment, and its points as an SVG, which is sharp at every width."""
    inside = moment.points[np.abs(moment.points).max(axis=1) < HALF]
    dots = "".join(f"M{x:.2f} {-y:.2f}h0" for x, y in inside)  # lines of no length, whose round ends are seen
    line = f'stroke="{COLOUR}" stroke-width="{DOT}" stroke-linecap="round" stroke-opacity="0.8"'
    box = f"{-HALF} {-HALF} {2 * HALF} {2 * HALF}"
    picture = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><path d="{dots}" {line}/></svg>'
    return f"step {moment.step}" if moment.step else "noise", picture


def scatter(moment: Moment, figure: Points) -> alt.LayerChart:
    """One moment: the figure in grey, each point, and a line to where the model guesses that it comes from."""
    lines = pd.DataFrame(np.hstack([moment.points, moment.guess]), columns=["x", "y", "to x", "to y"])
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-HALF, HALF]))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-HALF, HALF]))
    known = alt.Chart(pd.DataFrame(figure, columns=["x", "y"])).mark_circle(size=10, color=BASELINE_COLOUR, opacity=0.5)
    rules = alt.Chart(lines).mark_rule(color=COLOUR, opacity=0.18, clip=True)
    points = alt.Chart(lines).mark_circle(size=16, color=COLOUR, opacity=0.85, clip=True)
    return layered(
        known.encode(x=x, y=y), rules.encode(x=x, y=y, x2=alt.X2("to x"), y2=alt.Y2("to y")), points.encode(x=x, y=y)
    ).properties(height=LARGE_SIDE)


def moment_text(moment: Moment, steps: int) -> str:
    """What is seen at one moment."""
    if moment.step == steps:
        return f"After {count_text(steps, 'step')}: no noise is left. Grey: the points that the guess is made from."
    noise = (1 - moment.share) ** 0.5
    return (
        f"Before step {moment.step + 1} of {steps}: {moment.share:.1%} of the variance is figure, the noise is "
        f"{noise:.2f} wide. Each line leads to the guess: the mean of all that can have become this point."
    )
