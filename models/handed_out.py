"""Turns work that calls back into an iterator: libraries that hand their steps to a function can be followed by `for`.

The work runs in a thread of its own and waits after each step until the next one is wanted, so that nothing is computed
ahead, and closing the iterator ends it.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from models.cancellation import stop_if

HandOut = Callable[[Any], None]
LOOK_SECONDS = 0.2  # Ctrl-C is noticed between two looks; a wait without an end would hold it back on Windows


@dataclass(frozen=True)
class _Ended:
    """The work has come to its end, or to an error."""

    error: BaseException | None = None


def handed_out(work: Callable[[HandOut, threading.Event], None]) -> Iterator[Any]:
    """What `work(hand_out, closed)` hands out, one by one, and what it raises.

    `hand_out` returns when the next item is asked for. When the iterator is closed, `closed` is set and `hand_out`
    raises Cancelled; the iterator then waits for the work to end, so that nobody else meets it.
    """
    from models.threads import take_threads

    items: queue.SimpleQueue[Any] = queue.SimpleQueue()
    wanted, closed, threads = threading.Semaphore(0), threading.Event(), take_threads()

    def hand_out(item: Any) -> None:
        items.put(item)
        wanted.acquire()
        stop_if(closed)

    def run() -> None:
        take_threads(threads)  # those of the caller, which the number set last anywhere need not be
        try:
            work(hand_out, closed)
            items.put(_Ended())
        except BaseException as error:  # raised where somebody waits for it
            items.put(_Ended(error))

    thread = threading.Thread(target=run, name="aula-steps", daemon=True)
    thread.start()
    try:
        while not isinstance(item := _next(items), _Ended):
            yield item
            wanted.release()
        if item.error is not None:
            raise item.error
    finally:
        closed.set()
        wanted.release()
        thread.join()


def _next(items: "queue.SimpleQueue[Any]") -> Any:
    while True:
        try:
            return items.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            continue
