"""What an encoder-decoder checkpoint says about its tasks, what the user says, and what `generate` is told in the end.

Nothing in `transformers` applies a checkpoint's `task_specific_params` since its pipelines for these tasks are gone.
They hold, for each task, the words that begin the input, the number of beams, and the limits of length.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from models.errors import InvalidInput
from models.text.sampling import draw, generator_for, random_seed, require_between, require_sampling_options

USUAL_WINDOW = 512
# Each length of a summary as a share of the checkpoint's own shortest and longest one (30 and 200 tokens for T5).
LENGTHS = {"short": (1 / 3, 0.4), "medium": (1.0, 1.0), "long": (2.5, 1.5)}
NO_LIMIT = 1_000_000  # tokenizers without a limit state an enormous one

TaskSettings = dict[str, Any]


@dataclass(frozen=True)
class TextToTextSettings:
    """How the output is searched for. None means the checkpoint's own setting for the task (for T5: 4 beams).

    `beams`: how many candidate texts are followed at once, 1 to 16. `length_penalty` above 0 favours long outputs,
    below 0 short ones; it acts with two beams or more. `no_repeat_ngram` forbids a sequence of so many tokens to occur
    twice. With `sample`, each token is drawn (`temperature`, `top_k`, `top_p`, `seed`) and there is one beam only:
    beams look for the likeliest text, drawing does not. `max_new_tokens` limits the output of each piece.

    Raises:
        InvalidInput: a number outside its range, or several beams together with sampling.
    """

    beams: int | None = None
    sample: bool = False
    temperature: float = 1.0
    top_k: int = 50
    top_p: float = 1.0
    max_new_tokens: int | None = None
    length_penalty: float | None = None
    no_repeat_ngram: int | None = None
    seed: int | None = 0

    def __post_init__(self) -> None:
        require_between("beams", self.beams, 1, 16)
        require_between("max_new_tokens", self.max_new_tokens, 1, 10_000)
        require_between("length_penalty", self.length_penalty, -10, 10)
        require_between("no_repeat_ngram", self.no_repeat_ngram, 0, 1_000)
        require_sampling_options(self.temperature, self.top_k, self.top_p, self.seed)
        if self.sample and (self.beams or 1) > 1:
            raise InvalidInput("Beams and sampling exclude each other. Choose one beam, or switch sampling off.")

    def resolved(self) -> "TextToTextSettings":
        """These settings with a seed that can be shown: the given one, or one chosen now."""
        return self if self.seed is not None else replace(self, seed=random_seed())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def prefix(task: TaskSettings) -> str:
    """The words that tell the model its task, for instance “summarize: ”."""
    return task.get("prefix") or ""


def longest_output(task: TaskSettings) -> int:
    """The checkpoint's limit for one output, in tokens, the decoder's start token included."""
    limit: int = task.get("max_length", USUAL_WINDOW)
    return limit


def scaled(task: TaskSettings, shortest: float, longest: float) -> TaskSettings:
    """The task with its limits of length multiplied, as shares: 30 to 200 tokens times 1/3 and 0.4 are 10 to 80."""
    return task | {
        "min_length": round(task.get("min_length", 0) * shortest),
        "max_length": round(longest_output(task) * longest),
    }


def limited_to_source(task: TaskSettings, size: int) -> TaskSettings:
    """The task for a source of `size` tokens: no output longer than the source, and none forced beyond half of it.

    With T5's limits of 30 to 200 tokens, a source of 20 is summarized in 10 to 20.
    """
    return task | {
        "min_length": min(task.get("min_length", 0), size // 2),
        "max_length": min(longest_output(task), max(size, 10)),
    }


def translations(tasks: dict[str, TaskSettings]) -> Iterator[tuple[str, TaskSettings]]:
    """The languages that English is translated to, as the prefixes spell them, in lower case, with their settings."""
    for name, task in tasks.items():
        if match := re.fullmatch(r"translation_en_to_(\w+)", name):
            spelled = re.search(r"English to (\w+)", prefix(task))
            yield (spelled or match).group(1).lower(), task


class Tasks:
    """What a checkpoint says that it was trained to do; the rest is refused.

    `translations` has the settings for each language that English is translated to, `summarization` those for
    summaries, or None.
    """

    def __init__(self, model_id: str, config: Any):
        self.model_id = model_id
        described = getattr(config, "task_specific_params", None) or {}
        self.translations = dict(translations(described))
        self.summarization: TaskSettings | None = described.get("summarization")

    def translation(self, target: str) -> TaskSettings:
        """The settings for a language, in any case. Raises InvalidInput for one that is not offered."""
        if not self.translations:
            raise InvalidInput(f"{self.model_id} does not say which languages it translates to. Choose a T5 model.")
        if target.strip().lower() not in self.translations:
            raise InvalidInput(
                f"{self.model_id} does not translate to “{target}”. Choose one of: {', '.join(self.translations)}."
            )
        return self.translations[target.strip().lower()]

    def summary(self, length: str) -> TaskSettings:
        """The settings for a summary. Raises InvalidInput for another length, or where there are no summaries."""
        if self.summarization is None:
            raise InvalidInput(f"{self.model_id} does not say that it summarizes. Choose a T5 model.")
        if length not in LENGTHS:
            raise InvalidInput(f"There is no length “{length}”. Choose one of: {', '.join(LENGTHS)}.")
        return scaled(self.summarization, *LENGTHS[length])


def window(model: Any, tokenizer: Any) -> int:
    """How many tokens the model was trained to read at once. T5 could read more: its positions are relative."""
    config = model.config
    stated = (
        tokenizer.model_max_length,
        *(getattr(config, name, None) for name in ("n_positions", "max_position_embeddings")),
    )
    return min((length for length in stated if length and length < NO_LIMIT), default=USUAL_WINDOW)


def token_ids_only(config: GenerationConfig) -> GenerationConfig:
    """A checkpoint's saved habits without those that could contradict the arguments of `generate`."""
    names = ("bos", "eos", "pad", "decoder_start", "forced_bos", "forced_eos")
    ids = {f"{name}_token_id": getattr(config, f"{name}_token_id") for name in names}
    return GenerationConfig(**ids)  # type: ignore[no-untyped-call]  # transformers


def generate_arguments(task: TaskSettings, settings: TextToTextSettings) -> dict[str, Any]:
    """What `generate` is told: the checkpoint's settings for the task, with those of the user in their place.

    Lengths count the decoder's start token, as in the checkpoint. Drawing happens in a logits processor, so that
    `do_sample`, and the flags that need it, are never passed.
    """
    own_beams = 1 if settings.sample else task.get("num_beams", 1)
    beams = own_beams if settings.beams is None else settings.beams
    longest = longest_output(task) if settings.max_new_tokens is None else settings.max_new_tokens + 1
    repeat = task.get("no_repeat_ngram_size", 0) if settings.no_repeat_ngram is None else settings.no_repeat_ngram
    arguments = {
        "do_sample": False,
        "num_beams": beams,
        "max_length": longest,
        "min_length": min(task.get("min_length", 0), longest),
        "no_repeat_ngram_size": repeat,
        "logits_processor": LogitsProcessorList([Draw(settings)] if settings.sample else []),
    }
    if beams > 1:  # with one beam they mean nothing, and transformers warns
        own_penalty = task.get("length_penalty", 1.0)
        arguments["length_penalty"] = own_penalty if settings.length_penalty is None else settings.length_penalty
        arguments["early_stopping"] = task.get("early_stopping", False)
    return arguments


class Draw(LogitsProcessor):
    """Leaves one token, drawn with a seed of its own, so that “take the best” takes it. For one text at a time."""

    def __init__(self, settings: TextToTextSettings):
        self.settings = settings
        self.generator = generator_for(settings.seed)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        chosen = draw(scores[0], self.settings.temperature, self.settings.top_k, self.settings.top_p, self.generator)
        drawn = torch.full_like(scores, -torch.inf)
        drawn[:, chosen] = 0.0
        return drawn
