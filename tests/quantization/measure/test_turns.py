"""Times in turns, from seconds made by hand: nothing here asks how fast or how busy this machine is."""

import itertools
import statistics

import numpy as np
import pytest

from quantization.measure import turns as module
from quantization.measure.bootstrap import Interval
from quantization.measure.bystanders import Reading, Use
from quantization.measure.turns import Round, Turns, in_turns, median_interval, take_turns

QUIET, BUSY = Use(0.02, 2.0, 1.0), Use(1.0, 2.0, 1.0)


def rounds(*ratios: float, use: Use = QUIET) -> tuple[Round, ...]:
    return tuple(Round(ratio, 1.0, use) for ratio in ratios)


def test_sides_take_turns() -> None:
    calls: list[str] = []
    sides = [lambda name=name: calls.append(name) or name.lower() for name in "AB"]
    assert list(take_turns([sides] * 3)) == [("a", "b")] * 3
    assert "".join(calls) == "ABABAB"


def test_the_processor_is_looked_at_in_each_round(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two cores; in the second round, others work on one of them.
    used = iter([0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0])
    own = iter([0.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0])
    clock = itertools.count()
    monkeypatch.setattr(module, "read", lambda: Reading(next(clock), next(used), 0.0, next(own)))
    found = in_turns(lambda: 3.0, lambda: 1.5, 3)
    assert [each.ratio for each in found.rounds] == [2.0, 2.0, 2.0]
    assert [each.use.share for each in found.rounds] == [0.0, 0.5, 0.0]


def test_the_ratio_is_the_median_and_one_disturbed_round_does_not_move_it() -> None:
    quiet = (1.9, 2.0, 2.0, 2.1, 2.0, 1.95, 2.05, 2.0)
    found = Turns((*rounds(*quiet), *rounds(12.22, use=BUSY)))
    assert len(found.counted) == 8
    assert found.ratio == 2.0
    assert found.interval == Interval(1.9, 2.1)
    assert found.use.share == pytest.approx(0.01)


def test_where_most_rounds_are_disturbed_all_count_and_the_machine_was_busy() -> None:
    found = Turns((*rounds(2.0, 2.0, 2.0, 2.0), *rounds(0.5, 12.0, 3.0, 1.0, 0.7, use=BUSY)))
    assert len(found.counted) == 9
    assert found.use.share == pytest.approx(5.08 / 18)
    assert found.use.disturbs


def test_a_busy_machine_as_it_was_reported() -> None:
    """Rounds in which one side had the cores for itself, and the other had not."""
    found = Turns(rounds(0.96, 12.22, 1.4, 0.3, 7.0, 2.2, 0.8, 5.1, 1.0, use=BUSY))
    assert found.interval == Interval(0.8, 7.0)
    assert found.use.disturbs


@pytest.mark.parametrize(
    ("number", "rank"),
    # From the table of ranks in Conover, “Practical Nonparametric Statistics”, and by hand: 2 · (1/2)^6 = 3.1 %.
    [(6, 1), (7, 1), (8, 1), (9, 2), (10, 2), (12, 3), (15, 4), (20, 6), (25, 8)],
)
def test_the_interval_of_a_median_goes_by_ranks(number: int, rank: int) -> None:
    values = [float(value) for value in reversed(range(1, number + 1))]
    assert median_interval(values) == Interval(rank, number + 1 - rank)


def test_fewer_than_six_rounds_have_no_interval() -> None:
    assert [median_interval([1.0] * number) for number in range(6)] == [None] * 6


@pytest.mark.parametrize("number", [6, 9, 11, 30])
def test_19_of_20_intervals_hold_the_median_however_times_are_distributed(number: int) -> None:
    draws = np.random.default_rng(0).lognormal(0.0, 1.0, size=(4_000, number))  # its median is 1
    intervals = [median_interval(list(drawn)) for drawn in draws]
    held = sum(each is not None and each.low <= 1 <= each.high for each in intervals)
    assert held / len(draws) > 0.945


def test_the_order_of_the_rounds_does_not_matter() -> None:
    ratios = [3.0, 1.0, 2.0, 5.0, 4.0, 9.0, 8.0, 7.0, 6.0]
    found = Turns(rounds(*ratios))
    assert (found.ratio, found.interval) == (statistics.median(ratios), Interval(2.0, 8.0))
