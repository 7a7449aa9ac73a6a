"""Races the suite against plain PyTorch: one model and precision after another, both sides in turns, within a time.

At most two models are in memory at once: the plain one, which all precisions of a model race against, and the suite's.
"""

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import footprint, release_memory
from models.errors import Cancelled, InvalidInput
from models.precision import Precision
from models.threads import pinned_threads, take_threads
from quantization.experiments.steps import Step
from quantization.measure.beside import load_beside
from quantization.measure.failures import failure_sentence, too_large
from quantization.measure.speed import require_threads
from quantization.measure.turns import FEWEST, ROUNDS, Round
from quantization.race.models import bytes_of, pairs
from quantization.race.ours import our_side
from quantization.race.plain import plain_side
from quantization.race.rounds import Clock, Race
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
    clock: Clock = time.perf_counter


REAL = Sides()


@dataclass
class _Time:
    """How much of the promised `minutes` is left, and for how many rows."""

    clock: Clock
    minutes: float
    rows: int
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def left(self) -> float:
        """Seconds, without the reserve."""
        return 60 * self.minutes * (1 - RESERVE) - (self.clock() - self.began)

    def require(self, seconds: float = 0.0) -> None:
        """Raise InvalidInput where nothing more begins, or nothing that takes so long."""
        if self.left <= seconds:
            raise InvalidInput(
                f"Not measured: the {self.minutes:g} minutes were over. Choose fewer models, or give it more minutes."
            )

    def share(self) -> Callable[[int, float], bool]:
        """Says of a row that begins now whether it has time for another round, by those done and a round's seconds.

        It may take an equal part of what is left, and for its fewest rounds up to half of that: one slow row leaves
        something to all others.
        """
        left = self.left
        part = left / max(1, self.rows)

        def has_time(done: int, seconds: float) -> bool:
            return left - self.left + seconds <= (part if done >= FEWEST else max(part, left / 2))

        return has_time


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
    of `minutes` allows, at most ROUNDS; fewer than FEWEST give a ratio without an interval. A row for which no time is
    left says so.

    Raises:
        InvalidInput: nothing to measure, or numbers out of their range.
        Cancelled: between two rounds.
    """
    require_threads(threads)
    if not 0 < minutes <= MOST_MINUTES:
        raise InvalidInput(f"The minutes must be from above 0 to {MOST_MINUTES:.0f}. They are {minutes:g}.")
    todo = pairs(cards, precisions)
    budget = _Time(sides.clock, minutes, len(todo))
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
            budget.require()
            if plain is None:
                yield Step(f"{card.model_id}: loading plain fp32", 0.0)
                plain = load_beside(bytes_of(card), "cpu", lambda: sides.plain(card, work))
                if plain is None:
                    raise InvalidInput(too_large(card.model_id))
            yield from _race(blank, card, work, plain, precision, budget, cancelled, sides)
        except Cancelled:
            raise
        except Exception as error:  # one precision's libraries must not take the other rows with them
            yield replace(blank, error=failure_sentence(precision.name, error))
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
    blank = replace(blank, load_seconds=loaded, footprint=getattr(ours.model, "footprint", None))
    yield Step(f"{name}: warming up", 0.2)
    has_time, began = budget.share(), sides.clock()
    race = Race(plain, ours, sides.clock)
    budget.require(sides.clock() - began)  # what warming up took is the best guess of a round
    found: list[Round] = []
    for turn in islice(race.rounds(), ROUNDS):
        stop_if(cancelled)
        found.append(turn)
        yield Step(f"{name}: round {len(found)} of {ROUNDS}", 0.3 + 0.7 * len(found) / ROUNDS)
        if not has_time(len(found), max(each.baseline + each.measured for each in found)):
            break
    yield race.row(blank, found)


def _size(plain: Side, card: ModelCard) -> int:
    return footprint(plain.model) if hasattr(plain.model, "parameters") else bytes_of(card)
