"""How an encoder-decoder searches for its output: what its task says, what the user says, what `generate` is told.

What a checkpoint says of its tasks is read in `models.text.stated_tasks`.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList

from models.errors import InvalidInput, PrecisionNotApplicable
from models.text.sampling import (
    draw,
    generator_for,
    random_seed,
    require_between,
    require_sampling_options,
    require_searching_options,
)
from models.text.stated_tasks import SEARCH, TaskSettings, longest_output

USUAL_WINDOW = 512
NO_LIMIT = 1_000_000  # tokenizers without a limit state an enormous one
# What a saved generation_config.json may say that the arguments of `generate` do not: with which numbers a text begins
# and ends, and which it never holds (Marian must not write its padding).
_KEPT = (
    "bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "forced_bos_token_id",
    "forced_eos_token_id", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "repetition_penalty",
    "encoder_no_repeat_ngram_size", "renormalize_logits", "remove_invalid_values",
)  # fmt: skip


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
        require_searching_options(self.beams, self.no_repeat_ngram)
        require_between("max_new_tokens", self.max_new_tokens, 1, 10_000)
        require_between("length_penalty", self.length_penalty, -10, 10)
        require_sampling_options(self.temperature, self.top_k, self.top_p, self.seed)
        if self.sample and (self.beams or 1) > 1:
            raise InvalidInput("Beams and sampling exclude each other. Choose one beam, or switch sampling off.")

    def resolved(self) -> "TextToTextSettings":
        """These settings with a seed that can be shown: the given one, or one chosen now."""
        return self if self.seed is not None else replace(self, seed=random_seed())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def limited_to_source(task: TaskSettings, size: int) -> TaskSettings:
    """The task for a source of `size` tokens: no output longer than the source, and none forced beyond half of it.

    With T5's limits of 30 to 200 tokens, a source of 20 is summarized in 10 to 20.
    """
    return task | {
        "min_length": min(task.get("min_length", 0), size // 2),
        "max_length": min(longest_output(task), max(size, 10)),
    }


def window(model: Any, tokenizer: Any) -> int:
    """How many tokens the model was trained to read at once. T5 could read more: its positions are relative."""
    config = model.config
    stated = (
        tokenizer.model_max_length,
        *(getattr(config, name, None) for name in ("n_positions", "max_position_embeddings")),
    )
    return min((length for length in stated if length and length < NO_LIMIT), default=USUAL_WINDOW)


def output_positions(model: Any) -> int | None:
    """How many tokens the model has positions for in what it writes; None for T5, whose positions are relative."""
    count: int | None = getattr(model.config, "max_position_embeddings", None)
    return count


def lasting_habits(config: GenerationConfig) -> GenerationConfig:
    """A checkpoint's saved habits without those that could contradict the arguments of `generate`: how to draw.

    How it searches stays there although it is told anew each time, so that a model that is saved again keeps it.
    """
    kept = {name: getattr(config, name, None) for name in (*_KEPT, *SEARCH)}
    return GenerationConfig(**kept)  # type: ignore[no-untyped-call]  # transformers


def generate_arguments(task: TaskSettings, settings: TextToTextSettings, most: int | None = None) -> dict[str, Any]:
    """What `generate` is told: the checkpoint's settings for the task, with those of the user in their place.

    Lengths count the decoder's start token, as in the checkpoint; `most` is the longest that the model has positions
    for. Drawing happens in a logits processor, so that `do_sample`, and the flags that need it, are never passed.
    """
    own_beams = 1 if settings.sample else task.get("num_beams", 1)
    beams = own_beams if settings.beams is None else settings.beams
    longest = longest_output(task) if settings.max_new_tokens is None else settings.max_new_tokens + 1
    longest = longest if most is None else min(longest, most)
    repeat = task.get("no_repeat_ngram_size", 0) if settings.no_repeat_ngram is None else settings.no_repeat_ngram
    own_penalty = task.get("length_penalty", 1.0)
    penalty = own_penalty if settings.length_penalty is None else settings.length_penalty
    several = beams > 1  # with one beam they mean nothing, and transformers warns of any but the usual ones
    return {
        "do_sample": False,
        "num_beams": beams,
        "max_length": longest,
        "min_length": min(task.get("min_length", 0), longest),
        "no_repeat_ngram_size": repeat,
        "length_penalty": penalty if several else 1.0,
        "early_stopping": task.get("early_stopping", False) if several else False,
        "logits_processor": LogitsProcessorList([Draw(settings)] if settings.sample else []),
    }


class Sound(LogitsProcessor):
    """Raises where what a model gives is no number any more: PEGASUS overflows in fp16, and would write anything."""

    def __init__(self, model_id: str, precision: str):
        self.model_id, self.precision = model_id, precision

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """The same scores. Raises PrecisionNotApplicable."""
        if scores.isnan().any():
            raise PrecisionNotApplicable(
                f"The numbers of {self.model_id} overflow in {self.precision}. Load it in bf16 or fp32."
            )
        return scores


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
