"""Runs an encoder-decoder: texts in, texts out, several at once where that changes nothing but the time.

What several people want written at the same time is searched for together (`models.together`). Of eight short sentences
each takes a third of the time that it takes alone; with more at once, all wait for the longest of them.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteriaList

from models.cancellation import stop_if, stopping_criteria
from models.failures import OF_ONE_ITEM
from models.text.beam_cache import cache_arguments
from models.text.copied_numbers import COPIED_NUMBERS, CopiedNumbers, tokens_with_digits
from models.text.pieces import Written
from models.text.readable import decode, encode
from models.text.repetition import AllInCircles, circles, without_circles
from models.text.stated_tasks import TaskSettings
from models.text.task_settings import Sound, TextToTextSettings, generate_arguments, output_positions
from models.together import Together, rows_are_alone
from models.wrapper import LoadedModel, running

TEXTS_AT_ONCE = 8
# Of the tokens that are read, how many may be filling: what is read together shall be of like length, as what is
# written then mostly is.
MOST_FILLING = 0.3


@dataclass(frozen=True)
class _Source:
    """One text as the model reads it, and how to write about it."""

    tokens: tuple[int, ...]
    task: TaskSettings
    settings: TextToTextSettings


class Writer(LoadedModel):
    """Writes what a model makes of texts, in the way that its task and a person's settings say."""

    def __init__(self, loaded: LoadedModel):
        super().__init__(loaded)
        self._positions = output_positions(self.model)
        numbers = {tensor.dtype for tensor in self.model.parameters() if tensor.is_floating_point()}
        # With fewer bits another order of sums changes words now and then.
        is_exact = numbers <= {torch.float32, torch.float64} and getattr(self.model.forward, "is_exact", True)
        self._mixes = rows_are_alone(self.model) and is_exact
        self._together: Together[_Source, list[Written]] = Together(
            self._generate,
            lambda written, numbers: [written[number] for number in numbers],
            name=lambda source: source.tokens,
            fits=_fit,
            mix=self._mixes,
            lanes=None if self.device.type == "cpu" else 1,
        )

    def at_once(self, settings: TextToTextSettings) -> int:
        """How many texts of one person are written together. Drawing is for one text at a time."""
        return TEXTS_AT_ONCE if self._mixes and not settings.sample else 1

    def write(
        self,
        texts: Sequence[str],
        task: TaskSettings,
        settings: TextToTextSettings,
        cancelled: threading.Event | None,
    ) -> Iterator[Written]:
        """What the model writes about each of a few texts, in which the words of the task stand already.

        Raises:
            PrecisionNotApplicable, OutOfMemory: as for the text alone; those before it are written.
            Cancelled: `cancelled` was set.
        """
        sources = [_Source(tuple(encode(self.tokenizer, text)["input_ids"]), task, settings) for text in texts]
        try:
            written = self._together.run(sources, cancelled, self._kind(task, settings))
        except OF_ONE_ITEM:
            if len(texts) == 1:
                raise
            for text in texts:
                yield from self.write([text], task, settings, cancelled)
            return
        yield from written

    def _kind(self, task: TaskSettings, settings: TextToTextSettings) -> object:
        """The same for texts that `generate` is told the same of; what is drawn is drawn for one text."""
        if settings.sample:
            return object()
        told = generate_arguments(task, settings, self._positions) | {COPIED_NUMBERS: task.get(COPIED_NUMBERS)}
        return tuple(value for name, value in sorted(told.items()) if name != "logits_processor")

    @torch.inference_mode()
    def _generate(self, sources: Sequence[_Source], cancelled: threading.Event | None) -> list[Written]:
        """Run the model once over all of them."""
        in_sources = [circles(source.tokens) for source in sources]
        arguments = generate_arguments(sources[0].task, sources[0].settings, self._positions)
        arguments["logits_processor"] = LogitsProcessorList(self._processors(arguments["logits_processor"], sources))
        criteria = StoppingCriteriaList([*stopping_criteria(cancelled), AllInCircles(*in_sources)])
        with running(self.card):
            output = self.model.generate(
                **self._padded(sources),
                stopping_criteria=criteria,
                return_dict_in_generate=True,
                **arguments,
                **cache_arguments(self.model, arguments["num_beams"], len(sources)),
            )
        stop_if(cancelled)
        rows = zip(self._tokens(output), in_sources, strict=True)
        return [self._written(tokens, in_source, arguments["max_length"]) for tokens, in_source in rows]

    def _processors(self, own: Sequence[LogitsProcessor], sources: Sequence[_Source]) -> Iterator[LogitsProcessor]:
        """What looks at the scores of each next token: what the settings ask for, and what the task does."""
        yield Sound(self.card.model_id, self.precision)
        yield from own
        if sources[0].task.get(COPIED_NUMBERS):
            yield CopiedNumbers(self._with_digits, [source.tokens for source in sources])

    @cached_property
    def _with_digits(self) -> dict[int, str]:
        return tokens_with_digits(self.tokenizer.convert_ids_to_tokens(range(len(self.tokenizer))))

    def _padded(self, sources: Sequence[_Source]) -> dict[str, Tensor]:
        """Ids and mask, (texts, tokens of the longest one), filled up on the right."""
        rows = [torch.tensor(source.tokens) for source in sources]
        masks = [torch.ones_like(row) for row in rows]
        padding = self.tokenizer.pad_token_id or 0
        return {
            "input_ids": pad_sequence(rows, batch_first=True, padding_value=padding).to(self.device.type),
            "attention_mask": pad_sequence(masks, batch_first=True).to(self.device.type),
        }

    def _tokens(self, output: Any) -> Iterator[list[int]]:
        """What was written about each text, the start token first, without what fills it up behind its end."""
        rows = output.sequences.tolist()
        beams = getattr(output, "beam_indices", None)
        if beams is not None:  # (texts, tokens written), -1 behind the end
            for row, length in zip(rows, (beams >= 0).sum(1).tolist(), strict=True):
                yield row[: 1 + length]
            return
        ends = self.model.generation_config.eos_token_id
        for row in rows:
            yield _until_end(row, {ends} if isinstance(ends, int) else set(ends or ()), self.tokenizer.pad_token_id)

    def _written(self, tokens: list[int], in_source: Any, longest: int) -> Written:
        kept = without_circles(tokens, in_source)
        text = decode(self.tokenizer, kept).strip()
        # At the limit a BART, PEGASUS or Marian is made to write its end, wherever it is.
        was_cut = len(tokens) >= longest and self.model.generation_config.forced_eos_token_id is not None
        finished = tokens[-1] in self.tokenizer.all_special_ids and not was_cut
        return Written(text, finished, len(kept) < len(tokens))


def _until_end(row: list[int], ends: set[int], padding: int | None) -> list[int]:
    """A row up to its first end behind the start token; one that was stopped without an end, up to its filling."""
    end = next((place for place, token in enumerate(row) if place and token in ends), None)
    if end is not None:
        return row[: end + 1]
    length = len(row)
    while length > 1 and row[length - 1] == padding:
        length -= 1
    return row[:length]


def _fit(sources: Sequence[_Source]) -> bool:
    """Whether these are few and of like length."""
    lengths = [len(source.tokens) for source in sources]
    places = max(lengths) * len(lengths)
    return len(lengths) <= TEXTS_AT_ONCE and places - sum(lengths) <= MOST_FILLING * places
