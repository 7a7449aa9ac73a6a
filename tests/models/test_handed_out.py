"""Work that calls back, as an iterator: nothing ahead, everything raised, and an end when it is closed."""

import threading

import pytest

from models.errors import Cancelled
from models.handed_out import handed_out


def counting(log: list[str], upto: int = 5):
    def work(hand_out, closed: threading.Event) -> None:
        try:
            for number in range(upto):
                log.append(f"made {number}")
                hand_out(number)
        except Cancelled:
            log.append("cancelled")
            raise

    return work


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "aula-steps"]


def test_all_items_come_in_their_order_and_the_thread_ends() -> None:
    assert list(handed_out(counting([]))) == [0, 1, 2, 3, 4]
    assert threads() == []


def test_nothing_is_made_before_it_is_asked_for() -> None:
    log: list[str] = []
    items = handed_out(counting(log))
    assert log == []
    assert [next(items), next(items)] == [0, 1]
    assert log == ["made 0", "made 1"]
    items.close()


def test_closing_ends_the_work_where_it_is() -> None:
    log: list[str] = []
    items = handed_out(counting(log))
    next(items)
    items.close()
    assert log == ["made 0", "cancelled"]
    assert threads() == []


def test_work_that_is_in_the_middle_of_something_sees_that_it_is_closed() -> None:
    seen = []

    def work(hand_out, closed: threading.Event) -> None:
        try:
            hand_out(1)
        finally:
            seen.append(closed.is_set())

    items = handed_out(work)
    next(items)
    items.close()
    assert seen == [True]


def test_what_the_work_raises_is_raised_after_its_items() -> None:
    def work(hand_out, closed: threading.Event) -> None:
        hand_out("first")
        raise KeyError("lost")

    items = handed_out(work)
    assert next(items) == "first"
    with pytest.raises(KeyError, match="lost"):
        next(items)
    assert threads() == []


def test_the_work_computes_with_the_threads_of_whoever_follows_it() -> None:
    import torch

    from models.threads import pinned_threads

    def work(hand_out, closed: threading.Event) -> None:
        hand_out(torch.get_num_threads())

    with pinned_threads(1):
        assert list(handed_out(work)) == [1]
