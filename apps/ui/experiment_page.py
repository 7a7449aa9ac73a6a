"""What the pages of experiments share: how far one is, how long it will take, and its results from the first one on."""

import time
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.ui.markdown import message
from apps.ui.run import Outcome, forget_outcome, last_outcome
from apps.words.amounts import left_text
from quantization.experiments.steps import Step

Show = Callable[[list[Any]], None]


def time_left() -> Callable[[float], str]:
    """What to say at each step of the time that is left; the first one starts the clock, not the wait before it."""
    seen: list[tuple[float, float]] = []

    def left(fraction: float) -> str:
        seen.append((time.monotonic(), fraction))
        (since, first), (now, _) = seen[0], seen[-1]
        return left_text(now - since, (fraction - first) / (1 - first))

    return left


def run_button(ready: bool) -> tuple[bool, DeltaGenerator]:
    """“Run”, and the place beside it where the work and Stop are shown: beneath it they would be out of sight."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        clicked = st.button("Run", type="primary", disabled=not ready, icon=":material/science:")
        return clicked, st.container()


def follow(
    name: str,
    status: DeltaGenerator,
    start: Callable[[Show], None] | None,
    show_results: Show,
    show_outcome: Callable[[Outcome], None],
    left: Callable[[float], str] | None = None,
) -> None:
    """Run an experiment with a bar and its results so far, if there is one to `start`; then show the last outcome.

    `status` is the place that `run_button` gives. `start` gets what draws all items after each new one; the first of
    them is the report that the others are put into. `left` says what stands beside the bar, `time_left` unless given.
    """
    progress, results = st.empty(), st.empty()
    left = left or time_left()

    def show(items: list[Any]) -> None:
        if isinstance(items[-1], Step):
            progress.progress(items[-1].fraction, text=left(items[-1].fraction))
        elif len(items) > 1:
            with results.container():
                show_results(items)

    if start is not None:
        with status:
            start(show)
        progress.empty()
    if (outcome := last_outcome(name)) is not None:
        with results.container():
            show_outcome(outcome)


def refuse(name: str, problem: str) -> None:
    """Why nothing was run; an earlier outcome must not look like this request's."""
    forget_outcome(name)
    st.warning(message(problem), icon=":material/edit_note:")
