"""One at a time, in the order of arrival, and everybody sees how many are ahead."""

import threading

import pytest

from models.errors import Cancelled
from serving.fair_queue import FairQueue

LONG = 120.0  # how long a test waits for what must happen, on a slow machine; nothing here measures speed


class Person:
    """Somebody in the queue, in a thread of their own."""

    def __init__(self, queue: FairQueue, served: list["Person"]):
        self.queue, self.served = queue, served
        self.cancelled, self.leave = threading.Event(), threading.Event()
        self.waiting, self.inside, self.gone = threading.Event(), threading.Event(), threading.Event()
        self.positions: list[int] = []
        self.error: Exception | None = None
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        try:
            with self.queue.turn(self.cancelled, self._see):
                self.served.append(self)
                self.inside.set()
                self.leave.wait(LONG)
        except Cancelled as error:
            self.error = error
        self.gone.set()

    def _see(self, ahead: int) -> None:
        self.positions.append(ahead)
        self.waiting.set()


def in_line(queue: FairQueue, served: list[Person], count: int) -> list[Person]:
    """People who have certainly arrived in this order: the first is served, the others wait."""
    people = []
    for _ in range(count):
        person = Person(queue, served)
        assert (person.waiting if people else person.inside).wait(LONG)
        people.append(person)
    return people


def let_go(people: list[Person]) -> None:
    for person in people:
        person.leave.set()
    for person in people:
        assert person.gone.wait(LONG)


def test_people_are_served_in_the_order_of_arrival() -> None:
    queue, served = FairQueue(), []
    people = in_line(queue, served, 5)
    let_go(people)
    assert served == people


def test_only_one_is_served_at_a_time() -> None:
    queue, served = FairQueue(), []
    first, second, third = in_line(queue, served, 3)
    assert not second.inside.is_set()
    let_go([first])
    assert second.inside.wait(LONG)
    assert not third.inside.is_set()
    let_go([second, third])


def test_everybody_sees_how_many_are_ahead_and_the_number_falls() -> None:
    queue, served = FairQueue(), []
    people = in_line(queue, served, 4)
    let_go(people)
    assert people[0].positions == []
    assert sorted(set(people[1].positions)) == [1]
    assert people[3].positions[0] == 3
    assert people[3].positions == sorted(people[3].positions, reverse=True)


def test_who_leaves_while_waiting_frees_the_place_at_once() -> None:
    queue, served = FairQueue(), []
    first, second, third = in_line(queue, served, 3)
    second.cancelled.set()
    assert second.gone.wait(LONG)
    assert isinstance(second.error, Cancelled)
    third.positions.clear()
    third.waiting.clear()
    assert third.waiting.wait(LONG)
    assert third.positions[-1] == 1
    let_go([first, third])
    assert served == [first, third]


def test_who_has_already_left_is_not_served() -> None:
    queue = FairQueue()
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled), queue.turn(cancelled):
        pytest.fail("served after having left")
    assert queue.is_idle


def test_an_error_while_being_served_frees_the_place() -> None:
    queue = FairQueue()
    with pytest.raises(RuntimeError, match="broken"), queue.turn():
        raise RuntimeError("broken")
    assert queue.is_idle
    with queue.turn():
        assert not queue.is_idle


def test_an_error_in_the_watcher_frees_the_place() -> None:
    queue, served = FairQueue(), []

    def fail(ahead: int) -> None:
        raise RuntimeError("cannot draw")

    (first,) = in_line(queue, served, 1)
    with pytest.raises(RuntimeError, match="cannot draw"), queue.turn(None, fail):
        pytest.fail("served out of turn")
    let_go([first])
    assert queue.is_idle


def test_as_many_are_served_at_once_as_there_are_places() -> None:
    queue, seen, cancelled = FairQueue(), [], threading.Event()

    def hears(ahead: int) -> None:
        seen.append(ahead)
        cancelled.set()

    queue.open(2)
    with queue.turn(), queue.turn():
        with pytest.raises(Cancelled), queue.turn(cancelled, hears):
            pass
        queue.open(3)
        with queue.turn():
            pass
    assert seen == [1]
