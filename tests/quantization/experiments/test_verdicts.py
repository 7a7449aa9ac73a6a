"""The Pareto front and the recommendation, on rows made by hand."""

from dataclasses import replace

from quantization.experiments.row import Row
from quantization.experiments.verdicts import (
    baseline_of,
    compared_speeds,
    costs_too_much,
    on_front,
    pareto_front,
    perplexity_rise,
    recommended,
)


def row(precision: str, file_bytes: int, perplexity: float, speed: float = 10.0, **values) -> Row:
    """A row whose speed was compared with fp32's 10 tokens per second, in turns."""
    ratio = speed / 10
    raced = {} if precision == "fp32" else {"ratio": ratio, "ratio_low": 0.95 * ratio, "ratio_high": 1.05 * ratio}
    facts = {"file_bytes": file_bytes, "perplexity": perplexity, "tokens_per_second": speed}
    return Row(precision, **facts | raced | values)


FP32 = row("fp32", 400, 100.0, 10.0)
BF16 = row("bf16", 200, 100.1, 12.0)
INT8_LINEAR = row("int8-linear", 440, 100.2, 9.0)
INT8 = row("int8", 150, 101.0, 30.0)
NF4 = row("bnb-nf4", 80, 108.0, 20.0)
BROKEN = Row("fp16", error="It does not apply.")
ALL = [FP32, BF16, INT8_LINEAR, INT8, NF4, BROKEN]


def test_the_front_in_two_measures_by_hand() -> None:
    points = [(1, 5), (2, 3), (3, 4), (4, 1), (5, 1)]
    assert pareto_front(points) == [True, True, False, True, False]


def test_equal_points_do_not_beat_each_other() -> None:
    assert pareto_front([(1, 1), (1, 1), (1, 2)]) == [True, True, False]


def test_one_point_and_none() -> None:
    assert pareto_front([(3, 3, 3)]) == [True]
    assert pareto_front([]) == []


def test_the_front_of_rows_is_in_size_quality_and_speed() -> None:
    assert [found.precision for found in on_front(ALL)] == ["fp32", "bf16", "int8", "bnb-nf4"]


def test_a_small_loss_is_accepted_and_a_large_one_is_not() -> None:
    assert perplexity_rise(INT8, FP32) == 101.0 / 100.0 - 1
    assert not costs_too_much(INT8, FP32)
    assert costs_too_much(NF4, FP32)
    assert not costs_too_much(row("better", 10, 99.0), FP32)


def test_the_smallest_that_costs_little_is_recommended() -> None:
    assert recommended(ALL) is INT8
    assert recommended([FP32, NF4]) is None
    assert recommended([FP32, INT8_LINEAR]) is None  # it is larger than fp32
    assert recommended([FP32, row("bnb-int8", 100, 100.0, 5.0)]) is None  # it is slower than fp32
    assert recommended([INT8, NF4]) is None  # nothing to read them against
    assert recommended([FP32, row("bnb-int8", 100, 100.0, 10.1)]) is not None  # no difference: it is no slower


def test_a_speed_that_cannot_be_compared_recommends_nothing_and_beats_nothing() -> None:
    busy = replace(INT8, busy=0.5)
    assert recommended([FP32, busy]) is None
    assert compared_speeds([FP32, busy]) is None
    assert compared_speeds([FP32, INT8, row("same", 1, 1.0, 10.1)]) == [1.0, 3.0, 1.0]
    assert compared_speeds([INT8]) is None
    fast_and_large = row("int8-linear", 440, 101.0, 90.0)
    assert fast_and_large in on_front([FP32, fast_and_large])
    assert on_front([FP32, replace(fast_and_large, busy=0.5)]) == [FP32]


def test_a_baseline_that_failed_is_none() -> None:
    assert baseline_of(ALL) is FP32
    assert baseline_of([Row("fp32", error="No memory."), INT8]) is None
