"""One experiment: the same model in several precisions, one after another, as rows.

Knows text generation models. One model is in memory at a time.
"""

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models import hub
from models.cancellation import stop_if
from models.catalog import ModelCard, Task
from models.device import choose_device, release_memory
from models.errors import AulaError, Cancelled, InvalidInput, ran_out_of_memory
from models.precision import Precision, require_applicable
from quantization import measure, memory
from quantization.recipes import PRECISIONS

if TYPE_CHECKING:
    from models.text_generation import TextGenerator

DEFAULT_PROMPT = "Me gusta mucho el fútbol"
STEPS = ("loading", "saving the file", "measuring speed", "measuring perplexity", "generating a sample")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """What begins now, and how much of the whole experiment is done (0 to 1)."""

    precision: str
    action: str
    fraction: float

    @property
    def text(self) -> str:
        """The step in words: “fp32: measuring perplexity”."""
        return f"{self.precision}: {self.action}"


@dataclass(frozen=True)
class Row:
    """One precision's measurements. Where it failed, `error` is a sentence and only what came before is there.

    Bytes are of the weight files and of the weight tensors in memory; `slowest` and `fastest` are the spread around
    the median `tokens_per_second`.
    """

    precision: str
    file_bytes: int | None = None
    footprint: int | None = None
    load_seconds: float | None = None
    tokens_per_second: float | None = None
    slowest: float | None = None
    fastest: float | None = None
    perplexity: float | None = None
    bits_per_byte: float | None = None
    sample: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; what was not measured is None."""
        return asdict(self)


def spanish_text() -> str:
    """The text that is measured unless the user brings one: a Sunday in a neighbourhood, written for this suite."""
    return (Path(__file__).parent / "spanish.txt").read_text(encoding="utf-8").strip()


def compare(
    card: ModelCard,
    precisions: Sequence[Precision],
    prompt: str = DEFAULT_PROMPT,
    text: str | None = None,
    device: str = "auto",
    seed: int = 0,
    max_new_tokens: int = 60,
    threads: int | None = None,
    cancelled: threading.Event | None = None,
) -> Iterator[Step | Row]:
    """Yield a Step before each thing that is done, and a Row for each precision when it is finished.

    `text` (a Spanish one of the suite unless given) is what perplexity is measured on; `prompt` is continued with the
    course's sampling settings and `seed`, by at most `max_new_tokens`. A precision that fails becomes a Row with its
    sentence, and the next one follows. Closing the iterator frees the model.

    Raises:
        InvalidInput: not a text generation model, no precisions, or no prompt.
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
    hub.require(card)
    experiment = _Experiment(
        card, prompt, spanish_text() if text is None else text, choose_device(device).type, seed, max_new_tokens
    )
    for index, precision in enumerate(precisions):
        yield from experiment.rows(precision, index / len(precisions), 1 / len(precisions), threads, cancelled)


@dataclass(frozen=True)
class _Experiment:
    """What is the same for every precision."""

    card: ModelCard
    prompt: str
    text: str
    device: str
    seed: int
    max_new_tokens: int

    def rows(
        self, precision: Precision, done: float, share: float, threads: int | None, cancelled: threading.Event | None
    ) -> Iterator[Step | Row]:
        """The steps of one precision, then its row; its memory is free when the row comes."""
        actions = [Step(precision.name, action, done + share * i / len(STEPS)) for i, action in enumerate(STEPS)]
        measured: dict[str, Any] = {}
        try:
            yield from self._measure(precision, iter(actions), threads, cancelled, measured)
        except Cancelled:
            raise
        except AulaError as error:
            measured["error"] = str(error)
        except Exception as error:  # one precision's libraries must not take the other rows with them
            log.exception("Measuring %s in %s failed", self.card.model_id, precision.name)
            measured["error"] = _sentence(precision, error)
        finally:
            release_memory()
        yield Row(precision.name, **measured)

    def _measure(
        self,
        precision: Precision,
        steps: Iterator[Step],
        threads: int | None,
        cancelled: threading.Event | None,
        measured: dict[str, Any],
    ) -> Iterator[Step]:
        from models.text_generation import GenerationSettings, TextGenerator

        yield next(steps)
        stop_if(cancelled)
        require_applicable(precision, self.device, self.card.task, PRECISIONS)
        self._warm(precision)
        generator = TextGenerator.load(self.card, device=self.device, precision=precision)
        measured.update(footprint=generator.footprint, load_seconds=generator.load_seconds)
        yield next(steps)
        measured.update(file_bytes=measure.file_bytes(generator.model))
        yield next(steps)
        measured.update(self._speed(generator, threads, cancelled))
        yield next(steps)
        result = measure.perplexity(generator.model, generator.tokenizer, self.text, cancelled=cancelled)
        measured.update(perplexity=result.perplexity, bits_per_byte=result.bits_per_byte)
        yield next(steps)
        settings = GenerationSettings(max_new_tokens=self.max_new_tokens, seed=self.seed)
        measured.update(sample="".join(generator.generate(self.prompt, settings, cancelled)))

    def _warm(self, precision: Precision) -> None:
        """Import the libraries and read the files once, or the first row's load time would be that of the disk."""
        from transformers import AutoConfig

        folder = hub.require(self.card)
        precision.load_arguments(self.device)
        with contextlib.suppress(OSError, ValueError, KeyError):  # a folder that disappoints: loading it will say why
            config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
            memory.skeleton(config, self.card.task)
        for file in folder.iterdir():
            if file.suffix in measure.WEIGHT_FILES:
                with file.open("rb") as content:
                    while content.read(2**20):
                        pass

    def _speed(
        self, generator: "TextGenerator", threads: int | None, cancelled: threading.Event | None
    ) -> dict[str, float]:
        prompt = generator.tokenizer(self.prompt, return_tensors="pt", verbose=False)["input_ids"]
        prompt = prompt.to(generator.device.type)
        speed = measure.decode_speed(generator.model, prompt, threads=threads, cancelled=cancelled)
        return {
            "tokens_per_second": speed.tokens_per_second,
            "slowest": speed.slowest,
            "fastest": speed.fastest,
        }


def _sentence(precision: Precision, error: Exception) -> str:
    if ran_out_of_memory(error):
        return f"{precision.name} does not fit into memory. Close other programs, or choose a smaller model."
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"{precision.name} could not be measured: {reason.rstrip('.')}. The other precisions are not affected."
