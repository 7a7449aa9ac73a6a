"""Intervals against the standard error, and equal draws for equal seeds."""

import math

import numpy as np
import pytest

from quantization.measure.bootstrap import Interval, interval, resample


def mean(sums: np.ndarray) -> float:
    return 100 * sums[0] / sums[1]


def of(values: list[float]) -> np.ndarray:
    return np.array([(value, 1) for value in values])


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    right = [1.0] * 42 + [0.0] * 18
    drawn = resample(of(right), mean, samples=4_000)
    # Of a share p of n rows, the standard error is √(p(1−p)/n): here 5.9 points.
    assert drawn.mean() == pytest.approx(70, abs=0.4)
    assert drawn.std() == pytest.approx(100 * math.sqrt(0.7 * 0.3 / 60), rel=0.05)
    found, one = interval(drawn), 100 / 60  # the mean of 60 such rows moves in steps of one row
    assert found.low == pytest.approx(70 - 1.96 * 5.9, abs=one)
    assert found.high == pytest.approx(70 + 1.96 * 5.9, abs=one)


def test_draws_are_paired_so_that_equal_rows_differ_by_nothing() -> None:
    hard_and_easy = [0.1, 0.9] * 30
    worse = [value - 0.05 for value in hard_and_easy]
    differences = resample(of(hard_and_easy), mean) - resample(of(worse), mean)
    # Every row loses exactly 5 points, and unpaired draws would spread by more than that.
    assert interval(differences) == Interval(pytest.approx(5), pytest.approx(5))
    assert resample(of(hard_and_easy), mean).std() > 4


def test_the_same_seed_draws_the_same() -> None:
    statistics = of([0, 1, 1, 0, 1])
    assert (resample(statistics, mean, 50, seed=3) == resample(statistics, mean, 50, seed=3)).all()
    assert (resample(statistics, mean, 50, seed=3) != resample(statistics, mean, 50, seed=4)).any()


@pytest.mark.parametrize(("low", "high", "holds"), [(-1, 2, True), (0, 0, True), (0.1, 2, False), (-2, -0.1, False)])
def test_whether_a_difference_might_be_none(low: float, high: float, holds: bool) -> None:
    assert Interval(low, high).holds_zero == holds
