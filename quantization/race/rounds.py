"""Two sides race: in each round both do the same work, one right after the other, and both get equally much done.

Knows nothing of models: a side is something to call. What is made of the rounds is a `SpeedRow`.
"""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat

from models.errors import InvalidInput
from quantization.experiments.speeds import ratio_fields
from quantization.measure.turns import Round, Turns, stopwatch, watched
from quantization.race.row import SpeedRow
from quantization.race.side import Side

Clock = Callable[[], float]


class Race:
    """Both sides, warmed up: the first calls of a library prepare what later ones use, and are not counted.

    `amount` is how much each gets done in a round, in the units of the work.

    Raises:
        InvalidInput: one side got more done than the other, now or in a later round: such times say nothing.
    """

    def __init__(self, plain: Side, ours: Side, clock: Clock = time.perf_counter):
        self._done = plain.work()
        self._sides = tuple(stopwatch(self._checked(side), clock) for side in (plain, ours))
        self._require_as_much(ours.work())
        self.amount = self._done * plain.factor

    def rounds(self) -> Iterator[Round]:
        """One round after another without end: take as many as are wanted."""
        return watched(repeat(self._sides))

    def row(self, blank: SpeedRow, rounds: Sequence[Round]) -> SpeedRow:
        """The row with what came of these rounds, of which there is at least one."""
        turns = Turns(tuple(rounds))
        sides = zip(*((each.baseline, each.measured) for each in turns.counted), strict=True)
        plain, here = (self.amount / max(statistics.median(seconds), 1e-9) for seconds in sides)
        return replace(
            blank, plain_per_second=plain, here_per_second=here, rounds=len(turns.counted), busy=turns.use.share,
            **ratio_fields(turns),
        )  # fmt: skip

    def _checked(self, side: Side) -> Callable[[], None]:
        return lambda: self._require_as_much(side.work())

    def _require_as_much(self, done: float) -> None:
        if done != self._done:
            raise InvalidInput(
                f"The two sides cannot be compared: plain fp32 gets {self._done:g} done, the other {done:g}."
            )
