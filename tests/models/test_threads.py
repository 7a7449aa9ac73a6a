"""Threads of torch: pinned, taken, and shared out among several computations."""

import threading
from collections.abc import Iterator

import pytest
import torch

from models.threads import pinned_threads, side_by_side, take_threads


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def in_a_new_thread(do: object) -> object:
    found: list[object] = []
    worker = threading.Thread(target=lambda: found.append(do()))
    worker.start()
    worker.join()
    return found[0]


def test_threads_are_pinned_and_given_back() -> None:
    with pinned_threads(3):
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == 2


def test_a_new_thread_keeps_its_number_though_another_one_is_set_elsewhere() -> None:
    def compute() -> int:
        take_threads(1)
        in_a_new_thread(lambda: take_threads(2))
        torch.ones(512, 512) @ torch.ones(512, 512)
        return torch.get_num_threads()

    assert in_a_new_thread(compute) == 1


def test_results_come_in_the_order_of_the_items() -> None:
    gate = threading.Event()

    def do(number: int) -> int:
        gate.set() if number else gate.wait(10)  # the first ends after the second
        return number

    assert list(side_by_side(do, range(20))) == list(range(20))


def test_two_at_once_have_a_thread_each_and_one_alone_has_both() -> None:
    both = threading.Barrier(2, timeout=10)  # broken unless two are there at once

    def meet(number: int) -> int:
        both.wait()
        return torch.get_num_threads()

    assert list(side_by_side(meet, range(4))) == [1, 1, 1, 1]
    assert list(side_by_side(lambda item: torch.get_num_threads(), ["alone"])) == [2]
    assert torch.get_num_threads() == 2


def test_what_one_raises_ends_the_work_in_its_place() -> None:
    begun: list[int] = []

    def do(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError(number)
        return number

    done = side_by_side(do, range(1000))
    assert [next(done) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="3"):
        next(done)
    assert len(begun) < 20
    assert torch.get_num_threads() == 2


def test_closing_ends_the_work_after_what_was_begun() -> None:
    begun: list[int] = []
    done = side_by_side(lambda number: begun.append(number), range(1000))
    next(done)
    done.close()

    assert len(begun) < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("aula-beside")]
    assert torch.get_num_threads() == 2


def test_of_nothing_nothing_comes() -> None:
    assert list(side_by_side(str, [])) == []
