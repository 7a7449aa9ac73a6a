"""TextGenerator: continues a text with a causal language model such as GPT-2, one token after another.

The decoding loop is our own, so that it can be read aloud, stopped between two tokens, and seeded without touching the
randomness of others. Knows nothing of quantization: a model in any precision is called alike.
"""

import inspect
import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM

from models.cancellation import stop_if
from models.catalog import ModelCard
from models.errors import InvalidInput, UnsupportedCheckpoint
from models.precision import FP32, Precision
from models.text.beam_search import BeamSearch
from models.text.own_writing import OwnWriting
from models.text.readable import Unreadable, encode, require_readable
from models.text.sampling import (
    draw,
    generator_for,
    random_seed,
    require_between,
    require_sampling_options,
    require_searching_options,
    tempered,
    without_repeats,
)
from models.text.segmentation import require_text
from models.text.token_pieces import NO_CHARACTER
from models.weights.pretrained import load_pretrained
from models.wrapper import AnyDevice, LoadedModel, OnStep, Pretrained, finite, running, silent

MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class GenerationSettings:
    """How a text is continued. None: as the model says, and as the course where it says nothing (see `in_full`).

    `no_repeat_ngram` forbids a sequence of so many tokens to occur twice (0: allowed). `top_k` 0 and `top_p` 1 switch
    those limits off. `temperature`, `top_k`, `top_p` and `seed` act only with `sample`; without it the likeliest token
    is always taken. `seed` None lets one be chosen: see `resolved`. `beams`, 1 to 16: so many texts are followed at
    once, and the likeliest is the continuation; with `sample` they are drawn, and the temperature flattens what they
    are compared by.

    Raises:
        InvalidInput: a number outside its range.
    """

    max_new_tokens: int = 150
    no_repeat_ngram: int | None = None
    top_k: int | None = None
    top_p: float | None = None
    temperature: float | None = None
    sample: bool = True
    seed: int | None = 0
    beams: int | None = None

    def __post_init__(self) -> None:
        require_between("max_new_tokens", self.max_new_tokens, 1, 100_000)
        require_searching_options(self.beams, self.no_repeat_ngram)
        require_sampling_options(self.temperature, self.top_k, self.top_p, self.seed)

    def resolved(self) -> "GenerationSettings":
        """These settings with a seed that can be shown: the given one, or one chosen now."""
        return self if self.seed is not None else replace(self, seed=random_seed())

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class SettingsInFull(GenerationSettings):
    """What is really done; where neither the user nor the model says anything, as in the notebooks of the course."""

    no_repeat_ngram: int = 2
    top_k: int = 50
    top_p: float = 0.95
    temperature: float = 0.7
    beams: int = 1


DEFAULTS = GenerationSettings()


@dataclass(frozen=True)
class Generation:
    """A finished continuation. `text` is only what is new; `tokens` counts it; `seed` is None if nothing was drawn.

    `unreadable` is the share of the prompt, 0 to 1, that the tokenizer cannot represent, `unreadable_signs` some of it.
    """

    prompt: str
    text: str
    tokens: int
    seconds: float
    seed: int | None
    unreadable: float = 0.0
    unreadable_signs: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Of the whole run, the prompt included."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with the speed."""
        return asdict(self) | {"tokens_per_second": self.tokens_per_second}


class TextGenerator(LoadedModel):
    """A causal language model with its tokenizer."""

    def __init__(self, pretrained: Pretrained):
        super().__init__(pretrained)
        self.context_length: int | None = getattr(self.model.config, "max_position_embeddings", None)
        self._own = OwnWriting.of(self.model.generation_config)
        self._end_tokens = _end_tokens(self.model, self.tokenizer)
        _set_pad_token(self.model, self.tokenizer)
        # The scores of a long prompt's every position would take hundreds of megabytes; only the last one's are of use.
        accepted = inspect.signature(self.model.forward).parameters
        self._last_scores_only = {"logits_to_keep": 1} if "logits_to_keep" in accepted else {}

    @classmethod
    def load(
        cls, card: ModelCard, device: AnyDevice = "auto", precision: Precision = FP32, on_step: OnStep = silent
    ) -> Self:
        """Load the model of `card`. Raises what `load_pretrained` raises."""
        pretrained = load_pretrained(AutoModelForCausalLM, card, device, precision, on_step)
        if "past_key_values" not in inspect.signature(pretrained.model.forward).parameters:
            raise _forgetful(card)
        return cls(pretrained)

    def in_full(self, settings: GenerationSettings) -> SettingsInFull:
        """These settings with a seed, and with what the model, or else the course, says where they are None."""
        chosen = {name: value for name, value in settings.resolved().as_dict().items() if value is not None}
        return SettingsInFull(**{**self._own.numbers, **chosen})

    def generate(
        self,
        prompt: str,
        settings: GenerationSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
        even_if_unreadable: bool = False,
    ) -> Iterator[str]:
        """The continuation of `prompt` in pieces of text, as they come; only what is new.

        A character of several bytes may take several tokens and comes when it is complete. Closing the iterator ends
        the work: no token is computed before it is asked for. To show the seed of settings without one, pass
        `in_full(settings)`.

        Raises:
            InvalidInput: no prompt, or prompt and new tokens do not fit the model's context; or the tokenizer cannot
                represent more than half of it, unless `even_if_unreadable`.
            UnsupportedCheckpoint: the model keeps nothing of what it has read, as those that fill gaps.
            PrecisionNotApplicable, OutOfMemory, Cancelled: while iterating; the text up to there has been handed out.
        """
        settings = self.in_full(settings)
        prompt_tokens, _ = self._read_prompt(prompt, settings, even_if_unreadable)
        return (piece for piece in self._pieces(prompt_tokens, settings, cancelled) if piece)

    def complete(
        self,
        prompt: str,
        settings: GenerationSettings = DEFAULTS,
        cancelled: threading.Event | None = None,
        on_piece: Callable[[str], None] = silent,
        even_if_unreadable: bool = False,
    ) -> Generation:
        """The whole continuation with its measures; `on_piece` is handed each piece meanwhile. Raises as `generate`."""
        settings = self.in_full(settings)
        prompt_tokens, lost = self._read_prompt(prompt, settings, even_if_unreadable)
        started, pieces = time.perf_counter(), []
        for piece in self._pieces(prompt_tokens, settings, cancelled):
            pieces.append(piece)
            if piece:
                on_piece(piece)
        seconds = time.perf_counter() - started
        seed = settings.seed if settings.sample else None
        return Generation(prompt, "".join(pieces), len(pieces), seconds, seed, lost.share, lost.signs)

    def _read_prompt(
        self, prompt: str, settings: GenerationSettings, even_if_unreadable: bool
    ) -> tuple[list[int], Unreadable]:
        require_text(prompt, MOST_CHARACTERS)
        lost = require_readable(self.tokenizer, self.card.model_id, prompt, even_if_unreadable, "the prompt")
        tokens: list[int] = encode(self.tokenizer, prompt, verbose=False)["input_ids"]
        room = None if self.context_length is None else self.context_length - len(tokens)
        if room is not None and room < 1:
            raise InvalidInput(
                f"The prompt has {len(tokens)} tokens, but {self.card.model_id} reads at most {self.context_length}, "
                "new ones included. Shorten the prompt."
            )
        if room is not None and settings.max_new_tokens > room:
            raise InvalidInput(
                f"{settings.max_new_tokens} new tokens do not fit: the prompt has {len(tokens)}, and "
                f"{self.card.model_id} reads at most {self.context_length} together. "
                f"Ask for at most {room}, or shorten the prompt."
            )
        return tokens, lost

    def _pieces(
        self, prompt_tokens: list[int], settings: SettingsInFull, cancelled: threading.Event | None
    ) -> Iterator[str]:
        """The text that each new token completes, "" where it completes none."""
        tokens, shown = list(prompt_tokens), len(self._decode(prompt_tokens))
        chosen = self._tokens if settings.beams == 1 else self._searched
        for token in chosen(prompt_tokens, settings, cancelled):
            tokens.append(token)
            text = self._decode(tokens)
            # However many bytes of a character are missing, decoders write one replacement character, as the last.
            finished = text[:-1] if text.endswith(NO_CHARACTER) else text
            yield finished[shown:]
            shown = max(shown, len(finished))

    def _decode(self, tokens: list[int]) -> str:
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def _tokens(
        self, prompt_tokens: list[int], settings: SettingsInFull, cancelled: threading.Event | None
    ) -> Iterator[int]:
        """The decoding loop: read what is new, score every possible next token, choose one, and start again."""
        generator = generator_for(settings.seed)
        tokens, unread, cache = list(prompt_tokens), list(prompt_tokens), None
        for _ in range(settings.max_new_tokens):
            stop_if(cancelled)
            scores, cache = self._read([unread], len(tokens), cache)
            scores = self._allowed(scores[0], tokens, settings)
            if settings.sample:
                token = draw(scores, settings.temperature, settings.top_k, settings.top_p, generator)
            else:
                token = int(scores.argmax())
            if token in self._end_tokens:
                return
            yield token
            tokens.append(token)
            unread = [token]

    def _searched(
        self, prompt_tokens: list[int], settings: SettingsInFull, cancelled: threading.Event | None
    ) -> Iterator[int]:
        """The same with several beams: a token comes when all of them have written it."""
        drawn = generator_for(settings.seed) if settings.sample else None
        search = BeamSearch(settings.beams, self._end_tokens, settings.max_new_tokens, drawn)
        stop_if(cancelled)
        scores, cache = self._read([prompt_tokens], len(prompt_tokens), None)
        order = [0] * settings.beams  # all of them go on from the prompt
        scores = scores[order]
        self._reorder(cache, order)
        for length in itertools.count(len(prompt_tokens) + 1):
            order = search.go_on(self._compared(scores, [prompt_tokens + row for row in search.rows], settings))
            yield from search.settled()
            if search.is_done:
                return
            stop_if(cancelled)
            self._reorder(cache, order)
            scores, cache = self._read([row[-1:] for row in search.rows], length, cache)

    def _compared(self, scores: Tensor, texts: list[list[int]], settings: SettingsInFull) -> Tensor:
        """What beams are compared by: log-probabilities of the token behind each text, shape (texts, vocabulary)."""
        rows = [self._allowed(row, tokens, settings) for row, tokens in zip(scores.log_softmax(-1), texts, strict=True)]
        if settings.sample:
            least = max(2, 1 + len(self._end_tokens))  # one that is no end, and another one
            limits = settings.temperature, settings.top_k, settings.top_p, least
            rows = [tempered(row, *limits) for row in rows]
        return torch.stack(rows)

    def _allowed(self, scores: Tensor, tokens: Sequence[int], settings: SettingsInFull) -> Tensor:
        """Scores of the token behind `tokens`, shape (vocabulary,), -inf where model or settings forbid it."""
        return without_repeats(self._own.applied(scores, tokens), tokens, settings.no_repeat_ngram)

    @torch.inference_mode()
    def _read(self, unread: list[list[int]], length: int, cache: Any) -> tuple[Tensor, Any]:
        """Scores of each row's next token, (rows, vocabulary), and keys and values of the `length` tokens read so far.

        `unread` are the new tokens of each row: one row with the prompt, then one token of each.
        """
        with running(self.card):
            output = self.model(
                input_ids=torch.tensor(unread, device=self.device.type),  # (rows, new tokens)
                attention_mask=torch.ones(len(unread), length, dtype=torch.long, device=self.device.type),
                past_key_values=cache,
                use_cache=True,
                **self._last_scores_only,
            )
            scores = finite(output.logits[:, -1], self)
        if output.past_key_values is None:  # a BERT, which fills gaps: of the text it would see the last token only
            raise _forgetful(self.card)
        return scores, output.past_key_values

    def _reorder(self, cache: Any, order: list[int]) -> None:
        """Let each row go on from what another one has read: as many rows as `order` has."""
        if not hasattr(cache, "reorder_cache"):
            raise UnsupportedCheckpoint(f"{self.card.model_id} cannot follow several texts at once. Choose one beam.")
        with running(self.card):
            cache.reorder_cache(torch.tensor(order, device=self.device.type))


def _forgetful(card: ModelCard) -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(
        f"{card.model_id} does not remember the tokens it has read, which this suite needs. Choose a model like GPT-2."
    )


def _end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Where a text ends: one token for most models, several for some, none for a few."""
    end = model.generation_config.eos_token_id if model.generation_config is not None else None
    end = tokenizer.eos_token_id if end is None else end
    return frozenset(end if isinstance(end, list) else [end]) - {None}


def _set_pad_token(model: Any, tokenizer: Any) -> None:
    """GPT-2 was trained without one, and every library call that might pad warns until it has one."""
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if model.generation_config is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
