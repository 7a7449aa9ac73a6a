"""One text through several summarizers: what is asked for, and the work, one summary after another."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from apps.demos.translate_summarize.choice import LENGTHS
from apps.demos.translate_summarize.compare_words import EXAMPLES
from apps.demos.translate_summarize.compared import show_arriving, show_comparison
from apps.demos.translate_summarize.search_settings import choose_settings
from apps.demos.translate_summarize.summaries import (
    MOST_OWN,
    OWN,
    REFERENCE,
    ComparedSummary,
    Summary,
    compared,
    lead,
    summarize_with,
)
from apps.ui import visitor
from apps.ui.background import Emit
from apps.ui.doubts import choose_unreadable
from apps.ui.examples import choose_example
from apps.ui.markdown import escape, message
from apps.ui.messages import sentence, shown
from apps.ui.model_choice import add_own_card, choose_where, offer_download, offered_cards
from apps.ui.run import Measured, Outcome, Status, ahead_text, last_outcome, run, shared_store, show_end
from apps.ui.text_file import upload_text
from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import memory_in_use
from models.errors import Cancelled, InvalidInput
from models.text.segmentation import require_text
from models.text.summary_facts import SourceText
from models.weights import hub
from models.wording import is_blank, size_text
from serving.loading import ModelKey
from serving.model_store import ModelStore

NAME = "Compare"
TEXT, REFERENCE_TEXT, OWN_TEXT = "compare-text", "compare-reference", "compare-own"
MODELS, LENGTHS_KEY = "compare-models", "compare-lengths"
MOST_CHARACTERS = 100_000
MOST_SUMMARIES = 9  # of models, in one comparison: three of them in three lengths
HEIGHT = 260


@dataclass(frozen=True)
class Plan:
    """A summary to be made: by this model, of this length."""

    key: ModelKey
    length: str


def show_compare() -> None:
    """Everything of the view."""
    with st.container(border=True):
        cards, lengths, device = _choose_summarizers()
    remark = _choose_example()
    clicked, even_if_unreadable, with_lead = _choose_work(bool(cards))
    status = st.container()
    text, reference, own = _choose_texts(remark)
    settings: dict[str, Any] = {}
    if any(card.task != Task.SUMMARIZATION for card in cards):
        settings = choose_settings(NAME)
    if clicked:
        plans = [Plan(ModelKey(card.task, card.model_id, device), length) for card in cards for length in lengths]
        request = {
            "text": text, "models": [card.model_id for card in cards], "lengths": list(lengths), "device": device,
            "settings": settings, "even_if_unreadable": even_if_unreadable,
        }  # fmt: skip
        problem = _refusal(text, plans, lengths, with_lead or bool(own))
        if problem is not None:
            status.warning(message(problem), icon=":material/edit_note:")
        else:
            _compute(request, plans, status)
    _show(last_outcome(NAME), text, reference, own, with_lead)


def _choose_summarizers() -> tuple[list[ModelCard], Sequence[str], str]:
    cards = offered_cards(Task.TEXT_TO_TEXT, "summarize")
    here = [model_id for model_id, card in cards.items() if hub.locate(card) is not None]
    kept = st.session_state.get(MODELS, here)
    st.session_state[MODELS] = [model_id for model_id in kept if model_id in here]
    field, size, where = st.columns([4, 2.2, 1], vertical_alignment="bottom")
    chosen = field.multiselect("Summarizers", here, key=MODELS, placeholder="Choose one or more",
                               persist_state="session")  # fmt: skip
    # Without a model that writes, three lengths of the same one are what there is to compare.
    st.session_state.setdefault(LENGTHS_KEY, list(LENGTHS) if len(here) == 1 else ["medium"])
    with size:
        lengths = st.pills("Lengths", LENGTHS, selection_mode="multi", key=LENGTHS_KEY, persist_state="session")
    with where:
        device = choose_where(Task.TEXT_TO_TEXT)
    _offer_more([card for model_id, card in cards.items() if model_id not in here])
    return [cards[model_id] for model_id in chosen], lengths, device


def _offer_more(missing: Sequence[ModelCard]) -> None:
    """The summarizers that are not on this machine, each with its download; and any other one."""
    named = [f"{card.model_id} ({size_text(card.download_bytes)})" for card in missing]
    text, fetch, other = st.columns([4, 1.2, 1.4], vertical_alignment="center")
    text.caption(f"Not on this machine yet: {escape(', '.join(named))}" if named else "All that are known are here.")
    if missing:
        with fetch.popover("Download", icon=":material/download:", width="stretch"):
            for card in missing:
                offer_download(card)
    if visitor.is_at_this_machine():
        with other:
            add_own_card(Task.TEXT_TO_TEXT, "summarize")


def _choose_example() -> str | None:
    fields = {
        label: {TEXT: example.text, REFERENCE_TEXT: example.reference, OWN_TEXT: example.own}
        for label, example in EXAMPLES.items()
    }
    choose_example("compare", fields)
    now = {key: st.session_state.get(key) for key in (TEXT, REFERENCE_TEXT)}
    label = st.session_state.get("compare-example") or next(iter(EXAMPLES))
    same = all(fields[label][key] == value for key, value in now.items())
    return EXAMPLES[label].remark if same else None


def _choose_work(any_model: bool) -> tuple[bool, bool, bool]:
    with st.container(horizontal=True, vertical_alignment="center"):
        clicked = st.button("Compare", type="primary", icon=":material/compare_arrows:", key="compare-start")
        with_lead = st.toggle(
            "First three sentences", True, key="compare-lead", persist_state="session",
            help="The baseline “lead-3”: no model, and what every summarizer has to beat.",
        )  # fmt: skip
        even_if_unreadable = choose_unreadable(NAME) if any_model else False
        upload_text(TEXT)
    return clicked, even_if_unreadable, with_lead


def _choose_texts(remark: str | None) -> tuple[str, str, str]:
    if remark is not None:
        st.caption(f":material/lightbulb: {remark}")
    left, right = st.columns(2, gap="medium")
    text = left.text_area("The text", key=TEXT, height=HEIGHT, persist_state="session")
    reference = right.text_area(
        "A reference summary, for ROUGE (may be empty)", key=REFERENCE_TEXT, height=HEIGHT // 2 - 22,
        persist_state="session",
    )  # fmt: skip
    own = right.text_area(
        "Your own summary (may be empty)", key=OWN_TEXT, height=HEIGHT // 2 - 22, persist_state="session",
        help="Compared at once when you leave the field; the models need not work again.",
    )  # fmt: skip
    return text, _short(reference, "reference"), _short(own, "summary of your own")


def _short(text: str, what: str) -> str:
    """The text, or none where it cannot be one: then that is said."""
    if is_blank(text):
        return ""
    try:
        require_text(text, MOST_OWN)
    except InvalidInput:
        st.warning(f"The {what} is left out: it has {len(text):,} characters, and at most {MOST_OWN:,} are compared.",
                   icon=":material/edit_note:")  # fmt: skip
        return ""
    return text


def _refusal(text: str, plans: Sequence[Plan], lengths: Sequence[str], others: bool) -> str | None:
    """Why this cannot be compared, said before a model is loaded for it; None if it can."""
    try:
        require_text(text, MOST_CHARACTERS)
    except InvalidInput as error:
        return str(error)
    if not lengths:
        return "Choose at least one length."
    if not plans and not others:
        return "Choose a summarizer, the first three sentences, or write a summary of your own."
    if len(plans) > MOST_SUMMARIES:
        return (
            f"These are {len(plans)} summaries; at most {MOST_SUMMARIES} are compared. Choose fewer models or lengths."
        )
    return None


def _compute(request: Mapping[str, Any], plans: Sequence[Plan], status: Any) -> None:
    """Make the summaries one after another; each is shown when it is done, and one that fails is named."""
    with status:
        area, arriving = st.container(), st.empty()

    def show(made: list[Summary]) -> None:
        with arriving.container():
            show_arriving(made, len(plans), time.monotonic() - started)

    with area, shown():
        store = shared_store()  # asked for here: the thread of the work has no session
        started = time.monotonic()
        run(NAME, lambda cancelled, emit: _make_all(store, request, plans, cancelled, emit), request, show)
    arriving.empty()


def _make_all(
    store: ModelStore, request: Mapping[str, Any], plans: Sequence[Plan], cancelled: threading.Event, emit: Emit
) -> None:
    started, made = time.perf_counter(), None
    for number, plan in enumerate(plans, start=1):
        stop_if(cancelled)
        which = f"{number} of {len(plans)}: {plan.key.model_id}, {plan.length}"
        try:
            made = _make(store, request, plan, which, cancelled, emit)
        except Cancelled:
            raise
        except Exception as error:
            emit(Summary(plan.key.model_id, length=plan.length, error=sentence(error)))
        else:
            emit(made)
    device = (made.device if made is not None else None) or "cpu"
    emit(Measured(time.perf_counter() - started, device, "Loading included.", memory_in_use(device)))


def _make(
    store: ModelStore, request: Mapping[str, Any], plan: Plan, which: str, cancelled: threading.Event, emit: Emit
) -> Summary:
    def say(step: str) -> None:
        emit(Status(f"{which} · {step}"))

    with store.use(plan.key, cancelled, lambda ahead: say(ahead_text(ahead)), say) as model:
        say("Computing")
        return summarize_with(
            model, request["text"], plan.length, request["settings"], cancelled, request["even_if_unreadable"], say
        )


@st.cache_resource(max_entries=32, show_spinner=False)
def _compared(text: str, made: tuple[Summary, ...], reference: str) -> tuple[list[ComparedSummary], str | None]:
    """Kept, because every touch of the page draws it anew: a long text takes half a second."""
    return compared(SourceText(text), made, reference)


def _show(outcome: Outcome | None, text: str, reference: str, own: str, with_lead: bool) -> None:
    """What the last comparison gave, with what needs no model as it stands in the fields now."""
    if outcome is None:
        return
    source = outcome.request["text"]
    show_end(outcome)
    if text != source:
        st.info("The text has changed since: press Compare to summarize the new one.", icon=":material/edit_note:")
    made = tuple(outcome.items)
    made += (lead(source),) if with_lead else ()
    made += (Summary(OWN, own),) if own else ()
    made += (Summary(REFERENCE, reference),) if reference else ()
    if not made:
        return
    found, problem = _compared(source, made, reference)
    if problem is not None:
        st.warning(message(problem), icon=":material/rule:")
    complete = not (outcome.stopped or outcome.error or any(each.error for each in outcome.items))
    show_comparison(source, found, outcome.request | {"reference": reference, "complete": complete})
