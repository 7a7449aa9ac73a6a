"""One model in one precision, raced against plain PyTorch: a row of the table, and what may be said of it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models.wording import count_text
from quantization.experiments.speeds import Verdict, judged
from quantization.measure.bystanders import MOST_BUSY


@dataclass(frozen=True)
class SpeedRow:
    """How fast the suite does a piece of work, and how fast plain transformers or PyTorch in fp32 does the same.

    `work` says what was done in a round, `unit` what is counted, in the singular. `plain_per_second` and
    `here_per_second` are units a second, medians over the rounds. `ratio` is how many times as fast the suite is, the
    median over the rounds, with its 95 % interval from `ratio_low` to `ratio_high`. `busy` is the part of the
    processor (0 to 1) that others used meanwhile; None where the rounds were too short to tell. `load_seconds` and
    `footprint` (bytes of the weights) are the suite's. Where it failed, `error` is a sentence and nothing was measured.
    """

    model_id: str
    task: str
    precision: str
    work: str
    unit: str
    plain_per_second: float | None = None
    here_per_second: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    rounds: int = 0
    busy: float | None = None
    load_seconds: float | None = None
    footprint: int | None = None
    error: str | None = None

    @property
    def name(self) -> str:
        """The model without its owner, and the precision: “qa-minilm · int8”."""
        return f"{self.model_id.rpartition('/')[2]} · {self.precision}"

    @property
    def same_work(self) -> tuple[str, str, str]:
        """What two rows share that can be compared between machines."""
        return self.model_id, self.precision, self.work

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with the `verdict`; what was not measured is None."""
        found = verdict(self)
        return asdict(self) | {"verdict": None if found is None else str(found)}


def measured(rows: Sequence[SpeedRow]) -> list[SpeedRow]:
    """The rows that have figures."""
    return [row for row in rows if row.ratio is not None]


def verdict(row: SpeedRow) -> Verdict | None:
    """What can be said of the row; None where nothing was measured."""
    if row.ratio is None:
        return None
    if row.busy is not None and row.busy > MOST_BUSY:
        return Verdict.BUSY
    if row.ratio_low is None:
        return Verdict.FEW_ROUNDS
    return judged(row.ratio_low, row.ratio_high)


def rate_text(per_second: float, unit: str) -> str:
    """Units a second as people say it: 12.3 questions a second, 1 picture a second, 0.42 sentences a second."""
    number = number_text(per_second)
    return f"{number} {unit if number == '1' else f'{unit}s'} a second"


def number_text(per_second: float | None) -> str:
    """The number alone, in three digits, for a column whose unit stands beside it."""
    if per_second is None:
        return "–"
    return f"{per_second:,.0f}" if per_second >= 99.5 else f"{per_second:.3g}"


def ratio_text(row: SpeedRow) -> str:
    """The ratio with its interval: 2.13 × (2.05–2.20); with its rounds where these are too few for one."""
    if row.ratio is None:
        return "–"
    if row.ratio_low is None or row.ratio_high is None:
        return f"{row.ratio:.2f} × ({count_text(row.rounds, 'round')})"
    return f"{row.ratio:.2f} × ({row.ratio_low:.2f}–{row.ratio_high:.2f})"


def cautions(rows: Sequence[SpeedRow]) -> list[str]:
    """Sentences about rows that say little, each with the next step; none where all can be trusted."""
    busy = [row for row in rows if verdict(row) == Verdict.BUSY]
    unsteady = [row for row in rows if verdict(row) == Verdict.UNSTEADY]
    found = []
    if few := [row for row in rows if row.ratio is not None and row.ratio_low is None]:
        named = ", ".join(f"{row.name} after {count_text(row.rounds, 'round')}" for row in few)
        found.append(
            f"Cut short to keep within the time: {named}. So few rounds have a median, and no interval that says how "
            "sure it is. Choose fewer models, or give it more minutes."
        )
    if busy:
        most = max(row.busy or 0.0 for row in busy)
        found.append(
            f"The machine was busy: other programs used up to {100 * most:.0f} % of the processor while "
            f"{_which(busy, rows)} measured. Both sides were slowed, and the figures say little. Close other programs "
            "and measure again."
        )
    if unsteady:
        found.append(
            f"The speed varied much from round to round while {_which(unsteady, rows)} measured. Close other "
            "programs, plug the laptop in, and measure again."
        )
    return found


def _which(some: Sequence[SpeedRow], rows: Sequence[SpeedRow]) -> str:
    if len(some) == len(measured(rows)) > 1:
        return "all of this was"
    return f"{', '.join(row.name for row in some)} {'was' if len(some) == 1 else 'were'}"
