"""How much training may be done: minutes of wall time, and perhaps a number of steps. Knows nothing of models."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path

NAME = "budget.json"  # in a run folder


@dataclass
class Budget:
    """`minutes` of wall time for training and the evaluations on the way, and perhaps a number of optimizer `steps`.

    Whichever are used up first end the training. `spent_before` are the seconds that earlier parts of a resumed
    training took, `started` is when this part began, by the monotonic clock.
    """

    minutes: float
    steps: int | None = None
    spent_before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def spent(self) -> float:
        """Seconds used up, those before an interruption included."""
        return self.spent_before + time.monotonic() - self.started

    def fraction(self, step: int) -> float:
        """How much of the budget is used up after `step` steps, from 0 to 1."""
        of_time = self.spent() / (self.minutes * 60)
        of_steps = step / self.steps if self.steps else 0.0
        return min(1.0, max(of_time, of_steps))

    def seconds_left(self, step: int) -> float:
        """Seconds until the budget is used up, estimated from the steps so far where these will end it."""
        left = max(0.0, self.minutes * 60 - self.spent())
        if self.steps and step:
            left = min(left, self.spent() / step * (self.steps - step))
        return left

    def save(self, folder: Path) -> None:
        """Write what is spent into a run folder, for `resume`."""
        (folder / NAME).write_text(json.dumps({"spent_seconds": self.spent()}), encoding="utf-8")

    def resume(self, folder: Path) -> None:
        """Go on from what `save` wrote; from nothing where there is no such file."""
        self.spent_before = spent_seconds(folder)
        self.started = time.monotonic()


def spent_seconds(folder: Path) -> float:
    """Seconds that the training of a run folder has taken so far; 0 before its first checkpoint."""
    file = folder / NAME
    return float(json.loads(file.read_text(encoding="utf-8"))["spent_seconds"]) if file.is_file() else 0.0


def learning_rate_factor(fraction: float, warmup: float = 0.03) -> float:
    """The factor on the peak learning rate: up in a line during the warm-up, then down in a line to zero at the end.

    It follows the budget, not the steps, so that any number of minutes ends with a rate of zero, where models are best.
    """
    if fraction < warmup:
        return max(fraction / warmup, 0.01)
    return (1.0 - fraction) / (1.0 - warmup)
