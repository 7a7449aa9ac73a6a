"""How sure a score on few rows is: the bootstrap (Efron, 1979), paired for a difference (Koehn, EMNLP 2004).

The rows are drawn again and again with replacement, as many as there are, and each time scored as a whole. The same
draws for two precisions make their difference comparable: both have met the same easy and hard rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

SAMPLES = 1_000
SURE = 95  # per cent


@dataclass(frozen=True)
class Interval:
    """In which range a figure lies in 95 of 100 draws."""

    low: float
    high: float

    @property
    def holds_zero(self) -> bool:
        """Whether a difference might be none at all."""
        return self.low <= 0 <= self.high


def resample(
    statistics: "np.ndarray", score: Callable[["np.ndarray"], float], samples: int = SAMPLES, seed: int = 0
) -> "np.ndarray":
    """The score of `samples` draws; equal numbers of rows and seeds draw the same rows.

    Args:
        statistics: of shape (rows, numbers), what each row adds to the score.
        score: from the sums of these numbers over the drawn rows, of shape (numbers,).
        samples: how many times rows are drawn.
        seed: of numpy's default generator.
    """
    import numpy as np  # only here: what is printed of speeds needs none

    rows = len(statistics)
    draws = np.random.default_rng(seed).integers(rows, size=(samples, rows))
    return np.array([score(statistics[drawn].sum(axis=0)) for drawn in draws])


def interval(resampled: "np.ndarray") -> Interval:
    """The middle 95 % of what `resample` gave, or of the difference of two such."""
    import numpy as np

    low, high = np.percentile(resampled, [(100 - SURE) / 2, (100 + SURE) / 2])
    return Interval(float(low), float(high))
