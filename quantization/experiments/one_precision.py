"""One precision of one text generation model, measured step by step.

Knows what is done in each step; in which order, and what becomes of the results, `quantization.experiments.compare`
knows.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.device import release_memory
from models.precision import FP32, Precision
from models.text.perplexity import context_length, perplexity, require_two_tokens
from models.text.readable import Unreadable, encode, require_all_readable
from models.weights import hub
from quantization.experiments.speeds import ratio_fields
from quantization.layers import linear_layers
from quantization.measure import speed
from quantization.measure.agreement import Expectations, agreement, expectations
from quantization.measure.beside import load_beside
from quantization.measure.bystanders import together
from quantization.measure.load_peak import load_peak, prepare

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from models.text_generation import TextGenerator

PREFILL_TOKENS = 256


@dataclass(frozen=True)
class Setting:
    """What is the same for every precision of an experiment; `device` is `cpu` or `cuda`."""

    card: ModelCard
    prompt: str
    text: str
    device: str
    seed: int
    max_new_tokens: int
    threads: int | None = None
    cancelled: threading.Event | None = None
    even_if_unreadable: bool = False


class Measurement:
    """Each method is one step and returns what it has found, by the names of `quantization.experiments.row.Row`.

    `generator` is there from `load` on, which comes before every step that needs it, and so are the `pieces` of the
    sample, of which none is written before it is asked for.
    """

    generator: "TextGenerator"
    pieces: Iterator[str]

    def __init__(
        self,
        setting: Setting,
        precision: Precision,
        expected: Expectations | None,
        baseline_bytes: int | None = None,
    ):
        self.setting = setting
        self.precision = precision
        self.expected = expected  # by fp32, after whose own measurement it is no longer None
        self.baseline_bytes = baseline_bytes  # that fp32 takes, where there is one to take turns with

    def peak(self) -> dict[str, Any]:
        """Load in a fresh process. Raises as `load_peak`: what does not fit there is not tried here."""
        setting = self.setting
        peak = load_peak(setting.card, self.precision, setting.device, setting.threads, setting.cancelled)
        return {"footprint": peak.footprint, "peak_bytes": peak.peak_bytes, "before_bytes": peak.before_bytes}

    def load(self) -> dict[str, Any]:
        """Load in this process, once libraries and files are read, so that the first one's time is not the disk's.

        Raises InvalidInput for a text too short to be measured, or that the tokenizer cannot represent, and for a
        sample that the model has no room for, before anything long is.
        """
        from models.text_generation import TextGenerator

        setting = self.setting
        plain = prepare(setting.card, self.precision, setting.device)
        self._read_files()
        self.generator = TextGenerator.load(setting.card, device=setting.device, precision=self.precision)
        require_two_tokens(encode(self.generator.tokenizer, setting.text, verbose=False)["input_ids"])
        lost = self._unreadable()
        self.pieces = self._begun_sample()
        loaded: dict[str, Any] = {"footprint": self.generator.footprint, "load_seconds": self.generator.load_seconds}
        loaded |= {"unreadable": lost.share, "unreadable_signs": lost.signs}
        if plain is None:
            return loaded
        names = list(linear_layers(plain))
        changed = speed.layers_changed(self.generator.model, names)
        return loaded | {"layers_changed": changed, "layers": len(names)}

    def _begun_sample(self) -> Iterator[str]:
        from models.text_generation import GenerationSettings

        setting = self.setting
        settings = GenerationSettings(max_new_tokens=setting.max_new_tokens, seed=setting.seed)
        # Whether the prompt can be read was looked at already.
        return self.generator.generate(setting.prompt, settings, setting.cancelled, even_if_unreadable=True)

    def _unreadable(self) -> Unreadable:
        setting, tokenizer = self.setting, self.generator.tokenizer
        texts = {"the prompt": setting.prompt, "the measured text": setting.text}
        return require_all_readable(tokenizer, setting.card.model_id, texts, setting.even_if_unreadable)

    def _read_files(self) -> None:
        folder = hub.require(self.setting.card)
        for file in folder.iterdir():
            if file.suffix in speed.WEIGHT_FILES:
                with file.open("rb") as content:
                    while content.read(2**20):
                        stop_if(self.setting.cancelled)

    def file(self) -> dict[str, Any]:
        """Save the model, which has not run yet, and weigh its files."""
        return {"file_bytes": speed.file_bytes(self.generator.model, self.precision)}

    def speed(self) -> dict[str, Any]:
        """Read a long prompt at once, then write one token after another; in turns with fp32, if that was measured."""
        beside = self._baseline()
        found = self._alone() if beside is None else self._in_turns(beside.model)
        del beside
        release_memory()
        return found

    def _baseline(self) -> "TextGenerator | None":
        """The model in fp32, a second time: what this one takes turns with. None where there is no room for both.

        It comes after footprint and peak were read, and goes when the speeds are known.
        """
        from models.text_generation import TextGenerator

        setting = self.setting
        if self.baseline_bytes is None:
            return None
        load = partial(TextGenerator.load, setting.card, device=setting.device, precision=FP32)
        return load_beside(self.baseline_bytes, setting.device, load)

    def _alone(self) -> dict[str, Any]:
        model, options = self.generator.model, self._options()
        reading = speed.prefill_speed(model, self._long_prompt(), **options)
        writing = speed.decode_speed(model, self._ids(self.setting.prompt), **options)
        return _speeds(reading, writing)

    def _in_turns(self, baseline: "PreTrainedModel") -> dict[str, Any]:
        model, options = self.generator.model, self._options()
        reading = speed.prefill_race(baseline, model, self._long_prompt(), **options)
        writing = speed.decode_race(baseline, model, self._ids(self.setting.prompt), **options)
        ratios = ratio_fields(writing.turns) | ratio_fields(reading.turns, "prefill_")
        return _speeds(reading.speed, writing.speed) | ratios

    def _options(self) -> dict[str, Any]:
        return {"threads": self.setting.threads, "cancelled": self.setting.cancelled}

    def _ids(self, text: str) -> "Tensor":
        ids: Tensor = encode(self.generator.tokenizer, text, return_tensors="pt", verbose=False)["input_ids"]
        return ids.to(self.generator.device.type)

    def _long_prompt(self) -> "Tensor":
        """PREFILL_TOKENS of the measured text, again and again where it is short, or as many as the model reads."""
        ids = self._ids(self.setting.text)
        length = min(PREFILL_TOKENS, context_length(self.generator.model))
        return ids.repeat(1, -(-length // max(1, ids.shape[1])))[:, :length]

    def perplexity(self) -> dict[str, Any]:
        """Perplexity and bits per byte of the measured text."""
        generator, setting = self.generator, self.setting
        measured = perplexity(generator.model, generator.tokenizer, setting.text, cancelled=setting.cancelled)
        return {"perplexity": measured.perplexity, "bits_per_byte": measured.bits_per_byte}

    def agree(self) -> dict[str, Any]:
        """Compare the expected next tokens with those of fp32; fp32 itself, which comes first, keeps its own."""
        generator, cancelled = self.generator, self.setting.cancelled
        if self.expected is None:
            self.expected = expectations(generator.model, generator.tokenizer, self.setting.text, cancelled=cancelled)
        measured = agreement(generator.model, self.expected, cancelled)
        return {
            "top1_agreement": measured.top1,
            "kl_divergence": measured.kl_divergence,
            "agreement_positions": measured.positions,
        }

    def sample(self) -> dict[str, Any]:
        """What it writes after the prompt, with the seed that all precisions share."""
        return {"sample": "".join(self.pieces)}


def _speeds(reading: speed.Speed, writing: speed.Speed) -> dict[str, Any]:
    return {
        "prefill_tokens": reading.tokens,
        "prefill_tokens_per_second": reading.tokens_per_second,
        "prefill_slowest": reading.slowest,
        "prefill_fastest": reading.fastest,
        "tokens_per_second": writing.tokens_per_second,
        "slowest": writing.slowest,
        "fastest": writing.fastest,
        "busy": together((reading.use, writing.use)).share,
    }
