"""What may be said of a precision's speed against the baseline's, and what not: the one home of these judgements."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, Protocol

from quantization.measure.bootstrap import SURE
from quantization.measure.bystanders import MOST_BUSY
from quantization.measure.turns import ROUNDS, Turns

BASELINE = "fp32"  # the precision that all others are read against
MOST_SPREAD = 1.5  # how many times the lower end of a ratio's interval its upper end may be
METHOD = (
    f"compared with {BASELINE}, both in memory and timed in turns, {ROUNDS} short rounds; the ratio is the median "
    f"over the rounds in which other programs used at most {MOST_BUSY:.0%} of the processor, with its {SURE} % "
    "interval by ranks (Thompson, 1936); where that holds 1, no difference is claimed"
)


class Timed(Protocol):
    """A row of any experiment: `ratio` is how many times as fast as the baseline, `busy` what others used."""

    @property
    def precision(self) -> str: ...
    @property
    def ratio(self) -> float | None: ...
    @property
    def ratio_low(self) -> float | None: ...
    @property
    def ratio_high(self) -> float | None: ...
    @property
    def busy(self) -> float | None: ...
    @property
    def timed(self) -> bool: ...


class Verdict(StrEnum):
    """What a comparison of speeds says."""

    FASTER = "faster"
    SLOWER = "slower"
    NO_DIFFERENCE = "no difference could be measured"
    BUSY = "the machine was busy"
    UNSTEADY = "the speeds varied too much"
    NOT_IN_TURNS = "not measured in turns"
    FEW_ROUNDS = "too few rounds to be sure"


CLAIMS = (Verdict.FASTER, Verdict.SLOWER, Verdict.NO_DIFFERENCE)


def is_busy(row: Timed) -> bool:
    """Whether others used so much of the processor that the row's speeds say little."""
    return row.busy is not None and row.busy > MOST_BUSY


def verdict(row: Timed) -> Verdict | None:
    """What can be said of the row against the baseline; None for the baseline itself and without any speed."""
    if not row.timed or row.precision == BASELINE:
        return Verdict.BUSY if row.timed and is_busy(row) else None
    if is_busy(row):
        return Verdict.BUSY
    if row.ratio is None:
        return Verdict.NOT_IN_TURNS
    return judged(row.ratio_low, row.ratio_high)


def judged(low: float | None, high: float | None) -> Verdict:
    """What the interval of a ratio says, where nobody else used the processor."""
    if low is None or high is None or high > MOST_SPREAD * low:
        return Verdict.UNSTEADY
    if low <= 1 <= high:
        return Verdict.NO_DIFFERENCE
    return Verdict.FASTER if low > 1 else Verdict.SLOWER


def is_comparable(row: Timed) -> bool:
    """Whether the row's speed can be read against the baseline's."""
    return verdict(row) in CLAIMS


def standing(row: Timed) -> float | None:
    """The row's speed as a multiple of the baseline's, 1 where no difference was measured; None where it is unknown."""
    if row.precision == BASELINE or verdict(row) == Verdict.NO_DIFFERENCE:
        return 1.0
    return row.ratio if is_comparable(row) else None


def no_slower(row: Timed) -> bool:
    """Whether the row is known to be as fast as the baseline, or faster."""
    return verdict(row) in (Verdict.FASTER, Verdict.NO_DIFFERENCE)


def claim(row: Timed, what: str) -> str:
    """What can be said of the row's speed, as a part of a sentence: “2.10× its tokens per second (95 %: 1.95–2.23)”.

    `what` is the baseline's speed in words. Nobody says a ratio without how sure it is.
    """
    found = verdict(row)
    if found not in CLAIMS:
        return f"speed not comparable ({found or Verdict.NOT_IN_TURNS})"
    sure = f"{SURE} %: {row.ratio_low:.2f}–{row.ratio_high:.2f}"
    if found == Verdict.NO_DIFFERENCE:
        return f"no difference in speed could be measured ({sure})"
    return f"{row.ratio:.2f}× {what} ({sure})"


def are_comparable(row: Timed, low: float | None, high: float | None) -> bool:
    """Whether a ratio of this row with such an interval can be read, be it that of `ratio` or another one."""
    return not is_busy(row) and judged(low, high) in CLAIMS


def ratio_fields(turns: Turns, prefix: str = "") -> dict[str, Any]:
    """What a row holds of the turns that its model took with the baseline."""
    found = turns.interval
    return {
        f"{prefix}ratio": turns.ratio,
        f"{prefix}ratio_low": found.low if found else None,
        f"{prefix}ratio_high": found.high if found else None,
    }


def cautions(rows: Iterable[Timed]) -> list[str]:
    """Sentences on the speeds that cannot be compared, each with the next step; none where all can be."""
    rows = [row for row in rows if row.timed]
    found = [_busy(those)] if (those := [row for row in rows if is_busy(row)]) else []
    if unsteady := [row for row in rows if verdict(row) == Verdict.UNSTEADY]:
        found.append(_unsteady(unsteady))
    with_baseline = any(row.precision == BASELINE for row in rows)
    if with_baseline and (alone := [row for row in rows if verdict(row) == Verdict.NOT_IN_TURNS]):
        found.append(_not_in_turns(alone))
    return found


def _busy(rows: Sequence[Timed]) -> str:
    most = max(row.busy or 0.0 for row in rows)
    upto = "" if len(rows) == 1 else "up to "
    return (
        f"The machine was busy: while the speed of {_names(rows)} was measured, others used {upto}{100 * most:.0f} % "
        "of the processor. These speeds are too low, and cannot be compared. Close other programs and measure again."
    )


def _unsteady(rows: Sequence[Timed]) -> str:
    ranges = ", ".join(_range(row) for row in rows)
    return (
        f"The machine was busy or unsteady: the speed of {ranges} varied too much from round to round, and cannot be "
        "compared. Close other programs and measure again."
    )


def _range(row: Timed) -> str:
    if row.ratio_low is None or row.ratio_high is None:
        return row.precision
    return f"{row.precision} ({row.ratio_low:.2f} to {row.ratio_high:.2f} times {BASELINE}'s)"


def _not_in_turns(rows: Sequence[Timed]) -> str:
    return (
        f"{_names(rows)} and {BASELINE} do not fit into memory together, so they were timed one after the other, not "
        "in turns, and their speeds are not compared. Free memory and measure again, or choose a smaller model."
    )


def _names(rows: Sequence[Timed]) -> str:
    return ", ".join(row.precision for row in rows)
