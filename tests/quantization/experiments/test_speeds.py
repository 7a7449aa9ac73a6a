"""What may be said of speeds, on rows made by hand."""

from dataclasses import replace

import pytest

from quantization.experiments.row import Row
from quantization.experiments.speeds import (
    Verdict,
    are_comparable,
    cautions,
    claim,
    is_comparable,
    no_slower,
    ratio_fields,
    standing,
    verdict,
)
from quantization.experiments.task_quality import QualityRow
from quantization.measure.turns import Round, Turns

FP32 = Row("fp32", tokens_per_second=10.0, busy=0.01)
INT8 = Row("int8", tokens_per_second=20.0, ratio=2.1, ratio_low=1.95, ratio_high=2.2, busy=0.02)


def int8(low: float | None, high: float | None, busy: float | None = 0.02) -> Row:
    return replace(INT8, ratio_low=low, ratio_high=high, busy=busy)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (INT8, Verdict.FASTER),
        (int8(0.5, 0.6), Verdict.SLOWER),
        (int8(0.97, 1.02), Verdict.NO_DIFFERENCE),
        (int8(1.0, 1.2), Verdict.NO_DIFFERENCE),
        (int8(0.9, 1.0), Verdict.NO_DIFFERENCE),
        (int8(0.3, 7.0), Verdict.UNSTEADY),
        (int8(2.0, 3.1), Verdict.UNSTEADY),
        (int8(None, None), Verdict.UNSTEADY),
        (int8(1.95, 2.2, busy=0.4), Verdict.BUSY),
        (int8(1.95, 2.2, busy=0.1), Verdict.FASTER),
        (int8(1.95, 2.2, busy=None), Verdict.FASTER),  # too short a look to tell
        (replace(INT8, ratio=None), Verdict.NOT_IN_TURNS),
        (FP32, None),
        (replace(FP32, busy=0.5), Verdict.BUSY),
        (Row("int8", error="No."), None),
    ],
)
def test_what_a_row_says_of_its_speed(row: Row, expected: Verdict | None) -> None:
    assert verdict(row) == expected
    assert is_comparable(row) is (expected in (Verdict.FASTER, Verdict.SLOWER, Verdict.NO_DIFFERENCE))
    assert row.as_dict()["speed_verdict"] == expected


def test_an_exam_is_judged_alike() -> None:
    row = QualityRow("int8", rows_per_second=9.0, ratio=1.5, ratio_low=1.4, ratio_high=1.6)
    assert verdict(row) == Verdict.FASTER
    assert verdict(replace(row, busy=0.3)) == Verdict.BUSY


def test_a_claim_has_its_interval_and_where_there_is_none_nothing_is_claimed() -> None:
    assert claim(INT8, "the speed of fp32") == "2.10× the speed of fp32 (95 %: 1.95–2.20)"
    assert claim(int8(0.97, 1.02), "x") == "no difference in speed could be measured (95 %: 0.97–1.02)"
    assert claim(int8(1.95, 2.2, busy=0.4), "x") == "speed not comparable (the machine was busy)"
    assert "2.1" not in claim(int8(0.3, 7.0), "x")


def test_where_no_difference_was_measured_rows_stand_equal() -> None:
    assert [standing(row) for row in (FP32, INT8, int8(0.97, 1.02), int8(0.3, 7.0))] == [1.0, 2.1, 1.0, None]
    assert [no_slower(row) for row in (INT8, int8(0.97, 1.02), int8(0.5, 0.6), int8(0.3, 7.0))] == [
        True, True, False, False,
    ]  # fmt: skip


def test_another_ratio_of_the_row_is_judged_by_its_own_interval() -> None:
    assert are_comparable(INT8, 3.0, 3.2)
    assert not are_comparable(INT8, 1.0, 3.2)
    assert not are_comparable(INT8, None, None)
    assert not are_comparable(replace(INT8, busy=0.5), 3.0, 3.2)


def test_a_quiet_machine_gets_no_caution() -> None:
    assert cautions([FP32, INT8, int8(0.97, 1.02), Row("bf16", error="No.")]) == []
    assert cautions([]) == []


def test_a_busy_machine_is_said_with_what_others_used_and_what_to_do() -> None:
    (found,) = cautions([replace(FP32, busy=0.31), replace(INT8, busy=0.47)])
    assert "The machine was busy" in found
    assert "the speed of fp32, int8 was measured, others used up to 47 % of the processor" in found
    assert "cannot be compared" in found
    assert "measure again" in found


def test_rounds_that_differ_too_much_are_said() -> None:
    (found,) = cautions([FP32, int8(0.3, 7.0)])
    assert "int8 (0.30 to 7.00 times fp32's) varied too much" in found


def test_models_that_do_not_fit_together_are_said_and_only_where_there_is_a_baseline() -> None:
    alone = replace(INT8, ratio=None, ratio_low=None, ratio_high=None)
    (found,) = cautions([FP32, alone])
    assert "int8 and fp32 do not fit into memory together" in found
    assert cautions([alone]) == []


def test_a_row_holds_what_the_turns_gave() -> None:
    turns = Turns(tuple(Round(ratio, 1.0) for ratio in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)))
    assert ratio_fields(turns) == {"ratio": 3.5, "ratio_low": 1.0, "ratio_high": 6.0}
    few = ratio_fields(Turns((Round(2.0, 1.0),)), "prefill_")
    assert few == {"prefill_ratio": 2.0, "prefill_ratio_low": None, "prefill_ratio_high": None}
