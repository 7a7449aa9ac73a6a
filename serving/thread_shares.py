"""How many of torch's threads each of several computations gets: all, divided by how many run when it begins."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class ThreadShares:
    """Counts the computations that run now. Two with all threads each would take turns waiting for each other's."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[object] = Counter()
        self._all = 0

    @contextmanager
    def one(self, of: object = None) -> Iterator[int]:
        """A computation in this thread: the threads that it got. Those that began before keep what they have.

        Those `of` one thing, such as a model that computes together what several people ask, count as one: they share
        out their threads themselves.
        """
        from models.threads import take_threads  # brings torch, which a model that is about to compute has read already

        with self._lock:
            self._all = self._all or take_threads()
            self._running[of := object() if of is None else of] += 1
            share = max(1, self._all // len(self._running))
        try:
            yield take_threads(share)
        finally:
            with self._lock:
                self._running[of] -= 1
                if not self._running[of]:
                    del self._running[of]
            take_threads(self._all)  # what threads take over that were never told a number
