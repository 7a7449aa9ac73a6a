"""Work beside the script: Streamlit's script only watches, so that Stop, a closed tab and the page itself stay alive.

Streamlit can interrupt a script where it draws, or asks whether it should go on. A script inside `generate` would not
notice Stop for minutes; so the work runs in a thread of its own and the script asks a few times a second.
"""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import Any

from streamlit.runtime.scriptrunner import get_script_run_ctx

Emit = Callable[[Any], None]

LOOK_SECONDS = 0.2
_FINISHED = object()


class _Failure:
    def __init__(self, error: BaseException):
        self.error = error


def in_background(work: Callable[[threading.Event, Emit], Any]) -> Generator[Any, None, None]:
    """Yield what `work(cancelled, emit)` emits, and None while there is nothing new.

    The event is set when the caller stops listening: at the end, on Stop, when the tab is closed. What `work` raises is
    raised here, and what Streamlit raises to end the script.
    """
    cancelled = threading.Event()
    items: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            work(cancelled, items.put)
            items.put(_FINISHED)
        except BaseException as error:
            # Where nobody listens any more, the error would keep the model of its frames alive.
            if not cancelled.is_set():
                items.put(_Failure(error))

    threading.Thread(target=run, name="aula-work", daemon=True).start()
    try:
        yield from _listen(items)
    finally:
        cancelled.set()


def _listen(items: queue.SimpleQueue) -> Generator[Any, None, None]:
    while True:
        _give_way()
        try:
            item = items.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            yield None
            continue
        if item is _FINISHED:
            return
        if isinstance(item, _Failure):
            raise item.error
        yield item


def _give_way() -> None:
    """Let Streamlit interrupt the script here. To draw for that alone, thirty pages would do it 150 times a second."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None:  # None: a caller without a page
        context.yield_check()


def emit_all(items: Iterable[Any], emit: Emit) -> None:
    """Emit each item of an iterator and close it, whatever happens."""
    iterator = iter(items)
    try:
        for item in iterator:
            emit(item)
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()
