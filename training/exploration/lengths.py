"""How long things are: a histogram that one giant does not flatten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

BINS = 24
_GIANTS = 0.995  # the part of the values that the bins of equal width cover


@dataclass(frozen=True)
class Bin:
    """So many values from `low` to `high`, both included; the last bin of a histogram may be wider."""

    low: int
    high: int
    count: int


@dataclass(frozen=True)
class Histogram:
    """Bins without gaps from the smallest to the largest value."""

    bins: tuple[Bin, ...]

    def as_dict(self) -> list[dict[str, Any]]:
        """Plain JSON types."""
        return [{"low": one.low, "high": one.high, "count": one.count} for one in self.bins]


def histogram(values: Sequence[int], most: int = BINS) -> Histogram:
    """The values in at most so many bins of one width; the last takes all above 99.5 % of them."""
    if not values:
        return Histogram(())
    ordered = sorted(values)
    low, high = ordered[0], ordered[int(_GIANTS * (len(ordered) - 1))]
    width = max(1, -(-(high - low + 1) // most))
    count = -(-(high - low + 1) // width)
    counts = [0] * count
    for value in ordered:
        counts[min(count - 1, (value - low) // width)] += 1
    ends = [low + width * (number + 1) - 1 for number in range(count)]
    ends[-1] = max(ends[-1], ordered[-1])
    return Histogram(tuple(Bin(low + width * n, ends[n], counts[n]) for n in range(count)))
