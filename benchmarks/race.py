"""Times two sides alternately, so that whatever else the machine does meanwhile falls on both.

Knows nothing of models: a side is something to call.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from models.errors import InvalidInput
from quantization.measure.turns import take_turns

Work = Callable[[], int]


@dataclass(frozen=True)
class Times:
    """Seconds of every repetition, in the order in which they were measured; there is at least one."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Half of the repetitions were faster."""
        return statistics.median(self.seconds)

    @property
    def fastest(self) -> float:
        """What the machine can do when nothing disturbs it."""
        return min(self.seconds)

    @property
    def slowest(self) -> float:
        """The other end of the spread."""
        return max(self.seconds)


@dataclass(frozen=True)
class Race:
    """Both sides' times for the same number of `tokens`."""

    baseline: Times
    measured: Times
    tokens: int

    @property
    def ratio(self) -> float:
        """How many times as fast as the baseline, by medians."""
        return self.baseline.median / self.measured.median

    @property
    def fastest_ratio(self) -> float:
        """The same by the fastest repetitions, which other programs on the machine disturb least."""
        return self.baseline.fastest / self.measured.fastest

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with the ratios."""
        return asdict(self) | {"ratio": self.ratio, "fastest_ratio": self.fastest_ratio}


def race(baseline: Work, measured: Work, repeats: int, clock: Callable[[], float] = time.perf_counter) -> Race:
    """Call both once without counting it, then `repeats` times in turn.

    Raises:
        InvalidInput: fewer than one repetition, or the sides did not work through equally many tokens.
    """
    if repeats < 1:
        raise InvalidInput(f"The number of repetitions must be at least 1. It is {repeats}.")
    tokens = baseline()
    _same(tokens, measured())

    def timed(work: Work) -> Callable[[], float]:
        def seconds() -> float:
            started = clock()
            done = work()
            taken = clock() - started
            _same(tokens, done)
            return taken

        return seconds

    plain: list[float] = []
    ours: list[float] = []
    for of_plain, of_ours in take_turns([(timed(baseline), timed(measured))] * repeats):
        plain.append(of_plain)
        ours.append(of_ours)
    return Race(Times(tuple(plain)), Times(tuple(ours)), tokens)


def _same(expected: int, other: int) -> None:
    if expected != other:
        raise InvalidInput(f"The two sides cannot be compared: plain fp32 has {expected} tokens, the other {other}.")
