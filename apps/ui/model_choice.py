"""Which model, on which device, in which precision; and its download where it is not here yet."""

import time
from contextlib import closing
from typing import Any

import streamlit as st

from apps.ui import messages, visitor
from apps.ui.background import in_background
from apps.ui.here import page_here
from apps.ui.markdown import message
from apps.words.amounts import parameters_text
from apps.words.remarks import misfit
from models.catalog import ModelCard, Task, models_for, models_that
from models.device import DEVICE_NAMES, device_type, graphics_cards
from models.errors import AulaError
from models.precision import FP32
from models.weights import hub
from models.weights.cards import find_card
from models.weights.transfer import Progress
from models.wording import size_text
from quantization.automatic.choice import AS_SAVED, AUTO, DEFAULT, EXPLANATION
from quantization.recipes import find_precision, offered, own_precision, slow_here
from serving.loading import ModelKey

REFERENCE = "reference"
REFERENCE_HELP = (
    "fp32 gives the numbers that walkthroughs and other machines show. “auto” may take a faster precision, whose "
    "numbers differ a little; the line beneath the result says which."
)


def choose_model(task: Task, verb: str | None = None) -> ModelKey | None:
    """Draw the choosers; the key of a model that can be loaded now, or None where it cannot: not here, or damaged.

    A page whose models are loaded as they were saved has no chooser for the precision. With a `verb` (“translate”,
    “summarize”) the models are those that can do it, whichever task they are made for.
    """
    page = page_here()
    with_precision = page is None or not page.as_saved
    with st.container(border=True):
        left, middle, right = st.columns([3, 1, 1])
        with left:
            card = _choose_card(task, verb)
        with middle:
            device = choose_where(task)
        with right:
            precision = _choose_precision(card, device) if with_precision else AS_SAVED
        facts, other, back = st.columns([3, 1, 1])
        with facts:
            describe(card)
            if precision is not None:
                show_if_slow(precision, device)
        if visitor.is_at_this_machine():
            with other:
                add_own_card(task, verb)
        if precision is not None and can_choose(card):
            with back:
                _offer_reference(card, precision)
        if hub.locate(card) is None:
            offer_download(card)
            return None
    if with_precision and precision is None:
        return None
    return ModelKey(card.task, card.model_id, device, precision)


def chosen_model(task: Task, verb: str | None = None) -> str:
    """The id of the model that the chooser shows."""
    return st.session_state[f"{verb or task}-model"]


def _choose_card(task: Task, verb: str | None) -> ModelCard:
    name = verb or task
    cards = offered_cards(task, verb)
    here = [model_id for model_id, card in cards.items() if hub.locate(card) is not None]
    if st.session_state.get(f"{name}-model") not in cards:  # nothing chosen yet, or a trained one that was freed
        st.session_state[f"{name}-model"] = here[0] if here else next(iter(cards))
    locations = {model_id: location_text(card) for model_id, card in cards.items()}
    chosen = st.selectbox(
        "Model",
        list(cards),
        key=f"{name}-model",
        format_func=lambda model_id: f"{model_id} · {locations[model_id]}",
        persist_state="session",
    )
    return cards[chosen]


def offered_cards(task: Task, verb: str | None = None) -> dict[str, ModelCard]:
    """The models to choose from, here or not, by their ids: the catalog's, those made here, those that were added."""
    offered = models_that(verb) if verb else models_for(task)
    return {card.model_id: card for card in [*offered, *hub.trained_models(task), *_own_cards(task)]}


def location_text(card: ModelCard) -> str:
    """Where a model is: embedded, on this machine, or the size of its download."""
    if hub.locate(card) is None:
        return "to be downloaded" if card.download_bytes is None else f"download {size_text(card.download_bytes)}"
    return "embedded" if card.embedded is not None else "on this machine"


def _own_cards(task: Task) -> list[ModelCard]:
    return st.session_state.get(f"{task}-own-cards", [])


def add_own_card(task: Task, verb: str | None = None) -> None:
    """Any other model of the task: an id on the hub, a folder or a file."""
    with st.popover("Another model", width="stretch"), st.form(f"{task}-own", border=False):
        st.text_input(
            "Hugging Face id, folder or file", key=f"{task}-own-id", placeholder="owner/name or /path/to/model"
        )
        st.form_submit_button("Add", on_click=_add_own_card, args=(task, verb))
        problem = st.session_state.pop(f"{task}-own-problem", None)
        if problem:
            st.error(message(problem))


def _add_own_card(task: Task, verb: str | None) -> None:
    """Runs before the page is drawn again, so that the chooser can show the new model as chosen."""
    try:
        card = find_card(st.session_state[f"{task}-own-id"].strip(), task)
    except AulaError as error:
        st.session_state[f"{task}-own-problem"] = str(error)
        return
    st.session_state[f"{task}-own-cards"] = [*_own_cards(task), card]
    st.session_state[f"{verb or task}-model"] = card.model_id


def choose_where(task: Task) -> str:
    """Draw the chooser of the device."""
    return st.selectbox("Device", _devices(), key=f"{task}-device", help="“auto” takes CUDA where there is some.")


def _devices() -> list[str]:
    return [name for name in DEVICE_NAMES if name != "cuda" or graphics_cards()]


def applicable_precisions(task: Task, device: str) -> list[str]:
    """The precisions that exist for models of this task where `device` leads to; torch is not asked."""
    return [precision.name for precision in offered(device_type(device), task)]


def precisions_of(card: ModelCard, device: str) -> list[str]:
    """The precisions to choose from: those that apply, its own first; for weights that were quantized that one only.

    Raises:
        UnsupportedCheckpoint: the folder was saved in a precision that does not exist here.
    """
    own = own_precision(card).name
    if card.precision is not None:
        return [own]
    return sorted(applicable_precisions(card.task, device), key=lambda name: name != own)


def _choose_precision(card: ModelCard, device: str) -> str | None:
    """The chosen one; None, with the reason shown, for a folder that cannot be loaded."""
    try:
        names = precisions_of(card, device)
    except AulaError as error:
        st.error(message(str(error)))
        return None
    explanations = "\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names)
    if can_choose(card):
        names.insert(0, DEFAULT)
        explanations = f"**{AUTO}**: {EXPLANATION}\n\n{explanations}"
    return st.selectbox("Precision", names, key=precision_key(card), help=explanations, persist_state="session")


def can_choose(card: ModelCard) -> bool:
    """Whether there is more than one precision for this model: one that was saved quantized has only its own."""
    return card.precision is None


def precision_key(card: ModelCard) -> str:
    """The key of the chooser, one for all models of a task.

    A model saved in a precision has a chooser of its own, or what was chosen for the others would be lost.
    """
    return f"{card.task}-precision" if card.saved_in is None else f"{card.model_id}-precision"


def _offer_reference(card: ModelCard, chosen: str) -> None:
    """A button from whatever was chosen to fp32, and from there to “auto”; always there, so that nothing moves."""
    other = FP32.name if chosen != FP32.name else DEFAULT
    st.button(
        f"Use {other}",
        key=f"{precision_key(card)}-{REFERENCE}",
        help=REFERENCE_HELP,
        width="stretch",
        on_click=lambda: st.session_state.update({precision_key(card): other}),
    )


def describe(card: ModelCard) -> None:
    """What a model is good for, and facts about it; what is not known is left out."""
    facts = [
        f"{parameters_text(card.parameters)} parameters" if card.parameters else "",
        f"licence {card.licence}" if card.licence else "",
        f"languages: {', '.join(card.languages)}" if card.languages else "",
    ]
    st.caption(f"{card.summary}  \n{' · '.join(fact for fact in facts if fact)}")


def show_if_slow(precision: str, device: str) -> None:
    """Say it when this precision is slower than fp32 on this machine."""
    slow = slow_here(precision, device_type(device))
    if slow is not None:
        st.caption(f":material/speed: {slow}")


def show_misfit(key: ModelKey, *texts: str, verb: str | None = None) -> None:
    """Say it when these texts are outside what the chosen model knows, or reads in order to `verb` them."""
    reason = misfit(key.card, *texts, verb=verb)
    if reason is not None:
        st.info(message(reason), icon=":material/info:")


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
    area = st.empty()
    with area.container():
        bar = st.progress(0.0, text="Asking what there is to download")
        st.button("Stop", key=f"stop-{card.model_id}", icon=":material/stop_circle:")
    try:
        _watch_download(card, bar)
    except Exception:  # not what Streamlit raises to interrupt the script: then nothing can be drawn any more
        area.empty()
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
