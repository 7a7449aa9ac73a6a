"""One experiment: the same model in several precisions, one after another, as rows.

Knows text generation models. One model is in memory at a time.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import choose_device, release_memory
from models.errors import Cancelled, InvalidInput
from models.precision import Precision, require_applicable
from models.weights import hub
from quantization.experiments.one_precision import Measurement, Setting
from quantization.experiments.row import BASELINE, Row
from quantization.experiments.steps import Step
from quantization.measure import speed
from quantization.measure.agreement import Expectations
from quantization.measure.default_text import DEFAULT_PROMPT, spanish_text
from quantization.measure.failures import failure_sentence
from quantization.recipes import PRECISIONS

PEAK, AGREEMENT = "loading in a fresh process", "comparing with fp32"
# In this order: what does not fit into memory ends a process of its own, not this one; a model that has run cannot be
# saved in every precision.
STEPS: dict[str, Callable[[Measurement], dict[str, Any]]] = {
    PEAK: Measurement.peak,
    "loading": Measurement.load,
    "saving the file": Measurement.file,
    "measuring speed": Measurement.speed,
    "measuring perplexity": Measurement.perplexity,
    AGREEMENT: Measurement.agree,
    "generating a sample": Measurement.sample,
}
STOPPED = "Stopped before its end; what was measured until then is kept."

log = logging.getLogger(__name__)


def rows_of(items: Iterable[Any], stopped: bool = False) -> list[Row]:
    """The rows among what `compare` gave; after a stop, also the one that was begun, if it holds a measurement."""
    items = list(items)
    rows = [item for item in items if isinstance(item, Row)]
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
) -> Iterator[Step | Row]:
    """Yield a Step before each thing that is done, and a Row for each precision when it is finished; fp32 comes first.

    `text` (a Spanish one of the suite unless given) is what perplexity is measured on; `prompt` is continued with the
    course's sampling settings and `seed`, by at most `max_new_tokens`. Everything is computed with `threads` threads,
    torch's own number unless given. Without `peak` no fresh process is started to measure the memory of loading.
    Without fp32 among the precisions there is nothing to agree with. A precision that fails becomes a Row with its
    sentence, and the next one follows. Closing the iterator frees the model.

    Raises:
        InvalidInput: not a text generation model, no precisions, no prompt, more threads than this machine has, or,
            once the first precision is loaded, a text of fewer than two tokens.
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
    setting = Setting(card, prompt, text, where, seed, max_new_tokens, threads, cancelled)
    experiment = _Experiment(setting, [name for name in STEPS if peak or name != PEAK])
    ordered = sorted(precisions, key=lambda precision: precision.name != BASELINE)
    for index, precision in enumerate(ordered):
        yield from experiment.rows(precision, index / len(ordered), 1 / len(ordered))


@dataclass
class _Experiment:
    """The rows one after another; `expected` is what fp32 expects, once it was measured."""

    setting: Setting
    steps: list[str]
    expected: Expectations | None = None

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
        yield Row(precision.name, **measured)

    def _measure(self, precision: Precision, measured: dict[str, Any]) -> Iterator[tuple[str, float]]:
        """Fill `measured`; each step is yielded before it begins, with the part that is done (0 to 1)."""
        import torch

        measurement = Measurement(self.setting, precision, self.expected)
        comparable = self.expected is not None or precision.name == BASELINE
        steps = [step for step in self.steps if comparable or step != AGREEMENT]
        for index, step in enumerate(steps):
            yield step, index / len(steps)
            stop_if(self.setting.cancelled)
            require_applicable(precision, self.setting.device, self.setting.card.task, PRECISIONS)
            with speed.pinned_threads(self.setting.threads or torch.get_num_threads()):
                measured.update(STEPS[step](measurement))
        self.expected = measurement.expected
