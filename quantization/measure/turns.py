"""Two sides timed in turns, in short rounds, so that whatever else the machine does meanwhile falls on both.

The ratio is the median over the rounds, with the interval that the ranks give (W. R. Thompson, “On confidence ranges
for the median”, Annals of Mathematical Statistics 7, 1936): it assumes nothing of how times are distributed, and a
single disturbed round does not move it. Knows nothing of models: a side is something to call.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from quantization.measure.bootstrap import SURE, Interval
from quantization.measure.bystanders import NO_USE, Use, read, together, use_between

ROUNDS = 9
FEWEST = 6  # rounds: even the widest interval of five, from the smallest to the largest, is not 95 % sure

T = TypeVar("T")
Side = Callable[[], float]  # does its work, and says how many seconds it took


@dataclass(frozen=True)
class Round:
    """Seconds of the baseline and of what is measured, one right after the other, and what others used meanwhile."""

    baseline: float
    measured: float
    use: Use = NO_USE

    @property
    def ratio(self) -> float:
        """How many times as fast as the baseline."""
        return self.baseline / self.measured


@dataclass(frozen=True)
class Turns:
    """All rounds, in their order; there is at least one."""

    rounds: tuple[Round, ...]

    @property
    def counted(self) -> tuple[Round, ...]:
        """Those that others left in peace; all, where these are too few to say anything."""
        quiet = tuple(each for each in self.rounds if not each.use.disturbs)
        return quiet if len(quiet) >= FEWEST else self.rounds

    @property
    def ratio(self) -> float:
        """The median over the rounds that count."""
        return statistics.median(each.ratio for each in self.counted)

    @property
    def interval(self) -> Interval | None:
        """In which range the ratio lies with 95 % certainty; None where the rounds are too few."""
        return median_interval([each.ratio for each in self.counted])

    @property
    def use(self) -> Use:
        """What others used in the rounds that count."""
        return together(each.use for each in self.counted)


def stopwatch(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> Side:
    """The work as a side: it is done, and what it gives is forgotten."""

    def seconds() -> float:
        began = clock()
        work()
        return clock() - began

    return seconds


def take_turns(rounds: Iterable[Sequence[Callable[[], T]]]) -> Iterator[tuple[T, ...]]:
    """In each round, call one side after the other; what they gave."""
    for sides in rounds:
        yield tuple(side() for side in sides)


def in_turns(baseline: Side, measured: Side, rounds: int = ROUNDS) -> Turns:
    """Race two sides, always with the same work. Let both warm up before."""
    return Turns(tuple(watched([(baseline, measured)] * rounds)))


def watched(rounds: Iterable[Sequence[Side]]) -> Iterator[Round]:
    """Race the baseline and the other side of each round, and look what others use meanwhile."""
    before = read()
    for baseline, measured in take_turns(rounds):
        after = read()
        yield Round(baseline, measured, use_between(before, after))
        before = read()  # whoever asked for the round may have worked with it


def median_interval(values: Sequence[float]) -> Interval | None:
    """The narrowest pair of equal ranks from both ends that holds the median with 95 % certainty, at least.

    The median lies below the k-th smallest of n values with the probability that fewer than k of n coins show heads.
    """
    ordered, number = sorted(values), len(values)
    rank = sum(2 * _at_most(below, number) <= 1 - SURE / 100 for below in range(number))
    return Interval(ordered[rank - 1], ordered[-rank]) if rank else None


def _at_most(heads: int, coins: int) -> float:
    """The probability of at most so many heads."""
    return float(sum(math.comb(coins, each) for each in range(heads + 1)) / 2**coins)
