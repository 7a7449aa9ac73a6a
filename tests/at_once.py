"""Many people at once: each in a thread of their own, and the first one held up until all others wait behind."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from models.threads import pinned_threads
from models.together import Together

Item = TypeVar("Item")
Result = TypeVar("Result")

LONG = 120.0  # how long to wait for what must happen; nothing here measures speed


def at_once(
    together: Together, network: torch.nn.Module, do: Callable[[Item], Result], items: Sequence[Item]
) -> tuple[list[Result], int]:
    """What `do` gives for each item, in one thread each, and how many runs of the network that took."""
    runs: list[int] = []
    tick = threading.Event()

    def hold_up(*anything: Any) -> None:
        runs.append(len(runs))
        for _ in range(int(LONG / 0.01)):
            if len(runs) > 1 or len(together._waiting) == len(items) - 1:
                return
            tick.wait(0.01)
        raise AssertionError(f"{len(together._waiting)} wait behind the first of {len(items)}")

    hook = network.register_forward_pre_hook(hold_up)
    try:
        with pinned_threads(1), ThreadPoolExecutor(len(items)) as people:  # one thread of torch: one run after another
            return list(people.map(do, items)), len(runs)
    finally:
        hook.remove()
