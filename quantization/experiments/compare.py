"""One experiment: the same model in several precisions, one after another, as rows.

Knows text generation models. One model is in memory at a time; while speeds are measured, fp32 is there as well, so
that both take turns, where they fit together.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import choose_device, release_memory
from models.errors import Cancelled, InvalidInput
from models.precision import Precision, require_applicable
from models.threads import pinned_threads
from models.weights import hub
from quantization.experiments.one_precision import Measurement, Setting
from quantization.experiments.row import BASELINE, SPEEDS, Row
from quantization.experiments.steps import Step
from quantization.measure import speed
from quantization.measure.agreement import Expectations
from quantization.measure.default_text import DEFAULT_PROMPT, spanish_text
from quantization.measure.failures import failure_sentence
from quantization.recipes import PRECISIONS, find_precision

PEAK, AGREEMENT = "loading in a fresh process", "comparing with fp32"
LOADING, SPEED = "loading", "measuring speed"
# In this order: what does not fit into memory ends a process of its own, not this one; a model that has run cannot be
# saved in every precision.
STEPS: dict[str, Callable[[Measurement], dict[str, Any]]] = {
    PEAK: Measurement.peak,
    LOADING: Measurement.load,
    "saving the file": Measurement.file,
    SPEED: Measurement.speed,
    "measuring perplexity": Measurement.perplexity,
    AGREEMENT: Measurement.agree,
    "generating a sample": Measurement.sample,
}
STOPPED = "Stopped before its end; what was measured until then is kept."

log = logging.getLogger(__name__)


def rows_of(items: Iterable[Any], stopped: bool = False) -> list[Row]:
    """The rows among what `compare` gave; after a stop, also the one that was begun, if it holds a measurement.

    Of two rows of one precision the later one counts: its speed was measured again.
    """
    items = list(items)
    rows = list({item.precision: item for item in items if isinstance(item, Row)}.values())
    last = next((item for item in reversed(items) if isinstance(item, Step | Row)), None)
    if stopped and isinstance(last, Step) and last.so_far is not None:
        return [*rows, last.so_far]
    return rows


def compare(
    card: ModelCard,
    precisions: Sequence[Precision],
    prompt: str = DEFAULT_PROMPT,
    text: str | None = None,
    device: str = "auto",
    seed: int = 0,
    max_new_tokens: int = 60,
    threads: int | None = None,
    peak: bool = True,
    cancelled: threading.Event | None = None,
    even_if_unreadable: bool = False,
) -> Iterator[Step | Row]:
    """Yield a Step before each thing that is done, and a Row for each precision when it is finished; fp32 comes first.

    `text` (a Spanish one of the suite unless given) is what perplexity is measured on; `prompt` is continued with the
    course's sampling settings and `seed`, by at most `max_new_tokens`. Everything is computed with `threads` threads,
    torch's own number unless given. Without `peak` no fresh process is started to measure the memory of loading.
    Without fp32 among the precisions there is nothing to agree with. A precision that fails becomes a Row with its
    sentence, and the next one follows. Closing the iterator frees the model.

    Raises:
        InvalidInput: not a text generation model, no precisions, no prompt, more threads than this machine has, or,
            once the first precision is loaded, a text of fewer than two tokens, a prompt or text of which the tokenizer
            cannot represent more than half, unless `even_if_unreadable`, or a sample that cannot be drawn or for which
            the model has no room.
        ModelNotHere: its weights are not on this machine.
        DeviceUnavailable: as `choose_device`.
        Cancelled: within a token, when `cancelled` is set; the rows up to there have been yielded.
    """
    if card.task != Task.TEXT_GENERATION:
        raise InvalidInput(f"Only text generation models can be compared; {card.model_id} is for {card.task.label}.")
    if not precisions:
        raise InvalidInput("Nothing to compare. Choose at least one precision.")
    if not prompt.strip():
        raise InvalidInput("There is no prompt to continue. Write a few words.")
    if text is not None and not text.strip():
        raise InvalidInput("There is no text to measure. Give some, or leave it out to take the suite's own.")
    speed.require_threads(threads)
    hub.require(card)
    where, text = choose_device(device).type, spanish_text() if text is None else text
    setting = Setting(card, prompt, text, where, seed, max_new_tokens, threads, cancelled, even_if_unreadable)
    experiment = _Experiment(setting, [name for name in STEPS if peak or name != PEAK])
    ordered = sorted(precisions, key=lambda precision: precision.name != BASELINE)
    for index, precision in enumerate(ordered):
        yield from experiment.rows(precision, index / len(ordered), 1 / len(ordered))


def measure_speeds_again(
    card: ModelCard,
    rows: Iterable[Row],
    prompt: str = DEFAULT_PROMPT,
    text: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[Step | Row]:
    """Yield Steps, and each row of an earlier experiment that has a speed with its speeds measured anew, fp32 first.

    Everything else in a row stays. Where a speed cannot be measured any more, the row says why.

    Raises:
        What `compare` raises.
    """
    speed.require_threads(threads)
    hub.require(card)
    where, text = choose_device(device).type, spanish_text() if text is None else text
    # No sample is written, so it may be as short as any.
    setting = Setting(card, prompt, text, where, 0, 1, threads, cancelled, even_if_unreadable=True)
    experiment = _Experiment(setting, [LOADING, SPEED])
    timed = sorted((row for row in rows if row.timed), key=lambda row: row.precision != BASELINE)
    for index, row in enumerate(timed):
        for item in experiment.rows(find_precision(row.precision), index / len(timed), 1 / len(timed)):
            yield with_speeds(row, item) if isinstance(item, Row) else replace(item, so_far=None)


def with_speeds(row: Row, measured: Row) -> Row:
    """`row` with the speeds of `measured`, or with its reason why there are none."""
    if measured.error is not None:
        return replace(row, error=measured.error)
    return replace(row, **{name: getattr(measured, name) for name in SPEEDS})


@dataclass
class _Experiment:
    """The rows one after another; `expected` is what fp32 expects, and `baseline` its row, once it was measured."""

    setting: Setting
    steps: list[str]
    expected: Expectations | None = None
    baseline: Row | None = None

    def rows(self, precision: Precision, done: float, share: float) -> Iterator[Step | Row]:
        """The steps of one precision, then its row; its memory is free when the row comes."""
        measured: dict[str, Any] = {}
        try:
            for step, part in self._measure(precision, measured):
                so_far = Row(precision.name, **measured, error=STOPPED) if measured else None
                yield Step(f"{precision.name}: {step}", done + share * part, so_far)
        except (Cancelled, InvalidInput):  # what is asked for cannot be measured in any precision
            raise
        except Exception as error:  # one precision's libraries must not take the other rows with them
            log.debug("Measuring %s in %s failed", self.setting.card.model_id, precision.name, exc_info=True)
            measured["error"] = failure_sentence(precision.name, error)
        finally:
            release_memory()
        row = Row(precision.name, **measured)
        if precision.name == BASELINE and row.timed:
            self.baseline = row
        yield row

    def _baseline_bytes(self) -> int | None:
        """What fp32 takes at its highest; None before it was measured, and while it is."""
        if self.baseline is None:
            return None
        return max(self.baseline.footprint or 0, self.baseline.peak_bytes or 0)

    def _measure(self, precision: Precision, measured: dict[str, Any]) -> Iterator[tuple[str, float]]:
        """Fill `measured`; each step is yielded before it begins, with the part that is done (0 to 1)."""
        import torch

        measurement = Measurement(self.setting, precision, self.expected, self._baseline_bytes())
        comparable = self.expected is not None or precision.name == BASELINE
        steps = [step for step in self.steps if comparable or step != AGREEMENT]
        for index, step in enumerate(steps):
            yield step, index / len(steps)
            stop_if(self.setting.cancelled)
            require_applicable(precision, self.setting.device, self.setting.card.task, PRECISIONS)
            with pinned_threads(self.setting.threads or torch.get_num_threads()):
                measured.update(STEPS[step](measurement))
        self.expected = measurement.expected
