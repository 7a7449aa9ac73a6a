"""A measured precision kept as a model of this machine: a name, the work with its steps, and where it can be chosen."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from apps.ui import messages, visitor
from apps.ui.background import Emit
from apps.ui.markdown import message
from apps.ui.run import Status, forget_outcome, last_outcome, run_experiment
from models.catalog import ModelCard, Task
from models.device import Device
from models.errors import AulaError, InvalidInput
from models.weights import hub
from models.weights.cards import TRAINED, find_card, trained_path
from models.wording import size_text
from quantization.experiments.row import BASELINE, Row
from quantization.experiments.task_quality import QualityRow
from quantization.keep import keep, own_folder
from quantization.recipes import find_precision
from serving.loading import ModelKey


@dataclass(frozen=True)
class Offer:
    """What was measured, and can be kept: the cheap rows first. `best` is proposed, for what `reason` says.

    `facts` are the conditions of the measurement, for the model card.
    """

    rows: Sequence[Row | QualityRow]
    best: Row | QualityRow | None
    reason: str
    facts: Mapping[str, str]


def show_keep(model_id: str, task: Task, device: str, offer: Offer) -> None:
    """Which precision of the measured model to keep, under which name, and what came of it."""
    card = _card_here(model_id, task)
    st.markdown("**Keep one of them**")
    known = (BASELINE, card.saved_in if card is not None else None)
    new = [row for row in offer.rows if row.precision not in known]
    if not visitor.is_at_this_machine():
        st.caption("The person at the machine that Aula runs on can keep a measured precision as a model here.")
    elif card is None or not new:
        st.caption(f"Measure a precision other than {BASELINE}, and it can be kept as a model of this machine here.")
    else:
        _show_form(card, device, new, offer)
    _show_kept(task)


def forget_kept(task: Task) -> None:
    """A new experiment has begun: the page no longer says what was kept of the last one."""
    forget_outcome(_name_of(task))


def _name_of(task: Task) -> str:
    """Under which the session keeps what came of it: each task has its page."""
    return f"keep-{task}"


def _card_here(model_id: str, task: Task) -> ModelCard | None:
    """The model that was measured; None where it is no longer on this machine."""
    try:
        card = find_card(model_id, task)
    except AulaError:
        return None
    return card if hub.locate(card) is not None else None


def _show_form(card: ModelCard, device: str, rows: list[Row | QualityRow], offer: Offer) -> None:
    names = [row.precision for row in rows]
    first = offer.best.precision if offer.best is not None else names[0]
    left, middle, right = st.columns([2, 3, 2], vertical_alignment="bottom")
    # Named after the proposal: the choice of an earlier experiment must not stand against it.
    chosen = left.selectbox("Precision to keep", names, names.index(first), key=f"keep-precision-{card.task}-{first}")
    proposed = own_folder(card, find_precision(chosen)).name
    name = middle.text_input("Name", proposed, key=f"keep-name-{card.model_id}-{proposed}", max_chars=150).strip()
    clicked = right.button(f"Keep {chosen}", icon=":material/save:", width="stretch")
    if offer.best is not None:
        st.caption(f"{first} is proposed: {offer.reason}")
    if clicked:
        forget_kept(card.task)
        row = next(row for row in rows if row.precision == chosen)
        with messages.shown():
            _keep(card, device, row, folder_called(name), offer.facts)
            if (outcome := last_outcome(_name_of(card.task))) is not None and outcome.items:
                st.rerun()  # the list of models above is drawn already, and lacks this one


def folder_called(name: str) -> Path:
    """The folder among this machine's models. Raises InvalidInput for a name that is empty, odd or taken."""
    folder = trained_path(TRAINED + name)
    if folder is None:
        raise InvalidInput(f"“{name}” cannot be a model's name. Use letters, digits, hyphens and underscores.")
    if folder.exists():
        raise InvalidInput(f"There is a model called {TRAINED}{name} already. Choose another name.")
    return folder


def _keep(card: ModelCard, device: str, row: Row | QualityRow, folder: Path, facts: Mapping[str, str]) -> None:
    """Load the model freshly and save it; steps are shown, and Stop leaves nothing behind."""
    key = ModelKey(card.task, card.model_id, device, row.precision)

    def work(on: Device, cancelled: threading.Event, emit: Emit) -> None:
        precision = find_precision(row.precision)
        kept = keep(card, precision, folder, row, on.type, lambda step: emit(Status(step)), cancelled, facts)
        emit(kept.name)

    run_experiment(_name_of(card.task), key, work, row.precision)


def _show_kept(task: Task) -> None:
    """Where the model that was kept last can be chosen now, or why it was not kept."""
    outcome = last_outcome(_name_of(task))
    if outcome is None:
        return
    if outcome.error is not None:
        st.error(message(outcome.error), icon=":material/error:")
    elif outcome.stopped:
        st.info("Stopped. Nothing was kept.", icon=":material/stop_circle:")
    for name in outcome.items:
        folder = trained_path(TRAINED + name)
        if folder is None or not folder.is_dir():  # freed on the home page since
            continue
        size = size_text(hub.bytes_below(folder))
        command = task.row.command(TRAINED + name)
        terminal = f", or in the terminal: `{command}`" if command is not None else "."
        st.success(
            f"Kept as `{TRAINED}{name}` ({size}), and loaded in {outcome.request} from now on without being told so. "
            f"Choose it in this page's list of models{terminal}",
            icon=":material/check_circle:",
        )
