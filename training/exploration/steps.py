"""How far an exploration is, for whoever draws a bar, and when it has to stop."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from models.cancellation import stop_if

OnStep = Callable[[str, float], None]  # what is done now, and the part of it that is done, 0 to 1
Item = TypeVar("Item")
_EVERY = 500  # items between two looks at the clock and at Stop


class Steps:
    """Tells `on_step` how far each stage of the work is, and raises Cancelled between two items."""

    def __init__(self, on_step: OnStep | None = None, cancelled: threading.Event | None = None) -> None:
        self._on_step, self._cancelled = on_step, cancelled

    def tell(self, what: str, fraction: float = 0.0) -> None:
        """One step further. Raises Cancelled."""
        stop_if(self._cancelled)
        if self._on_step is not None:
            self._on_step(what, min(1.0, fraction))

    def through(self, what: str, items: Sequence[Item], every: int = _EVERY) -> Iterator[Item]:
        """The items, one after the other, and how far that is; `what` says what is done with them."""
        for number, item in enumerate(items):
            if number % every == 0:
                self.tell(what, number / len(items))
            yield item


def counted(items: Iterable[Item]) -> dict[Item, int]:
    """How often each item comes, the most frequent first."""
    counts: dict[Item, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))
