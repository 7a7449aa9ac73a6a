"""Races the suite against plain PyTorch: one model and precision after another, both sides in turns, within a time.

At most two models are in memory at once: the plain one, which all precisions of a model race against, and the suite's.
"""

import statistics
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import footprint, release_memory
from models.errors import Cancelled, InvalidInput
from models.precision import Precision
from models.threads import pinned_threads, take_threads
from quantization.experiments.speeds import ratio_fields
from quantization.experiments.steps import Step
from quantization.measure.beside import load_beside
from quantization.measure.failures import failure_sentence, too_large
from quantization.measure.speed import require_threads
from quantization.measure.turns import FEWEST, ROUNDS, Round, Turns, watched
from quantization.race.models import bytes_of, pairs
from quantization.race.ours import our_side
from quantization.race.plain import plain_side
from quantization.race.row import SpeedRow
from quantization.race.side import Side
from quantization.race.work import Work, work_for

MINUTES, MOST_MINUTES = 3.0, 60.0
RESERVE = 0.1  # of the time: the last round may take longer than was guessed


@dataclass(frozen=True)
class Sides:
    """Who loads the two sides, and by which clock they are timed."""

    plain: Callable[[ModelCard, Work], Side] = plain_side
    ours: Callable[[ModelCard, Work, Precision], Side] = our_side
    clock: Callable[[], float] = time.perf_counter


REAL = Sides()


@dataclass
class _Time:
    """How much of the whole time is left, and for how many rows."""

    clock: Callable[[], float]
    seconds: float
    rows: int
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def left(self) -> float:
        return self.seconds - (self.clock() - self.began)

    def rounds(self, seconds: float) -> int:
        """How many rounds of so many seconds this row may have; 0 where not even the fewest fit into what is left."""
        if seconds <= 0:
            return ROUNDS
        share = self.left / max(1, self.rows)
        wanted = min(ROUNDS, max(FEWEST, int(share / seconds)))
        return wanted if wanted * seconds <= self.left else 0


def race_models(
    cards: Sequence[ModelCard],
    precisions: Sequence[Precision],
    threads: int | None = None,
    minutes: float = MINUTES,
    cancelled: threading.Event | None = None,
    sides: Sides = REAL,
) -> Iterator[Step | SpeedRow]:
    """Yield a Step before each thing that is done, and a SpeedRow for each model and precision.

    What fails becomes a row with its sentence, and the next one follows. The rounds of each row are as many as its part
    of `minutes` allows, from FEWEST to ROUNDS; a row for which no time is left says so.

    Raises:
        InvalidInput: nothing to measure, or numbers out of their range.
        Cancelled: between two rounds.
    """
    require_threads(threads)
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidInput(f"The minutes must be from above 0 to {MOST_MINUTES:.0f}. They are {minutes:g}.")
    todo = pairs(cards, precisions)
    budget = _Time(sides.clock, 60 * minutes * (1 - RESERVE), len(todo))
    with pinned_threads(threads or take_threads()):
        done = 0
        for card in dict.fromkeys(card for card, _ in todo):
            own = [precision for each, precision in todo if each is card]
            for item in _of_model(card, own, budget, cancelled, sides):
                if isinstance(item, SpeedRow):
                    done += 1
                    budget.rows = len(todo) - done
                    yield item
                else:
                    yield Step(item.text, (done + item.fraction) / len(todo))
            release_memory()


def _of_model(
    card: ModelCard, precisions: Sequence[Precision], budget: _Time, cancelled: threading.Event | None, sides: Sides
) -> Iterator[Step | SpeedRow]:
    """The rows of one model. `fraction` of a step is that of its row."""
    work = work_for(card)
    plain: Side | None = None
    for precision in precisions:
        blank = SpeedRow(card.model_id, str(card.task), precision.name, work.told, work.unit)
        try:
            stop_if(cancelled)
            if budget.left <= 0:
                raise InvalidInput(_no_time(budget))
            if plain is None:
                yield Step(f"{card.model_id}: loading plain fp32", 0.0)
                plain = load_beside(bytes_of(card), "cpu", lambda: sides.plain(card, work))
                if plain is None:
                    raise InvalidInput(too_large(card.model_id))
            yield from _race(blank, card, work, plain, precision, budget, cancelled, sides)
        except Cancelled:
            raise
        except Exception as error:  # one precision's libraries must not take the other rows with them
            yield _failed(blank, failure_sentence(precision.name, error))
        release_memory()


def _race(
    blank: SpeedRow,
    card: ModelCard,
    work: Work,
    plain: Side,
    precision: Precision,
    budget: _Time,
    cancelled: threading.Event | None,
    sides: Sides,
) -> Generator[Step | SpeedRow, None, None]:
    name = f"{card.model_id}, {precision.name}"
    yield Step(f"{name}: loading", 0.05)
    began = sides.clock()
    ours = load_beside(_size(plain, card), "cpu", lambda: sides.ours(card, work, precision))
    if ours is None:
        raise InvalidInput(too_large(f"{card.model_id} beside itself in {precision.name}"))
    loaded = sides.clock() - began
    stop_if(cancelled)
    yield Step(f"{name}: warming up", 0.2)
    timed = _timed(plain.work, plain.factor, sides.clock), _timed(ours.work, plain.factor, sides.clock)
    for side in (plain, ours):
        side.work()  # the first calls of a library prepare what later ones use
    stop_if(cancelled)
    began = sides.clock()
    for take in timed:
        take()
    rounds = budget.rounds(sides.clock() - began)
    if rounds == 0:
        raise InvalidInput(_no_time(budget))
    found: list[Round] = []
    for turn in watched([timed] * rounds):
        found.append(turn)
        stop_if(cancelled)
        yield Step(f"{name}: round {len(found)} of {rounds}", 0.3 + 0.7 * len(found) / rounds)
    yield _row(blank, Turns(tuple(found)), loaded, getattr(ours.model, "footprint", None))


def _timed(work: Callable[[], float], factor: float, clock: Callable[[], float]) -> Callable[[], float]:
    """The work as a side that takes turns: it says how many seconds one unit took."""

    def seconds() -> float:
        began = clock()
        done = work() * factor
        return (clock() - began) / max(done, 1e-9)

    return seconds


def _row(blank: SpeedRow, turns: Turns, load_seconds: float, size: int | None) -> SpeedRow:
    counted = turns.counted
    return replace(
        blank,
        plain_per_second=1 / statistics.median(each.baseline for each in counted),
        here_per_second=1 / statistics.median(each.measured for each in counted),
        rounds=len(counted),
        busy=turns.use.share,
        load_seconds=load_seconds,
        footprint=size,
        **ratio_fields(turns),
    )


def _failed(blank: SpeedRow, sentence: str) -> SpeedRow:
    return replace(blank, error=sentence)


def _no_time(budget: _Time) -> str:
    minutes = budget.seconds / (1 - RESERVE) / 60
    return f"Not measured: the {minutes:g} minutes were over. Choose fewer models, or give it more minutes."


def _size(plain: Side, card: ModelCard) -> int:
    return footprint(plain.model) if hasattr(plain.model, "parameters") else bytes_of(card)
