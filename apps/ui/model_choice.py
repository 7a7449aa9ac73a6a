"""Which model, on which device, in which precision; and its download where it is not here yet."""

import time
from contextlib import closing
from typing import Any

import streamlit as st

from apps.loading import ModelKey
from apps.ui import messages, visitor
from apps.ui.background import in_background
from apps.ui.markdown import message
from apps.wording import parameters_text, size_text
from models import hub
from models.catalog import ModelCard, Task, find_card, models_for
from models.device import DEVICE_NAMES, graphics_cards
from models.errors import AulaError
from models.precision import applies
from models.transfer import Progress
from quantization.recipes import PRECISIONS, find_precision


def choose_model(task: Task, with_precision: bool = True) -> ModelKey | None:
    """Draw the choosers; the key of a model that can be loaded now, or None while it is not on this machine."""
    with st.container(border=True):
        left, middle, right = st.columns([3, 1, 1])
        with left:
            card = _choose_card(task)
        with middle:
            device = st.selectbox(
                "Device", _devices(), key=f"{task}-device", help="“auto” takes CUDA where there is some."
            )
        with right:
            precision = _choose_precision(task, device) if with_precision else "fp32"
        facts, other = st.columns([3, 1])
        with facts:
            describe(card)
        if visitor.is_at_this_machine():
            with other:
                add_own_card(task)
        if hub.locate(card) is None:
            offer_download(card)
            return None
    return ModelKey(task, card.model_id, device, precision)


def _choose_card(task: Task) -> ModelCard:
    cards = {card.model_id: card for card in [*models_for(task), *_own_cards(task)]}
    here = [model_id for model_id, card in cards.items() if hub.locate(card) is not None]
    st.session_state.setdefault(f"{task}-model", here[0] if here else next(iter(cards)))
    places = {model_id: _place_text(card) for model_id, card in cards.items()}
    chosen = st.selectbox(
        "Model",
        list(cards),
        key=f"{task}-model",
        format_func=lambda model_id: f"{model_id} · {places[model_id]}",
        persist_state="session",
    )
    return cards[chosen]


def _place_text(card: ModelCard) -> str:
    if hub.locate(card) is None:
        return "to be downloaded" if card.download_bytes is None else f"download {size_text(card.download_bytes)}"
    return "on this machine"


def _own_cards(task: Task) -> list[ModelCard]:
    return st.session_state.get(f"{task}-own-cards", [])


def add_own_card(task: Task) -> None:
    """Any other model of the task: an id on the hub, a folder or a file."""
    with st.popover("Another model", icon=":material/add:", width="stretch"), st.form(f"{task}-own", border=False):
        st.text_input(
            "Hugging Face id, folder or file", key=f"{task}-own-id", placeholder="owner/name or /path/to/model"
        )
        st.form_submit_button("Add", on_click=_add_own_card, args=(task,))
        problem = st.session_state.pop(f"{task}-own-problem", None)
        if problem:
            st.error(message(problem))


def _add_own_card(task: Task) -> None:
    """Runs before the page is drawn again, so that the chooser can show the new model as chosen."""
    try:
        card = find_card(st.session_state[f"{task}-own-id"].strip(), task)
    except AulaError as error:
        st.session_state[f"{task}-own-problem"] = str(error)
        return
    st.session_state[f"{task}-own-cards"] = [*_own_cards(task), card]
    st.session_state[f"{task}-model"] = card.model_id


def _devices() -> list[str]:
    return [name for name in DEVICE_NAMES if name != "cuda" or graphics_cards()]


def applicable_precisions(task: Task, device: str) -> list[str]:
    """The precisions that exist for models of this task where `device` leads to; torch is not asked."""
    place = "cuda" if device == "cuda" or (device == "auto" and graphics_cards()) else "cpu"
    return [precision.name for precision in PRECISIONS if applies(precision, place, task)]


def _choose_precision(task: Task, device: str) -> str:
    names = applicable_precisions(task, device)
    explanations = "\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names)
    return st.selectbox("Precision", names, key=f"{task}-precision", help=explanations)


def describe(card: ModelCard) -> None:
    """What a model is good for, and facts about it; what is not known is left out."""
    facts = [
        f"{parameters_text(card.parameters)} parameters" if card.parameters else "",
        f"licence {card.licence}" if card.licence else "",
        f"languages: {', '.join(card.languages)}" if card.languages else "",
    ]
    st.caption(f"{card.summary}  \n{' · '.join(fact for fact in facts if fact)}")


def offer_download(card: ModelCard) -> None:
    """A button that fetches the weights, for the person at this machine; a sentence for everybody else."""
    if not visitor.is_at_this_machine():
        st.info(
            f"{card.model_id} is not on the teacher's machine yet. "
            "Choose another model, or ask for it to be downloaded there.",
            icon=":material/cloud_off:",
        )
        return
    size = f" ({size_text(card.download_bytes)})" if card.download_bytes else ""
    st.info(f"{card.model_id} is not on this machine yet.", icon=":material/cloud_download:")
    if st.button(f"Download{size}", key=f"download-{card.model_id}", type="primary", icon=":material/download:"):
        with messages.shown():
            download(card)
            st.rerun()


def download(card: ModelCard) -> None:
    """Fetch the weights with a progress bar and a Stop button; what has arrived is kept for the next try."""
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, text="Asking what there is to download")
        st.button("Stop", key=f"stop-{card.model_id}", icon=":material/stop_circle:")
    try:
        _watch_download(card, bar)
    except Exception:  # not what Streamlit raises to interrupt the script: then nothing can be drawn any more
        place.empty()
        raise


def _watch_download(card: ModelCard, bar: Any) -> None:
    started, latest = time.monotonic(), None
    with closing(in_background(lambda cancelled, emit: hub.fetch(card, emit, cancelled))) as looks:
        for progress in looks:
            latest = progress or latest
            if latest is None:
                bar.progress(0.0, text=f"Asking what there is to download · {time.monotonic() - started:.0f} s")
            else:
                bar.progress(_fraction(latest), text=progress_text(latest, time.monotonic() - started))


def _fraction(progress: Progress) -> float:
    return min(1.0, progress.done_bytes / progress.total_bytes) if progress.total_bytes else 0.0


def progress_text(progress: Progress, seconds: float) -> str:
    """How far a download is: 12.3 MB of 496 MB · 20 s."""
    return f"{size_text(progress.done_bytes)} of {size_text(progress.total_bytes)} · {seconds:.0f} s"
