"""Who is next: one person at a time, or a few, in the order of arrival, and everybody sees how many are ahead."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from models.cancellation import stop_if

OnWait = Callable[[int], None]

# How long a person who has left may still hold a place in the queue, and how old the number shown may be.
LOOK_AGAIN_SECONDS = 0.2


def unseen(ahead: int) -> None:
    """The `on_wait` of a caller who does not watch."""


class FairQueue:
    """A lock that serves in the order of arrival and tells those who wait their position.

    It has one place; whoever holds it may `open` more.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets: deque[object] = deque()
        self._places = 1

    def open(self, places: int) -> None:
        """Serve so many people at once from now on."""
        with self._changed:
            self._places = places
            self._changed.notify_all()

    @property
    def is_idle(self) -> bool:
        """Whether nobody is being served and nobody waits."""
        return not self._tickets

    @contextmanager
    def turn(self, cancelled: threading.Event | None = None, on_wait: OnWait = unseen) -> Iterator[None]:
        """Wait for one's turn and hold it until the block ends; `on_wait` hears how many are ahead.

        Raises:
            Cancelled: the event was set while waiting. The place is free at once.
        """
        ticket = object()
        with self._changed:
            self._tickets.append(ticket)
        try:
            self._wait(ticket, cancelled, on_wait)
            yield
        finally:
            with self._changed:
                self._tickets.remove(ticket)
                self._changed.notify_all()

    def _wait(self, ticket: object, cancelled: threading.Event | None, on_wait: OnWait) -> None:
        with self._changed:
            while (ahead := self._tickets.index(ticket) + 1 - self._places) > 0:
                stop_if(cancelled)
                on_wait(ahead)
                self._changed.wait(LOOK_AGAIN_SECONDS)
        stop_if(cancelled)
