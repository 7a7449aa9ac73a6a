"""Which of the measured precisions to take: those that nothing beats, and those that cost too much quality."""

from collections.abc import Sequence

from quantization.experiments.row import BASELINE, Row, WholeRow, whole_rows
from quantization.experiments.speeds import no_slower, standing

# What this suite lets a precision cost before it says so: the part by which perplexity may rise over fp32, and points
# of F1 or BLEU.
MOST_PERPLEXITY_RISE = 0.02
MOST_POINTS = 1.0


def pareto_front(points: Sequence[Sequence[float]]) -> list[bool]:
    """For each point, whether no other is at least as small in every coordinate and smaller in one.

    Named after Vilfredo Pareto: on the front, nothing can be made better without making something else worse.
    """
    return [not any(_beats(other, point) for other in points) for point in points]


def _beats(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and tuple(one) != tuple(other)


def on_front(rows: Sequence[Row]) -> list[WholeRow]:
    """The whole rows that no other one beats in file size, perplexity and speed at once.

    Speed is that against fp32, where every row's can be compared with it; else it decides nothing.
    """
    whole = whole_rows(rows)
    speeds = compared_speeds(whole) or [0.0] * len(whole)
    points = [(row.file_bytes, row.perplexity, -speed) for row, speed in zip(whole, speeds, strict=True)]
    return [row for row, best in zip(whole, pareto_front(points), strict=True) if best]


def compared_speeds(rows: Sequence[Row]) -> list[float] | None:
    """Each row's speed as a multiple of fp32's; None where one of them cannot be compared, or fp32 is not there."""
    found = [standing(row) for row in rows]
    known = [speed for speed in found if speed is not None]
    with_baseline = any(row.precision == BASELINE for row in rows)
    return known if with_baseline and len(known) == len(found) else None


def baseline_of(rows: Sequence[Row]) -> WholeRow | None:
    """The fp32 row, if it was measured to its end."""
    return next((row for row in whole_rows(rows) if row.precision == BASELINE), None)


def perplexity_rise(row: WholeRow, baseline: WholeRow) -> float:
    """By which part the perplexity rises over fp32's: 0.02 is two per cent, negative where it falls."""
    return row.perplexity / baseline.perplexity - 1


def costs_too_much(row: WholeRow, baseline: WholeRow) -> bool:
    """Whether perplexity rises by more than MOST_PERPLEXITY_RISE."""
    return perplexity_rise(row, baseline) > MOST_PERPLEXITY_RISE


def recommended(rows: Sequence[Row]) -> WholeRow | None:
    """The smallest row that costs little quality and is smaller and no slower than fp32; None where there is none.

    A row whose speed cannot be compared is not known to be no slower.
    """
    baseline = baseline_of(rows)
    if baseline is None:
        return None
    good = [
        row
        for row in whole_rows(rows)
        if row is not baseline
        and row.file_bytes < baseline.file_bytes
        and no_slower(row)
        and not costs_too_much(row, baseline)
    ]
    return min(good, key=lambda row: row.file_bytes, default=None)
