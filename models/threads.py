"""How many of torch's threads a computation has, and several computations beside each other with one thread each.

torch's threads for one computation wait for each other after every layer. Where another program wants a core as well,
that has made the whole ten times slower; computations of one thread each never wait.
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Python 3.11.7 counts the depth of syntax trees for all threads together, and now and then raises SystemError for two
# at once (python/cpython#106905): whoever parses a source, or compiles a tree, holds this.
PARSING = threading.Lock()

_AHEAD = 2  # items for each worker beyond the one that is waited for, so that none is idle while a result is shown


def take_threads(count: int | None = None) -> int:
    """Let torch compute with `count` threads in this thread from now on; how many it computes with now.

    The number is each thread's own. A thread that was never asked takes over, when it first computes, whichever number
    was set last anywhere; so it is asked first, and told then.
    """
    import torch

    before = torch.get_num_threads()
    if count is None:
        return before
    torch.set_num_threads(count)
    return count


@contextmanager
def pinned_threads(count: int) -> Iterator[None]:
    """Let torch compute with exactly `count` threads meanwhile, so that two runs can be compared."""
    before = take_threads()
    take_threads(count)
    try:
        yield
    finally:
        take_threads(before)


def side_by_side(
    do: Callable[[Item], Result], items: Sequence[Item], threads: int | None = None
) -> Generator[Result, None, None]:
    """What `do` gives for each item, in their order; as many at once as there are threads, which are shared out.

    Without `threads` they are those that torch has now; one item alone gets them all. What `do` raises is raised in the
    place of its item and ends the work, as closing the iterator does: what was begun is finished, the rest not begun.
    """
    count = threads or take_threads()
    workers = max(1, min(count, len(items)))
    each = count // workers
    with pinned_threads(each):  # which new threads take over
        pool = ThreadPoolExecutor(workers, "aula-beside", initializer=take_threads, initargs=(each,))
        try:
            yield from _in_order(pool, do, items, workers * _AHEAD)
        finally:
            pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor, do: Callable[[Item], Result], items: Sequence[Item], ahead: int
) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(do, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
