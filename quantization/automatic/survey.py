"""What “auto” takes for the models of this machine, measured because somebody asked: anew, and waited for."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import choose_device, release_memory
from models.errors import AulaError, Cancelled
from quantization.automatic.choice import candidates, choose
from quantization.experiments.steps import Step
from quantization.measure.bystanders import NO_USE, Use, read, use_between
from quantization.measure.failures import failure_sentence

DEVICE = "cpu"  # nobody has examined what precisions cost on a graphics card
TRIES = 3  # of a race that others disturb
NOTHING = "–"
LOOKS, LOOK = 5, 1.0  # at the machine before each, until one finds it quiet; seconds


@dataclass(frozen=True)
class Taken:
    """What “auto” takes for a model from now on, and why; `error` says why it could not be measured anew."""

    model_id: str
    precision: str
    reason: str
    error: str | None = None

    @property
    def why(self) -> str:
        """The reason without what stands before it in a table."""
        return self.reason.removeprefix(f"auto took {self.precision}").lstrip(":, ")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def survey(cards: Sequence[ModelCard], cancelled: threading.Event | None = None) -> Iterator[Step | Taken]:
    """Yield a Step before each race, and a Taken for each model. One that fails says so, and the others follow.

    Raises:
        Cancelled: between two runs.
    """
    for number, card in enumerate(cards):
        for attempt in range(TRIES):
            stop_if(cancelled)
            again = ", once more, because something else computed" if attempt else ""
            yield Step(f"{card.model_id}{again}", number / len(cards))
            error, repeat = _race(card, cancelled)
            if not repeat:
                break
        found = taken(card)
        yield replace(found, error=error or found.error)


def taken(card: ModelCard) -> Taken:
    """What “auto” takes for this model as things are; an error where it cannot be loaded at all."""
    try:
        choice = choose(card, DEVICE)
    except AulaError as error:
        return Taken(card.model_id, NOTHING, NOTHING, str(error))
    return Taken(card.model_id, choice.precision.name, choice.reason)


def _race(card: ModelCard, cancelled: threading.Event | None) -> tuple[str | None, bool]:
    """Why this race does not count, if so, and whether another one might."""
    from quantization.automatic.race import measure  # brings torch

    if card.saved_in is not None or len(candidates(card, DEVICE)) == 1:
        return None, False
    use = _quiet(cancelled)
    if use.disturbs:
        return _beside(use), False
    try:
        race = measure(card, choose_device(DEVICE), cancelled)
    except Cancelled:
        raise
    except Exception as error:  # one model's files must not take the others with them
        return failure_sentence(card.model_id, error), False
    release_memory()
    if race.counts:
        return None, False
    if not race.seconds:
        return "Its precisions do not fit into memory side by side. Close other programs, and measure again.", False
    return _beside(race.use), True


def _quiet(cancelled: threading.Event | None) -> Use:
    """What others used when they last were looked at: little as soon as possible."""
    use = NO_USE
    for _ in range(LOOKS):
        stop_if(cancelled)
        before = read()
        time.sleep(LOOK)
        use = use_between(before, read())
        if not use.disturbs:
            break
    return use


def _beside(use: Use) -> str:
    part = f"{use.share:.0%} of the processor" if use.share is not None else "the processor"
    return f"Not measured anew: other programs use {part}. Close them, and measure again."
