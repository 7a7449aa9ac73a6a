"""How fast the suite is on this machine, against plain PyTorch doing the same; and two machines beside each other."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from apps.laboratory.speed_here.automatic import show_automatic
from apps.laboratory.speed_here.results import report_of, show_comparison, show_machine, show_outcome, show_report
from apps.laboratory.speed_here.words import EXPLANATION, LINKS, QUALITY, SOURCES
from apps.pages import page_named
from apps.terminal.about import aula_version
from apps.ui import messages
from apps.ui.background import Emit
from apps.ui.experiment_choice import choose_threads
from apps.ui.experiment_page import follow, refuse, run_button
from apps.ui.explain import how_it_works
from apps.ui.markdown import message
from apps.ui.run import Status, last_outcome, run_experiment
from apps.words.amounts import seconds_text
from models.catalog import ModelCard
from models.device import Device
from models.errors import InvalidInput
from quantization.experiments.steps import Step
from quantization.race.compared import compare
from quantization.race.models import largest, precisions_for, racing_models
from quantization.race.report import MOST_BYTES, SpeedReport, read_report
from quantization.recipes import find_precision
from serving.loading import ModelKey

NAME = "speed-here"
HERE, MACHINES, AUTOMATIC = "This machine", "Two machines", "What auto takes"
FIRST_CHOICE = ("fp32", "int8")
MINUTES = 3
MINUTES_HELP = """A slow line is cut short to keep within these, and says so; what no time is left for is named. The
fewer models and precisions, the more rounds each of them gets."""


# What is asked


def choose_models() -> list[ModelCard]:
    """Those of this machine that can be raced; at first the ones that come with the suite."""
    cards = {card.model_id: card for card in racing_models()}
    chosen = st.multiselect(
        "Models",
        list(cards),
        default=[name for name, card in cards.items() if card.embedded],
        key=f"{NAME}-models",
        help="The models on this machine: those that come with Aula, and complete downloads.",
        persist_state="session",
    )
    return [cards[name] for name in chosen]


def choose_precisions(cards: list[ModelCard]) -> list[str]:
    """Those that at least one of the models has on the CPU; each model is measured in its own."""
    names = [precision.name for precision in precisions_for(cards)]
    if not names:
        return []
    chosen = st.pills(
        "Precisions",
        names,
        selection_mode="multi",
        wrap=True,
        default=[name for name in names if name in FIRST_CHOICE] or names,
        key=f"{NAME}-precisions",
        help="\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names),
        persist_state="session",
    )
    return [name for name in names if name in chosen]


def choose_request() -> tuple[list[ModelCard], dict[str, Any]]:
    """The models, and how they are raced."""
    cards = choose_models()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        precisions = choose_precisions(cards)
        with st.container(width=130):
            threads = choose_threads(f"{NAME}-threads")
        minutes = st.number_input(
            "Minutes at most", 1, 60, MINUTES, key=f"{NAME}-minutes", help=MINUTES_HELP, width=150
        )
    names = [card.model_id for card in cards]
    return cards, {"models": names, "precisions": precisions, "threads": threads, "minutes": minutes}


# The work


def experiment(cards: list[ModelCard], request: dict[str, Any], show: Any) -> None:
    """Race one model and precision after another; steps and rows are shown as they come."""
    big = largest(cards)

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        from quantization.race.report import begun
        from quantization.race.run import race_models

        emit(begun(request["threads"], aula_version()))
        chosen = [find_precision(name) for name in request["precisions"]]
        for item in race_models(cards, chosen, request["threads"], request["minutes"], cancelled):
            emit(Status(item.text if isinstance(item, Step) else f"{item.name}: done"))
            emit(item)

    # Two copies of a model race: room for the largest twice is room for any of them.
    run_experiment(NAME, ModelKey(big.task, big.model_id, "cpu"), work, request, show, copies=2)


def left_within(minutes: float) -> Callable[[float], str]:
    """What to say at each step of the time that is left: as it has gone until now, and never beyond the minutes."""
    began: list[float] = []

    def left(fraction: float) -> str:
        began.append(time.monotonic())
        passed = began[-1] - began[0]
        guessed = passed * (1 - fraction) / fraction if fraction > 0 else 60 * minutes
        return f"About {seconds_text(max(1.0, min(guessed or 60 * minutes, 60 * minutes - passed)))} left"

    return left


def show_here() -> None:
    """The request, the button, and what came of it."""
    cards, request = choose_request()
    clicked, status = run_button(True)
    start = None
    if clicked:
        try:
            if not cards or not request["precisions"]:
                raise InvalidInput("Nothing to measure. Choose at least one model, and a precision that it has.")
            start = partial(experiment, cards, request)
        except InvalidInput as error:
            refuse(NAME, str(error))
    left = left_within(request["minutes"])
    follow(NAME, status, start, lambda items: show_report(report_of(items)), show_outcome, left)
    quality = page_named("task_quality")
    st.page_link(quality.file, label=QUALITY, icon=quality.symbol)


# Two machines


def upload(name: str) -> SpeedReport | None:
    """The report of one machine, from a file; None where there is none, with the reason where it cannot be read."""
    file = st.file_uploader(
        f"Machine {name}", type=["json"], key=f"{NAME}-file-{name}", max_upload_size=max(1, MOST_BYTES // 1_000_000)
    )
    if file is None:
        return None
    try:
        return read_report(file.getvalue(), file.name)
    except InvalidInput as error:
        st.error(message(str(error)), icon=":material/error:")
        return None


def show_machines() -> None:
    """Two files, or one beside what has been measured here in this session."""
    st.markdown("Measure on both machines, take the JSON file of each, and see them side by side.")
    outcome = last_outcome(NAME)
    own = report_of(outcome.items, outcome.measured is not None) if outcome is not None else None
    left, right = st.columns(2, gap="medium")
    with left:
        a = upload("A")
    with right:
        b = upload("B")
    b_is_empty = st.session_state.get(f"{NAME}-file-B") is None  # what cannot be read is not replaced in silence
    if a is not None and b_is_empty and own is not None and own.rows:
        st.caption(":material/info: Machine B is what you have measured on this machine in this session.")
        b = own
    if a is not None and b is not None:
        show_comparison(compare(a, b))
    elif (only := a or b) is not None:
        show_report(only)
        show_machine(only)
        st.caption("Choose the file of the other machine too, or measure this one first: then they stand side by side.")


st.title("Speed here")
st.markdown("How fast models answer on this machine, and how many times as fast as with plain PyTorch.")
view = st.segmented_control(
    "View", (HERE, MACHINES, AUTOMATIC), default=HERE, required=True, key=f"{NAME}-view", label_visibility="collapsed",
    persist_state="session",
)  # fmt: skip
with messages.shown():
    if view == HERE:
        show_here()
    elif view == MACHINES:
        show_machines()
    else:
        show_automatic()
how_it_works(EXPLANATION, SOURCES, LINKS)
