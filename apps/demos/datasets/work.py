"""Long looks at data beside the script: a bar with the time left, Stop, one at a time on a server, and the result."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import streamlit as st

from apps.ui.background import Emit, in_background
from apps.ui.run import ahead_text
from apps.words.amounts import left_text
from serving.fair_queue import FairQueue

OnStep = Callable[[str, float], None]
Work = Callable[[threading.Event, OnStep], Any]


@st.cache_resource
def shared_explorations() -> FairQueue:
    """Whose turn it is: thirty large files at once would make everybody wait for the last one."""
    return FairQueue()


@dataclass(frozen=True)
class _Step:
    what: str
    fraction: float


@dataclass(frozen=True)
class _Result:
    value: Any


def worked_out(name: str, key: Any, work: Work, again: str = "Start again") -> Any:
    """What `work(cancelled, on_step)` gives for this key; remembered in the session, the latest of each name.

    None where it was stopped. Raises what the work raises, again at each run of the script.
    """
    kept = st.session_state.get(f"{name}-worked-out")
    if kept is None or kept[0] != key:
        if st.session_state.get(f"{name}-stopped") == key:
            st.info("Stopped.", icon=":material/stop_circle:")
            st.button(again, on_click=_forget_stop, args=(name,))
            return None
        kept = (key, *_attempt(name, key, work))
        st.session_state[f"{name}-worked-out"] = kept
    _, value, error = kept
    if error is not None:
        raise error.with_traceback(None)  # else each run would add its frames, and keep alive what these hold
    return value


def _attempt(name: str, key: Any, work: Work) -> tuple[Any, Exception | None]:
    try:
        return _watched(name, key, work), None
    except Exception as error:  # kept without its frames, which would keep the data alive
        return None, error.with_traceback(None)


def _watched(name: str, key: Any, work: Work) -> Any:
    queue = shared_explorations()  # asked for here: the thread of the work has no session

    def job(cancelled: threading.Event, emit: Emit) -> None:
        with queue.turn(cancelled, lambda ahead: emit(_Step(ahead_text(ahead), 0.0))):
            emit(_Result(work(cancelled, lambda what, fraction: emit(_Step(what, fraction)))))

    area, value, line = st.empty(), None, _Line()
    drawn: tuple[float, str] | None = None
    with area.container():
        bar = st.progress(0.0, text="Starting")
        st.button("Stop", key=f"{name}-stop", icon=":material/stop_circle:", on_click=_note_stop, args=(name, key))
    try:
        with closing(in_background(job)) as items:
            for item in items:
                if isinstance(item, _Result):
                    value = item.value
                elif isinstance(item, _Step):
                    line.take(item)
                if (now := (line.fraction, line.text)) != drawn:
                    bar.progress(line.fraction, text=line.text)
                    drawn = now
    except Exception:  # not what Streamlit raises to interrupt the script: then nothing can be drawn any more
        area.empty()
        raise
    area.empty()
    return value


class _Line:
    """What is done now, how much of it, and the time that it will take."""

    def __init__(self) -> None:
        self.what, self.fraction, self._since, self._first = "Starting", 0.0, time.monotonic(), 0.0

    def take(self, step: _Step) -> None:
        if step.what.split(":")[0] != self.what.split(":")[0]:
            self._since, self._first = time.monotonic(), step.fraction
        self.what, self.fraction = step.what, min(1.0, step.fraction)

    @property
    def text(self) -> str:
        seconds = time.monotonic() - self._since
        if self.fraction <= self._first:  # it does not say how far it is
            return f"{self.what} · {seconds:.0f} s"
        return f"{self.what} · {left_text(seconds, (self.fraction - self._first) / max(1e-9, 1 - self._first))}"


def ask_again(name: str) -> None:
    """Work anew where the latest work of this name was stopped, or went wrong, which it may not do now."""
    _forget_stop(name)
    _, _, error = st.session_state.get(f"{name}-worked-out", (None, None, None))
    if error is not None:
        del st.session_state[f"{name}-worked-out"]


def _note_stop(name: str, key: Any) -> None:
    st.session_state[f"{name}-stopped"] = key


def _forget_stop(name: str) -> None:
    st.session_state.pop(f"{name}-stopped", None)
