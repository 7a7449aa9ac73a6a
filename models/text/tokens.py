"""Texts as tokens, several at once: cut to what a model reads, padded to the longest of a batch.

Knows tokenizers and the shapes of models, not what they compute.
"""

import inspect
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.errors import UnsupportedCheckpoint
from models.text.readable import encode
from models.together import Together, rows_are_alone
from models.wrapper import LoadedModel, Pretrained, running

USUAL_WINDOW = 512  # where a model states no limit
# Tokens of a batch, padding included. A CPU has enough to do with a few sentences, and Stop must not wait for many; a
# GPU is hardly busy with fewer.
TOKENS_AT_ONCE = {"cpu": 1024, "cuda": 16384}
# Of these, how many may be filling where texts of several people share a run: it takes as long as text, and together
# texts of 128 tokens take a sixth less than alone (on two cores; of 30 tokens less than half, of 384 the same).
MOST_FILLING = 0.2


class Inputs(Protocol):
    """One row of a batch: a list of numbers for each argument of the model."""

    @property
    def inputs(self) -> dict[str, list[int]]:
        """Those lists, all of the same length, by the argument's name."""
        ...


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


class TokenReader(LoadedModel):
    """Runs a model on texts: tokenizes, batches, pads. `window` is how many tokens it reads of one text."""

    def __init__(self, loaded: Pretrained | LoadedModel, most_tokens: int = USUAL_WINDOW):
        """Raises UnsupportedCheckpoint for a tokenizer that cannot say which characters a token covers."""
        super().__init__(loaded)
        if not self.tokenizer.is_fast:
            raise UnsupportedCheckpoint(
                f"The tokenizer of {self.card.model_id} cannot say which characters a token covers. "
                "Choose another model."
            )
        self.window: int = min(most_tokens, self.tokenizer.model_max_length, positions(self.model) or most_tokens)
        self._accepted = inspect.signature(self.model.forward).parameters
        self._together: Together[Inputs, tuple[Any, Tensor]] = Together(
            lambda batch, cancelled: self._forward(batch),
            rows_of,
            name=lambda row: tuple((name, *numbers) for name, numbers in row.inputs.items()),
            fits=self._fit,
            mix=rows_are_alone(self.model),
            lanes=None if self.device.type == "cpu" else 1,
        )

    @property
    def reads_token_types(self) -> bool:
        """Whether the model tells a first from a second text by numbers of their own (BERT does, RoBERTa does not)."""
        return "token_type_ids" in self._accepted and getattr(self.model.config, "type_vocab_size", 0) > 1

    def tokenize(self, text: str, pair: str | None = None) -> Tokens:
        """A text in at most `window` tokens; what is longer is cut off at its end.

        A `pair` is a second text behind it, which is never cut: it has to leave room for the first.
        """
        cut = True if pair is None else "only_first"
        encoding = encode(
            self.tokenizer, text, pair, truncation=cut, max_length=self.window, return_offsets_mapping=True
        )
        offsets = [(start, end) for start, end in encoding["offset_mapping"]]
        inputs = {name: numbers for name, numbers in encoding.items() if name in self._accepted}
        return Tokens(inputs, offsets, bool(encoding.encodings[0].overflowing))

    def batches(self, rows: Sequence[Tokens]) -> Iterator[Sequence[Tokens]]:
        """Neighbouring rows, in their order, as many as TOKENS_AT_ONCE allows and at least one."""
        at_once = TOKENS_AT_ONCE[self.device.type]
        start = longest = 0
        for number, row in enumerate(rows):
            longest = max(longest, len(row))
            if number > start and (longest * (number - start + 1) > at_once or not self._can_fill):
                yield rows[start:number]
                start, longest = number, len(row)
        if start < len(rows):
            yield rows[start:]

    def run(self, batch: Sequence[Inputs], cancelled: threading.Event | None = None) -> tuple[Any, Tensor]:
        """The model's output for a batch, and its attention mask (texts, tokens).

        What other threads ask at the same time is computed with it, so there may be more padding than it needs.

        Raises:
            OutOfMemory: it does not fit beside the model.
            Cancelled: the event was set while others computed.
        """
        return self._together.run(batch, cancelled)

    def _fit(self, rows: Sequence[Inputs]) -> bool:
        """Whether a run of these is no larger than TOKENS_AT_ONCE, with little filling."""
        lengths = [len(row.inputs["input_ids"]) for row in rows]
        places = max(lengths) * len(lengths)
        filling = places - sum(lengths)
        return self._can_fill and places <= TOKENS_AT_ONCE[self.device.type] and filling <= MOST_FILLING * places

    @property
    def _can_fill(self) -> bool:
        """Whether texts of several lengths may share a run, and the model tells its text from the filling behind it.

        What judges a text by its last token may not: XLNet expects filling in front, and GPT-2 looks for the number of
        its own. A token in front of the text, as BERT has it, stays where it is.
        """
        tokenizer, known = self.tokenizer, getattr(self.model.config.get_text_config(), "pad_token_id", None)
        if tokenizer.pad_token is None or tokenizer.padding_side != "right":
            return False
        return bool(tokenizer.cls_token is not None or tokenizer.pad_token_id == known)

    @torch.inference_mode()
    def _forward(self, batch: Sequence[Inputs]) -> tuple[Any, Tensor]:
        with running(self.card):
            inputs = self.padded(batch)
            return self.model(**inputs), inputs["attention_mask"]

    def padded(self, batch: Sequence[Inputs]) -> dict[str, Tensor]:
        """Tensors of shape (texts, tokens of the longest one), padded on the right.

        Texts of the tokens [2, 7, 3] and [2, 7, 8, 9, 3] become [[2, 7, 3, 0, 0], [2, 7, 8, 9, 3]], and their attention
        mask [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]] says that the zeros are not there.
        """
        padding = {"input_ids": self.tokenizer.pad_token_id or 0}
        return {
            name: pad_sequence(
                [torch.tensor(row.inputs[name]) for row in batch],
                batch_first=True,
                padding_value=padding.get(name, 0),
            ).to(self.device.type)
            for name in batch[0].inputs
        }


def rows_of(output: tuple[Any, Tensor], numbers: list[int]) -> tuple[Any, Tensor]:
    """What a model gave for some of the texts of a batch: the tensors that it gave, and the attention mask."""
    found, mask = output
    tensors = {name: value[numbers] for name, value in found.items() if isinstance(value, Tensor)}
    return type(found)(**tensors), mask[numbers]


def positions(model: Any, config: Any = None) -> int | None:
    """How many tokens the model has positions for; None where positions are relative and there is no end to them.

    `config` is the part of the model's that is about texts, where there are others.
    """
    config = config or model.config
    count: int | None = getattr(config, "max_position_embeddings", None)
    if count is None or count < 1:  # XLNet says −1
        return None
    table = next((module for name, module in model.named_modules() if name.endswith("position_embeddings")), None)
    if table is None:  # computed (ModernBERT, Qwen): padding takes none, whatever its number
        return count
    # RoBERTa and its kin give padding a position and count from the next one on: with padding 1, of 514 positions the
    # tokens get 2 to 513. A table that does not say (a quantized one) is taken for such.
    padding: int | None = getattr(table, "padding_idx", config.pad_token_id)
    return count if padding is None else count - padding - 1
