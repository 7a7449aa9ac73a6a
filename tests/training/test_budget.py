"""A budget of minutes and steps: how much of it is used up, and what a resumed training has left."""

import pytest

from training.budget import Budget, learning_rate_factor


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    """The time in seconds, as its only item."""
    now = [1_000.0]
    monkeypatch.setattr("training.budget.time.monotonic", lambda: now[0])
    return now


def budget(clock: list[float], minutes: float, steps: int | None = None) -> Budget:
    return Budget(minutes, steps, started=clock[0])


def test_time_uses_the_budget_up(clock) -> None:
    spent = budget(clock, minutes=10)
    clock[0] += 150
    assert spent.fraction(step=0) == 0.25
    assert spent.seconds_left(step=0) == 450
    clock[0] += 1_000
    assert (spent.fraction(0), spent.seconds_left(0)) == (1.0, 0.0)


def test_steps_use_it_up_where_they_are_faster(clock) -> None:
    spent = budget(clock, minutes=10, steps=100)
    clock[0] += 30
    assert spent.fraction(step=50) == 0.5
    assert spent.seconds_left(step=50) == 30  # as long as the first half took


def test_time_uses_it_up_where_the_steps_are_slow(clock) -> None:
    spent = budget(clock, minutes=1, steps=100)
    clock[0] += 30
    assert spent.fraction(step=10) == 0.5
    assert spent.seconds_left(step=10) == 30


def test_a_resumed_budget_counts_what_was_spent_before(clock, tmp_path) -> None:
    first = budget(clock, minutes=10)
    clock[0] += 120
    first.save(tmp_path)
    clock[0] += 10_000
    second = budget(clock, minutes=10)
    second.resume(tmp_path)
    assert second.fraction(0) == 0.2
    clock[0] += 60
    assert second.spent() == 180


def test_nothing_was_spent_where_no_file_says_so(clock, tmp_path) -> None:
    fresh = budget(clock, minutes=10)
    fresh.resume(tmp_path)
    assert fresh.spent() == 0


@pytest.mark.parametrize(
    ("fraction", "factor"), [(0.0, 0.01), (0.01, 0.2), (0.05, 1.0), (0.525, 0.5), (0.81, 0.2), (1.0, 0.0)]
)
def test_the_learning_rate_rises_in_a_line_then_falls_in_a_line(fraction, factor) -> None:
    # By hand, for a warm-up of a twentieth: 0.01 / 0.05 = 0.2, and (1 - 0.525) / (1 - 0.05) = 0.5.
    assert learning_rate_factor(fraction, warmup=0.05) == pytest.approx(factor)
