"""The threads of torch among several computations."""

import threading
from collections.abc import Iterator

import pytest
import torch

from serving.thread_shares import ThreadShares


@pytest.fixture(autouse=True)
def four_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


def test_one_alone_has_them_all_and_those_that_come_later_their_share() -> None:
    shares, got = ThreadShares(), []

    def begin(left: int) -> None:
        with shares.one() as share:
            got.append((share, torch.get_num_threads()))
            if left:
                inner = threading.Thread(target=begin, args=(left - 1,))
                inner.start()
                inner.join()
                got.append((share, torch.get_num_threads()))  # as it began

    begin(4)

    assert got == [(4, 4), (2, 2), (1, 1), (1, 1), (1, 1), (1, 1), (1, 1), (2, 2), (4, 4)]


def test_when_all_are_done_a_new_thread_has_them_all() -> None:
    shares, found = ThreadShares(), []
    with pytest.raises(ValueError, match="failed"), shares.one(), shares.one():
        raise ValueError("failed")
    later = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    later.start()
    later.join()

    assert found == [4]


def test_those_of_one_thing_count_as_one() -> None:
    shares, model = ThreadShares(), object()
    with shares.one(model) as first, shares.one(model) as second:
        assert (first, second) == (4, 4)
        with shares.one() as another, shares.one(model) as third:
            assert (another, third) == (2, 2)
    with shares.one() as alone:
        assert alone == 4
