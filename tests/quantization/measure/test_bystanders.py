"""What others use of the processor: from readings made by hand, and with a program that really burns all cores."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from quantization.measure import bystanders
from quantization.measure.bystanders import MOST_BUSY, NO_USE, Reading, Use, read, together, use_between

BURN = "import sys; print('burning', flush=True)\nwhile True: pass"


@pytest.fixture
def disturber() -> Iterator[None]:
    """A program on every core, for the time of a test."""
    burning = [
        subprocess.Popen([sys.executable, "-c", BURN], stdout=subprocess.PIPE) for _ in range(os.cpu_count() or 1)
    ]
    try:
        for each in burning:
            assert each.stdout is not None
            each.stdout.readline()
        yield
    finally:
        for each in burning:
            each.kill()
            each.communicate()


def test_what_is_not_ours_was_used_by_others() -> None:
    before, after = Reading(10.0, 100.0, 50.0, 7.0), Reading(11.0, 101.6, 50.4, 8.0)
    assert use_between(before, after).share == pytest.approx(0.3)  # 0.6 of two core seconds


def test_an_idle_machine_has_no_others() -> None:
    found = use_between(Reading(0, 0, 0, 0), Reading(1.0, 1.0, 1.0, 1.01))  # clocks are not read at one instant
    assert (found.share, found.disturbs) == (0.0, False)


def test_work_of_other_visitors_in_this_program_counts_as_others() -> None:
    found = use_between(Reading(0, 0, 0, 0, 5.0), Reading(1.0, 2.0, 0.0, 2.0, 5.8))
    assert found.share == pytest.approx(0.4)
    ended = use_between(Reading(0, 0, 0, 0, 5.0), Reading(1.0, 2.0, 0.0, 2.0, 0.0))  # a thread that is gone
    assert ended.share == 0.0


def test_the_limit_is_a_tenth_of_the_processor() -> None:
    assert not Use(0.1 * 4, 4.0, 1.0).disturbs
    assert Use(0.11 * 4, 4.0, 1.0).disturbs
    assert MOST_BUSY == 0.1


def test_a_look_too_short_and_a_system_that_does_not_count_say_nothing() -> None:
    assert use_between(Reading(0, 0, 0, 0), Reading(0.05, 0.1, 0, 0)).share is None
    assert use_between(Reading(0, 7, 7, 0), Reading(1.0, 7, 7, 1.0)).share is None
    assert (NO_USE.share, NO_USE.disturbs) == (None, False)


def test_several_looks_are_one() -> None:
    assert together([Use(0.5, 0.2, 0.1), Use(0.1, 1.0, 0.5)]) == Use(0.6, 1.2, 0.6)
    assert together([]) == NO_USE


def test_stolen_time_is_work_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Times:
        user, system, idle, steal = 3.0, 1.0, 5.0, 2.0  # as few as some systems know

    monkeypatch.setattr(bystanders.psutil, "cpu_times", Times)
    assert (read().used, read().idle) == (6.0, 5.0)


def test_own_work_is_told_from_that_of_others() -> None:
    """Whatever this machine does meanwhile: a thread of ours that computes is seen, and the present one is not."""
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    before = read()
    end = time.monotonic() + 1
    while time.monotonic() < end:
        time.sleep(0.01)
    found = use_between(before, read())
    stop.set()
    thread.join()
    assert found.others > 0
    assert found.seconds >= 1


def test_a_program_on_every_core_is_noticed(disturber: None) -> None:
    before, end = read(), time.monotonic() + 1.5
    while time.monotonic() < end:
        sum(range(1000))
    found = use_between(before, read())
    assert found.disturbs
