"""What a precision costs in points: the same exam taken by one model in several precisions, one after another, as rows.

Knows question answering and translation to French. One model is in memory at a time; when its exam is over, fp32 comes
beside it, where they fit together, and both answer some rows in turns, so that their speeds can be compared.
"""

import logging
import statistics
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeGuard, TypeVar

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import choose_device, release_memory
from models.errors import Cancelled, InvalidInput
from models.precision import FP32, Precision, require_applicable
from models.threads import pinned_threads
from models.weights import hub
from quantization.experiments.speeds import BASELINE, Verdict, claim, is_comparable, ratio_fields, verdict
from quantization.experiments.steps import Step
from quantization.experiments.verdicts import MOST_POINTS
from quantization.measure import speed
from quantization.measure.beside import load_beside
from quantization.measure.bootstrap import Interval, interval, resample
from quantization.measure.bystanders import read, use_between
from quantization.measure.exams import Exam, exam_for
from quantization.measure.failures import failure_sentence
from quantization.measure.turns import ROUNDS, Round, Side, Turns, watched
from quantization.recipes import PRECISIONS

WARM_UP = 2  # rows asked before the clock runs: the first calls of a library prepare what later ones use
LOADING, SAVING = 4, 2  # shares of the progress, in rows

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class QualityRow:
    """One precision's exam. Where it failed, `error` is a sentence and only what came before is there.

    Bytes are of the weight files and of the weight tensors in memory. `rows_per_second` is of the median row,
    `slower_quarter` and `faster_quarter` of the rows at the quartiles. `figures` are scores from 0 to 100 by name, the
    main one with its 95 % `interval`; `outputs` are the model's answers in the order of the exam, "" for “no answer”.
    In turns with fp32 it was `ratio` times as fast, with its 95 % interval from `ratio_low` to `ratio_high`; `busy` is
    the part of the processor (0 to 1) that others used meanwhile. What may be said of these, `speeds.verdict` tells.
    """

    precision: str
    file_bytes: int | None = None
    footprint: int | None = None
    rows_per_second: float | None = None
    slower_quarter: float | None = None
    faster_quarter: float | None = None
    figures: dict[str, float] = field(default_factory=dict)
    interval: Interval | None = None
    outputs: tuple[str, ...] = ()
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    busy: float | None = None
    error: str | None = None

    @property
    def timed(self) -> bool:
        """Whether its speed was measured."""
        return self.rows_per_second is not None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with `speed_verdict`; what was not measured is None or empty."""
        return asdict(self) | {"outputs": list(self.outputs), "speed_verdict": verdict(self)}


class WholeQualityRow(QualityRow):
    """A QualityRow that was measured to its end: what it costs can be told. A type to check with, never made."""

    file_bytes: int
    footprint: int
    rows_per_second: float
    interval: Interval


def is_whole(row: QualityRow) -> TypeGuard[WholeQualityRow]:
    """Whether nothing failed, and every number is there."""
    return row.error is None and None not in (row.file_bytes, row.footprint, row.rows_per_second, row.interval)


def whole_rows(rows: Iterable[QualityRow]) -> list[WholeQualityRow]:
    """Those that were measured to their end, in their order."""
    return [row for row in rows if is_whole(row)]


@dataclass(frozen=True)
class Cost:
    """What a precision costs against the baseline: points of the exam's main figure, below 0 where it scores better.

    `interval` is the 95 % interval of a paired bootstrap over the rows. `file` is a ratio to the baseline, and so is
    `speed`, which is None where speeds cannot be compared; `speed_claim` says in words what can be said of it.
    """

    precision: str
    figure: str
    points: float
    interval: Interval
    speed: float | None
    file: float
    speed_verdict: Verdict
    speed_claim: str


@dataclass(frozen=True)
class Changed:
    """A row that a precision answers differently from the baseline, and what the exam's score is of this row alone."""

    number: int
    asked: str
    references: tuple[str, ...]
    before: str
    after: str
    score_before: float
    score_after: float


def compare_quality(
    card: ModelCard,
    precisions: Sequence[Precision],
    device: str = "auto",
    threads: int | None = None,
    cancelled: threading.Event | None = None,
    exam: Exam | None = None,
) -> Iterator[Step | QualityRow]:
    """Yield a Step before each thing that is done, each row included, and a QualityRow for each finished precision.

    The baseline comes first, so that the others can take turns with it.
    A precision that fails becomes a row with its sentence, and the next one follows. Closing the iterator frees the
    model. `threads` is torch's present number unless given; `exam` is the suite's own for the card's task.

    Raises:
        InvalidInput: no precisions, not a model that `exam_for` knows an exam for, or more threads than processors.
        ModelNotHere: its weights are not on this machine.
        DeviceUnavailable: as `choose_device`.
        Cancelled: within a token or window, when `cancelled` is set; the rows up to there have been yielded.
    """
    if not precisions:
        raise InvalidInput("Nothing to compare. Choose at least one precision.")
    speed.require_threads(threads)
    exam = exam or exam_for(card)
    hub.require(card)
    sitting = _Sitting(card, exam, choose_device(device).type, threads, cancelled)
    ordered = sorted(precisions, key=lambda precision: precision.name != BASELINE)
    for index, precision in enumerate(ordered):
        yield from sitting.rows(precision, index / len(ordered), 1 / len(ordered))


def cost_of(exam: Exam, row: WholeQualityRow, baseline: WholeQualityRow) -> Cost:
    """What `row` costs against `baseline`."""
    draws = [resample(exam.statistics(each.outputs), exam.score) for each in (baseline, row)]
    return Cost(
        row.precision,
        exam.main,
        baseline.figures[exam.main] - row.figures[exam.main],
        interval(draws[0] - draws[1]),
        row.ratio if is_comparable(row) else None,
        row.file_bytes / baseline.file_bytes,
        verdict(row) or Verdict.NOT_IN_TURNS,
        claim(row, f"the speed of {BASELINE}"),
    )


def costs(exam: Exam, rows: Sequence[QualityRow]) -> list[Cost]:
    """The cost of every measured precision beside the baseline; empty where the baseline is not among them."""
    measured = {row.precision: row for row in whole_rows(rows)}
    baseline = measured.pop(BASELINE, None)
    return [] if baseline is None else [cost_of(exam, row, baseline) for row in measured.values()]


def costs_too_much(cost: Cost) -> bool:
    """Whether it is more than MOST_POINTS."""
    return cost.points > MOST_POINTS


def recommended(rows: Sequence[QualityRow], every_cost: Sequence[Cost]) -> QualityRow | None:
    """The smallest row that costs little and is smaller and no slower than fp32; None where there is none."""
    fast = (Verdict.FASTER, Verdict.NO_DIFFERENCE)
    good = [cost for cost in every_cost if not costs_too_much(cost) and cost.file < 1 and cost.speed_verdict in fast]
    best = min(good, key=lambda cost: cost.file, default=None)
    return next((row for row in rows if best is not None and row.precision == best.precision), None)


def changed(exam: Exam, row: QualityRow, baseline: QualityRow) -> list[Changed]:
    """The rows with another answer than the baseline's, in the exam's order."""
    scores = [[exam.score(one) for one in exam.statistics(each.outputs)] for each in (baseline, row)]
    answered = zip(exam.rows, baseline.outputs, row.outputs, *scores, strict=True)
    return [
        Changed(number, asked.text, asked.references, before, after, *points)
        for number, (asked, before, after, *points) in enumerate(answered, 1)
        if before != after
    ]


@dataclass
class _Sitting:
    """What is the same for every precision; `baseline_bytes` is what fp32 takes, once it has been examined."""

    card: ModelCard
    exam: Exam
    device: str
    threads: int | None
    cancelled: threading.Event | None
    baseline_bytes: int | None = None

    def rows(self, precision: Precision, done: float, share: float) -> Iterator[Step | QualityRow]:
        """The steps of one precision, then its row; its memory is free when the row comes."""
        measured: dict[str, Any] = {}
        whole = LOADING + SAVING + len(self.exam.rows) + (LOADING + 2 * ROUNDS if self._races(precision) else 0)
        try:
            for action, part in self._measure(precision, measured):
                yield Step(f"{precision.name}: {action}", done + share * part / whole)
        except Cancelled:
            raise
        except Exception as error:  # one precision's libraries must not take the other rows with them
            log.debug("Examining %s in %s failed", self.card.model_id, precision.name, exc_info=True)
            measured["error"] = failure_sentence(precision.name, error)
        finally:
            release_memory()
        row = QualityRow(precision.name, **measured)
        if precision.name == BASELINE and row.timed:
            self.baseline_bytes = row.footprint
        yield row

    def _races(self, precision: Precision) -> bool:
        return self.baseline_bytes is not None and precision.name != BASELINE

    def _measure(self, precision: Precision, measured: dict[str, Any]) -> Iterator[tuple[str, float]]:
        """What begins now and how much is done, in rows; fills `measured`."""
        yield "loading", 0
        stop_if(self.cancelled)
        require_applicable(precision, self.device, self.card.task, PRECISIONS)
        model = self.exam.load(self.card, self.device, precision)
        measured.update(footprint=model.footprint)
        yield "saving the file", LOADING
        stop_if(self.cancelled)
        measured.update(file_bytes=speed.file_bytes(model.model, precision))
        outputs, seconds, begun = [], [], read()
        for index, row in enumerate([*self.exam.rows[:WARM_UP], *self.exam.rows]):
            number = max(0, index - WARM_UP)
            yield f"{self.exam.unit} {number + 1} of {len(self.exam.rows)}", LOADING + SAVING + number
            output, taken = self._ask(model, row)
            if index >= min(WARM_UP, len(self.exam.rows)):
                outputs.append(output)
                seconds.append(taken)
        use = use_between(begun, read())
        measured.update(_speed(seconds), busy=use.share, outputs=tuple(outputs), figures=self.exam.figures(outputs))
        measured.update(interval=interval(resample(self.exam.statistics(outputs), self.exam.score)))
        if self._races(precision):
            done = LOADING + SAVING + len(self.exam.rows)
            for action, part in self._race(model, measured):
                yield action, done + part

    def _race(self, model: Any, measured: dict[str, Any]) -> Iterator[tuple[str, float]]:
        """Rows from all over the exam, each answered by fp32 and by `model`; without room for both, nothing."""
        yield f"loading {BASELINE} beside it", 0
        stop_if(self.cancelled)
        load = partial(self.exam.load, self.card, self.device, FP32)
        baseline = load_beside(self.baseline_bytes or 0, self.device, load)
        if baseline is None:
            return
        asked = spread_rows(self.exam.rows, ROUNDS)
        for each in (baseline, model):
            self._ask(each, asked[0])
        rounds: list[Round] = []
        racing = watched((self._seconds(baseline, row), self._seconds(model, row)) for row in asked)
        for number in range(1, ROUNDS + 1):
            yield f"in turns with {BASELINE}, round {number} of {ROUNDS}", LOADING + 2 * (number - 1)
            rounds.append(next(racing))
        turns = Turns(tuple(rounds))
        shares = [share for share in (measured["busy"], turns.use.share) if share is not None]
        measured.update(ratio_fields(turns), busy=max(shares, default=None))

    def _seconds(self, model: Any, row: Any) -> Side:
        return lambda: self._ask(model, row)[1]

    def _ask(self, model: Any, row: Any) -> tuple[str, float]:
        """One answer and the seconds it took. It is text, so CUDA has finished when the clock is read."""
        import torch

        stop_if(self.cancelled)
        with pinned_threads(self.threads or torch.get_num_threads()):
            started = time.perf_counter()
            output = self.exam.ask(model, row, self.cancelled)
            return output, time.perf_counter() - started


def spread_rows(rows: Sequence[T], count: int) -> list[T]:
    """So many of the rows, evenly from all over them; each more than once where they are fewer."""
    return [rows[index * len(rows) // count] for index in range(count)]


def _speed(seconds: list[float]) -> dict[str, float]:
    quick, middle, slow = statistics.quantiles(seconds, n=4) if len(seconds) > 1 else seconds * 3
    return {"rows_per_second": 1 / middle, "slower_quarter": 1 / slow, "faster_quarter": 1 / quick}
