"""Texts as tokens, several at once: cut to what a model reads, padded to the longest of a batch.

Knows tokenizers and the shapes of models, not what they compute.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.catalog import ModelCard
from models.errors import OutOfMemory, PrecisionNotApplicable, UnsupportedCheckpoint, ran_out_of_memory
from models.weights.pretrained import Pretrained

USUAL_WINDOW = 512  # where a model states no limit
# Tokens of a batch, padding included. A CPU has enough to do with a few sentences, and Stop must not wait for many; a
# GPU is hardly busy with fewer.
TOKENS_AT_ONCE = {"cpu": 1024, "cuda": 16384}


@dataclass(frozen=True)
class Tokens:
    """One text as a model reads it.

    `inputs` has one list of numbers for each argument of the model. `offsets` are the (start, end) characters of each
    token; those of special tokens are empty. `truncated` texts were longer than the model's window.
    """

    inputs: dict[str, list[int]]
    offsets: list[tuple[int, int]]
    truncated: bool

    @property
    def holds_text(self) -> bool:
        """Whether there is more than special tokens."""
        return any(start < end for start, end in self.offsets)

    def __len__(self) -> int:
        return len(self.offsets)


class TokenReader:
    """Runs a model on texts: tokenizes, batches, pads, and turns what the machine cannot give into our errors."""

    def __init__(self, pretrained: Pretrained, most_tokens: int = USUAL_WINDOW):
        """Raises UnsupportedCheckpoint for a tokenizer that cannot say which characters a token covers."""
        if not pretrained.tokenizer.is_fast:
            raise UnsupportedCheckpoint(
                f"The tokenizer of {pretrained.card.model_id} cannot say which characters a token covers. "
                "Choose another model."
            )
        self.card: ModelCard = pretrained.card
        self.model = pretrained.model
        self.tokenizer = pretrained.tokenizer
        self.device = pretrained.device
        self.precision = pretrained.precision
        self.window = min(most_tokens, self.tokenizer.model_max_length, positions(self.model) or most_tokens)
        self._accepted = inspect.signature(self.model.forward).parameters

    def tokenize(self, text: str) -> Tokens:
        """A text in at most `window` tokens; what is longer is cut off at its end."""
        encoding = self.tokenizer(
            text,
            truncation=True,
            max_length=self.window,
            return_offsets_mapping=True,
            split_special_tokens=True,  # a text that mentions “[SEP]” or “</s>” means these letters
        )
        offsets = [tuple(characters) for characters in encoding["offset_mapping"]]
        inputs = {name: numbers for name, numbers in encoding.items() if name in self._accepted}
        return Tokens(inputs, offsets, bool(encoding.encodings[0].overflowing))

    def batches(self, rows: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
        """Neighbouring rows, in their order, as many as TOKENS_AT_ONCE allows and at least one."""
        at_once = TOKENS_AT_ONCE[self.device.type]
        start = longest = 0
        for number, row in enumerate(rows):
            longest = max(longest, len(row))
            if number > start and (longest * (number - start + 1) > at_once or self.tokenizer.pad_token is None):
                yield rows[start:number]
                start, longest = number, len(row)
        if start < len(rows):
            yield rows[start:]

    @torch.inference_mode()
    def run(self, batch: Sequence[Tokens]) -> tuple[Any, Tensor]:
        """The model's output for a batch, and its attention mask (texts, tokens). Raises OutOfMemory."""
        inputs = self.padded(batch)
        try:
            return self.model(**inputs), inputs["attention_mask"]
        except (MemoryError, RuntimeError) as error:
            if not ran_out_of_memory(error):
                raise
            raise OutOfMemory(
                f"There is not enough memory to run {self.card.model_id}. Close other programs, or choose a smaller "
                "model."
            ) from error

    def padded(self, batch: Sequence[Tokens]) -> dict[str, Tensor]:
        """Tensors of shape (texts, tokens of the longest one), padded on the right."""
        padding = {"input_ids": self.tokenizer.pad_token_id or 0}
        return {
            name: pad_sequence(
                [torch.tensor(row.inputs[name]) for row in batch],
                batch_first=True,
                padding_value=padding.get(name, 0),
            ).to(self.device.type)
            for name in batch[0].inputs
        }

    def finite(self, numbers: Tensor) -> Tensor:
        """The same numbers in float32 on the CPU. Raises PrecisionNotApplicable where they have overflowed."""
        if not numbers.isfinite().all():
            raise PrecisionNotApplicable(
                f"The numbers of {self.card.model_id} overflow in {self.precision}. Load it in bf16 or fp32."
            )
        return numbers.float().cpu()


def positions(model: Any) -> int | None:
    """How many tokens the model has positions for; None where positions are relative and there is no end to them."""
    count = getattr(model.config, "max_position_embeddings", None)
    if count is None:
        return None
    tables = (module for name, module in model.named_modules() if name.endswith("position_embeddings"))
    # RoBERTa and its kin give padding a position and count from the next one on. A table that does not say (a quantized
    # one) is taken for such.
    padding = getattr(next(tables, None), "padding_idx", model.config.pad_token_id)
    return count if padding is None else count - padding - 1
