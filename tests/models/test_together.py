"""Many threads, one computation: what is asked at the same time shares a run, and nobody gets another's result."""

import threading
from collections.abc import Sequence

import pytest
import torch

from models.errors import Cancelled, OutOfMemory
from models.threads import pinned_threads
from models.together import PEOPLE, Together, people_at_once, rows_are_alone

LONG = 120.0  # how long a test waits for what must happen; nothing here measures speed


class Doubling:
    """Doubles numbers, and remembers with which ones and with how many threads. A gate holds the first run up."""

    def __init__(self, most: int = 4, lanes: int | None = 1, mix: bool = True):
        self.runs: list[list[int]] = []
        self.threads: list[int] = []
        self.began, self.go_on = threading.Event(), threading.Event()
        self.heard: threading.Event | None = None
        self.together: Together[int, list[int]] = Together(
            self._double,
            lambda output, numbers: [output[number] for number in numbers],
            name=lambda item: item,
            fits=lambda items: len(items) <= most,
            mix=mix,
            lanes=lanes,
        )

    def _double(self, items: Sequence[int], cancelled: threading.Event | None) -> list[int]:
        self.runs.append(list(items))
        self.threads.append(torch.get_num_threads())
        self.heard = cancelled
        if 0 in items:  # the one that all others arrive behind
            self.began.set()
            assert self.go_on.wait(LONG)
        if 13 in items:
            raise OutOfMemory("13 is too much.")
        return [2 * item for item in items]


class Caller(threading.Thread):
    """Somebody who asks for parcels, one after the other, in a thread of their own."""

    def __init__(self, doubling: Doubling, *parcels: list[int], kind: str = ""):
        super().__init__(daemon=True)
        self.doubling, self.parcels, self.kind = doubling, parcels, kind
        self.cancelled = threading.Event()
        self.results: list[list[int]] = []
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            for parcel in self.parcels:
                self.results.append(self.doubling.together.run(parcel, self.cancelled, self.kind))
        except Exception as error:
            self.error = error


def waiting(doubling: Doubling, count: int) -> None:
    """Until so many parcels wait."""
    tick = threading.Event()
    for _ in range(int(LONG / 0.01)):
        if len(doubling.together._waiting) == count:
            return
        tick.wait(0.01)
    raise AssertionError(f"{len(doubling.together._waiting)} wait instead of {count}")


def behind(doubling: Doubling, *parcels: list[int]) -> list[Caller]:
    """The caller whose run is held up, and a caller for each parcel, who come in this order."""
    callers = [Caller(doubling, [0])]
    assert doubling.began.wait(LONG)
    for number, parcel in enumerate(parcels, start=1):
        callers.append(Caller(doubling, parcel))
        waiting(doubling, number)
    return callers


def finish(doubling: Doubling, callers: list[Caller]) -> None:
    doubling.go_on.set()
    for caller in callers:
        caller.join(LONG)
        assert not caller.is_alive()


def test_alone_a_caller_gets_one_run_of_what_he_gave_in_his_own_thread_with_all_its_threads() -> None:
    doubling = Doubling(lanes=None)
    with pinned_threads(3):
        assert doubling.together.run([5, 5, 6]) == [10, 10, 12]
    assert doubling.runs == [[5, 5, 6]]
    assert doubling.threads == [3]


def test_what_waits_when_a_run_ends_is_the_next_run() -> None:
    doubling = Doubling(most=4)
    callers = behind(doubling, [1, 2], [3], [4], [5])
    finish(doubling, callers)
    assert doubling.runs == [[0], [1, 2, 3, 4], [5]]
    assert [caller.results for caller in callers] == [[[0]], [[2, 4]], [[6]], [[8]], [[10]]]


def test_what_is_the_same_is_computed_once() -> None:
    doubling = Doubling(most=2)
    callers = behind(doubling, [1, 2], [2, 1], [1], [2, 2])
    finish(doubling, callers)
    assert doubling.runs == [[0], [1, 2]]
    assert [caller.results for caller in callers[1:]] == [[[2, 4]], [[4, 2]], [[2]], [[4, 4]]]


def test_where_neighbours_matter_only_the_same_shares_a_run() -> None:
    doubling = Doubling(mix=False)
    callers = behind(doubling, [1, 2], [1], [1, 2])
    finish(doubling, callers)
    assert doubling.runs == [[0], [1, 2], [1]]
    assert [caller.results for caller in callers[1:]] == [[[2, 4]], [[2]], [[2, 4]]]


def test_only_one_kind_shares_a_run() -> None:
    doubling = Doubling()
    callers = behind(doubling, [1])
    callers.append(Caller(doubling, [2], kind="other"))
    waiting(doubling, 2)
    callers.append(Caller(doubling, [3]))
    waiting(doubling, 3)
    finish(doubling, callers)
    assert doubling.runs == [[0], [1, 3], [2]]


def test_a_sentence_does_not_wait_for_a_book() -> None:
    doubling = Doubling(most=2)
    book = Caller(doubling, [0, 100], [101, 102], [103, 104], [105, 106])
    assert doubling.began.wait(LONG)
    sentence = Caller(doubling, [1])
    waiting(doubling, 1)
    finish(doubling, [book, sentence])
    assert sentence.results == [[2]]
    assert doubling.runs[1] == [1]  # next, although most of the book is left
    assert len(book.results) == 4


def test_who_stops_leaves_at_once_and_costs_nothing() -> None:
    doubling = Doubling()
    callers = behind(doubling, [1], [2])
    callers[1].cancelled.set()
    callers[1].join(LONG)  # while the run before is still held up
    assert isinstance(callers[1].error, Cancelled)
    finish(doubling, callers)
    assert doubling.runs == [[0], [2]]


def test_who_waits_rests_meanwhile() -> None:
    doubling, looks = Doubling(), list[int]()
    begin = doubling.together._begin
    doubling.together._begin = lambda threads: (looks.append(threads), begin(threads))[1]  # type: ignore[method-assign]
    callers = [Caller(doubling, [0])]
    assert doubling.began.wait(LONG)
    callers += [Caller(doubling, [number]) for number in (1, 2)]
    threading.Event().wait(1.0)  # five looks each; who woke themselves looked a hundred thousand times
    doubling.go_on.set()
    for caller in callers:
        caller.join(LONG)
    assert [caller.results for caller in callers] == [[[0]], [[2]], [[4]]]
    assert len(looks) < 100


def test_a_shared_run_hears_of_stop_only_when_all_have_stopped() -> None:
    doubling = Doubling()
    callers = behind(doubling, [1], [2])
    finish(doubling, callers)
    assert doubling.runs[1] == [1, 2]
    heard = doubling.heard
    assert heard is not None
    callers[1].cancelled.set()
    assert not heard.is_set()
    callers[2].cancelled.set()
    assert heard.is_set()


def test_an_error_falls_on_whoever_caused_it() -> None:
    doubling = Doubling()
    callers = behind(doubling, [1], [13], [2])
    finish(doubling, callers)
    assert [caller.results for caller in callers] == [[[0]], [[2]], [], [[4]]]
    assert isinstance(callers[2].error, OutOfMemory)
    assert callers[1].error is callers[3].error is None
    assert doubling.runs[1:] == [[1, 13, 2], [1], [13], [2]]


def test_where_several_wait_runs_go_on_beside_each_other_with_a_share_of_the_threads() -> None:
    doubling = Doubling(most=1, lanes=None)
    with pinned_threads(2):  # which new threads take over
        first = Caller(doubling, [0])
        assert doubling.began.wait(LONG)
        others = [Caller(doubling, [number]) for number in (1, 2, 3)]
        waiting(doubling, 3)
        assert doubling.runs == [[0]]  # it has both threads
        finish(doubling, [first, *others])
    assert doubling.threads[0] == 2
    assert doubling.threads[1] == 1  # two more wait
    assert sorted(doubling.runs) == [[0], [1], [2], [3]]


def test_thirty_at_once_get_each_their_own() -> None:
    doubling = Doubling(most=8, lanes=2)
    callers = [Caller(doubling, *([100 * number + each, number] for each in range(20))) for number in range(20, 50)]
    finish(doubling, callers)
    for number, caller in enumerate(callers, start=20):
        assert caller.results == [[2 * (100 * number + each), 2 * number] for each in range(20)]
    assert len(doubling.runs) <= 600
    assert doubling.together._runs == doubling.together._busy == 0


@pytest.mark.parametrize(
    ("library", "alone", "people"),
    [
        ("torch.nn.modules.linear", True, PEOPLE),
        ("torch.ao.nn.quantized.dynamic.modules.linear", False, PEOPLE),
        ("bitsandbytes.nn.modules", False, 1),
    ],
)
def test_rows_are_alone_unless_activations_are_quantized(library: str, alone: bool, people: int) -> None:
    kind = type("Layer", (torch.nn.Linear,), {"__module__": library})
    model = torch.nn.Sequential(kind(2, 2))
    assert rows_are_alone(model) == alone
    assert people_at_once(model) == people
