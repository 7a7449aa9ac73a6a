"""Which precision “auto” takes for each model on this machine, and why; and a button that has it measured now."""

import threading
from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from apps.ui.background import Emit
from apps.ui.experiment_page import follow, run_button
from apps.ui.markdown import message
from apps.ui.run import Outcome, Status, run_experiment, show_end
from models.catalog import ModelCard
from models.device import Device
from quantization.automatic.choice import candidates
from quantization.automatic.survey import DEVICE, Taken, survey, taken
from quantization.experiments.steps import Step
from quantization.race.models import largest, models_here
from serving.loading import ModelKey

NAME = "speed-here-auto"
INTRODUCTION = """“auto”, with which the pages of answers begin, takes the fastest precision of those that are known to
cost a model little. Aula measures that once for each model, when nobody computes. Here you can have it measured now."""


def show_automatic() -> None:
    """The models, the button, and what “auto” takes for each."""
    st.markdown(INTRODUCTION)
    cards = choose_cards()
    clicked, status = run_button(bool(cards))
    known = [taken(card) for card in cards]
    start = partial(experiment, cards) if clicked else None
    follow(NAME, status, start, lambda items: show_taken(known, items), partial(_show_outcome, known))
    if not st.session_state.get(f"{NAME}-outcome"):
        show_taken(known)


def choose_cards() -> list[ModelCard]:
    """Those of this machine; at first the ones that come with the suite."""
    cards = {card.model_id: card for card in models_here()}
    embedded = [name for name, card in cards.items() if card.embedded]
    chosen = st.multiselect("Models", list(cards), default=embedded, key=f"{NAME}-models", persist_state="session")
    return [cards[name] for name in chosen]


def experiment(cards: Sequence[ModelCard], show: Any) -> None:
    """Measure one model after another; each is shown when it is done."""
    big = largest(cards)

    def work(device: Device, cancelled: threading.Event, emit: Emit) -> None:
        for item in survey(cards, cancelled):
            if isinstance(item, Step):
                emit(Status(item.text))
            emit(item)

    # All candidates of a model are in memory at once, and OpenVINO makes a copy of the weights.
    copies = 2 * max(len(candidates(card, DEVICE)) for card in cards)
    run_experiment(NAME, ModelKey(big.task, big.model_id, DEVICE), work, None, show, copies)


def show_taken(known: Sequence[Taken], items: Sequence[Any] = ()) -> None:
    """A line for each model: what was known of it, or what has been measured since."""
    measured = {item.model_id: item for item in items if isinstance(item, Taken)}
    rows = [measured.get(each.model_id, each) for each in known]
    for row in rows:
        if row.error:
            st.warning(f"**{message(row.model_id)}**: {message(row.error)}", icon=":material/warning:")
    table = pd.DataFrame(
        {
            "Model": [row.model_id for row in rows],
            "auto takes": [row.precision for row in rows],
            "Why": [row.why for row in rows],
        }
    )
    st.dataframe(table, hide_index=True)


def _show_outcome(known: Sequence[Taken], outcome: Outcome) -> None:
    show_taken(known, outcome.items)
    show_end(outcome)
