"""One computation on a page: waits in the queue, loads in visible steps, can be stopped, keeps what it has computed."""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from apps.ui.background import Emit, emit_all, in_background
from apps.ui.markdown import message
from apps.ui.messages import sentence, shown
from apps.words.amounts import count_text, seconds_text
from apps.words.remarks import remark
from models.device import Device, memory_in_use
from models.errors import Cancelled
from models.wording import size_text
from quantization.automatic.choice import Choice
from serving.cluster.store import model_store
from serving.fair_queue import FairQueue
from serving.loading import ModelKey
from serving.model_store import ModelStore, expected_bytes

Work = Callable[[Any, threading.Event], Iterable[Any]]
Experiment = Callable[[Device, threading.Event, Emit], None]


@st.cache_resource
def shared_store() -> ModelStore:
    """The one store of this server."""
    return model_store()


@st.cache_resource
def shared_experiments() -> FairQueue:
    """Whose turn it is to measure: two experiments at once would measure each other."""
    return FairQueue()


@dataclass(frozen=True)
class Status:
    """What the computation is doing, in words."""

    text: str


@dataclass(frozen=True)
class Measured:
    """What one computation took. `seconds` without loading; sizes in bytes.

    An experiment with several models has no one model, precision, footprint and time to load: these are None. `doubt`
    is a sentence where the parts of the model may not belong together, `choice` one that says what “auto” took and why.
    """

    seconds: float
    device: str
    device_reason: str
    memory: int
    model_id: str | None = None
    precision: str | None = None
    footprint: int | None = None
    load_seconds: float | None = None
    doubt: str | None = None
    choice: str | None = None


@dataclass
class Outcome:
    """What a computation was asked and has given so far; kept in the session until the next one starts."""

    request: Any
    items: list[Any] = field(default_factory=list)
    measured: Measured | None = None
    error: str | None = None

    @property
    def stopped(self) -> bool:
        """Whether it ended before its end."""
        return self.measured is None and self.error is None


def last_outcome(name: str) -> Outcome | None:
    """The outcome of the latest computation called `name` in this session."""
    return st.session_state.get(f"{name}-outcome")


def forget_outcome(name: str) -> None:
    """Drop the latest outcome: what a new request shows first must not look like its result."""
    st.session_state.pop(f"{name}-outcome", None)


def run_with_model(
    name: str, key: ModelKey, work: Work, request: Any = None, show: Callable[[list[Any]], None] | None = None
) -> None:
    """Borrow the model of `key` and collect what `work(model, cancelled)` yields into the outcome called `name`.

    `show` draws all items so far after each new one. Errors become the outcome's sentence.
    """

    before: Measured | None = st.session_state.get(f"{name}-measured")

    def job(cancelled: threading.Event, emit: Emit) -> None:
        choice = key.choice  # once: a measurement that ends meanwhile must not change what is said of it
        asked = key if choice is None else replace(key, precision=choice.precision.name)
        with store.use(
            asked, cancelled, lambda ahead: emit(Status(ahead_text(ahead))), lambda step: emit(Status(step))
        ) as model:
            emit(Status("Computing"))
            started = time.perf_counter()
            emit_all(work(model, cancelled), emit)
            seconds = time.perf_counter() - started
            emit(_measure(model, seconds, None if choice is None else f"{choice_text(choice)}{since(before, model)}"))
        if choice is not None and choice.unmeasured:
            from serving.measured_later import measure_later  # brings torch, which is there by now

            measure_later(key, store)

    with shown():
        store = shared_store()  # asked for here: the thread of the work has no session
        run(name, job, request, show)
        outcome = last_outcome(name)
        if outcome is not None and outcome.measured is not None:
            st.session_state[f"{name}-measured"] = outcome.measured


def run_experiment(
    name: str,
    key: ModelKey,
    work: Experiment,
    request: Any = None,
    show: Callable[[list[Any]], None] | None = None,
    copies: int = 1,
) -> None:
    """Wait for one's turn and for memory, then let `work(device, cancelled, emit)` load models that are nobody else's.

    What it emits is collected as `run` does it; the model of `key` says how much memory has to be free, for as many
    `copies` as are in memory at once.
    """
    store, queue = shared_store(), shared_experiments()  # asked for here: the thread of the work has no session

    def job(cancelled: threading.Event, emit: Emit) -> None:
        def say(text: str) -> None:
            emit(Status(text))

        with (
            queue.turn(cancelled, lambda ahead: say(ahead_text(ahead))),
            store.room(copies * expected_bytes(key), cancelled, say),
        ):
            started, device = time.perf_counter(), key.chosen_device
            work(device, cancelled, emit)
            seconds = time.perf_counter() - started
            emit(Measured(seconds, device.type, device.reason, memory_in_use(device.type)))

    with shown():
        run(name, job, request, show)


def run(
    name: str,
    job: Callable[[threading.Event, Emit], None],
    request: Any = None,
    show: Callable[[list[Any]], None] | None = None,
) -> None:
    """Run `job` beside the script and collect what it emits; a `Status` is shown, a `Measured` ends it."""
    outcome = st.session_state[f"{name}-outcome"] = Outcome(request)
    area = st.empty()
    with area.container(horizontal=True, vertical_alignment="center"):
        line = st.empty()
        st.button("Stop", key=f"{name}-stop", icon=":material/stop_circle:")
    try:
        _collect(job, outcome, line, show)
    except Cancelled:
        pass
    except Exception as error:
        outcome.error = sentence(error)
    area.empty()


def _collect(job: Callable, outcome: Outcome, line: Any, show: Callable[[list[Any]], None] | None) -> None:
    started, status, drawn = time.monotonic(), Status("Starting"), ""
    with closing(in_background(job)) as items:  # not left to the garbage collector: closing is what stops the work
        for item in items:
            if isinstance(item, Status):
                status = item
            elif isinstance(item, Measured):
                outcome.measured = item
            elif item is not None:
                outcome.items.append(item)
                if show is not None:
                    show(outcome.items)
            text = f":material/hourglass_top: {status.text} · {time.monotonic() - started:.0f} s"
            if text != drawn:
                line.markdown(text)
                drawn = text


def choice_text(choice: Choice) -> str:
    """What “auto” took and why, and what becomes of it."""
    from serving.measured_later import is_on  # brings torch, which is there by now

    return f"{choice.reason} Aula measures it when nobody computes." if choice.unmeasured and is_on() else choice.reason


def since(before: Measured | None, model: Any) -> str:
    """A sentence where “auto” took another precision of this model for the result before; its numbers were others."""
    if before is None or not before.choice or before.model_id != model.card.model_id:
        return ""
    if before.precision == model.precision:
        return ""
    return f" Your result before is of {before.precision}: its numbers may differ a little."


def _measure(model: Any, seconds: float, choice: str | None) -> Measured:
    return Measured(
        seconds=seconds,
        model_id=model.card.model_id,
        load_seconds=model.load_seconds,
        precision=model.precision,
        device=model.device.type,
        device_reason=model.device.reason,
        footprint=model.footprint,
        memory=memory_in_use(model.device.type),
        doubt=getattr(model, "doubt", None),
        choice=choice,
    )


def ahead_text(ahead: int) -> str:
    """The queue in words."""
    return f"{count_text(ahead, 'person')} ahead of you" if ahead == 1 else f"{ahead} people ahead of you"


def show_end(outcome: Outcome) -> None:
    """The line beneath a result: time and memory, or why there is no more of it."""
    if outcome.error is not None:
        st.error(message(outcome.error), icon=":material/error:")
    elif outcome.stopped:
        kept = "Stopped before the end. What was computed until then is kept."
        st.info(
            kept if outcome.items else "Stopped before the end, with nothing computed yet.",
            icon=":material/stop_circle:",
        )
    elif outcome.measured is not None:
        if outcome.measured.doubt:
            st.warning(message(outcome.measured.doubt), icon=":material/help:")
        st.caption(measured_text(outcome.measured), help=outcome.measured.device_reason)
        if outcome.measured.choice:
            st.caption(f":material/speed: {outcome.measured.choice}")
        about = remark(outcome.measured.model_id)
        if about is not None:
            st.caption(f":material/inventory_2: {message(about)}")


def measured_text(measured: Measured) -> str:
    """Time and memory in one line."""
    precision = f"in {measured.precision} " if measured.precision else ""
    facts = [
        f"{seconds_text(measured.seconds)} {precision}on {measured.device}",
        f"weights {size_text(measured.footprint)}" if measured.footprint is not None else "",
        f"memory in use {size_text(measured.memory)}",
        f"loaded in {seconds_text(measured.load_seconds)}" if measured.load_seconds is not None else "",
    ]
    return f":material/timer: {' · '.join(fact for fact in facts if fact)}"
