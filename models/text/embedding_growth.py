"""What happens to a model when its tokenizer gets new tokens: its embedding table grows by a row for each of them."""

import copy
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from models.errors import InvalidInput
from models.text.readable import encode
from models.wrapper import LoadedModel, readable

SHOWN_NUMBERS = 12  # of a row
MOST_TOKENS = 50


@dataclass(frozen=True)
class Growth:
    """The table before and after, as (rows, numbers in a row).

    `new` are the tokens that were added, with their ids; `known` those that the tokenizer had already. `parameters` are
    those of the whole model, before and after. `row` holds the first numbers of the first new row, `mean` those of the
    mean of all old rows, near which new rows are drawn; `closeness` is the cosine between the two. `pieces_before` and
    `pieces_after` are a text as tokens; `spare` rows had no token before.
    """

    model_id: str
    new: tuple[tuple[str, int], ...]
    known: tuple[str, ...]
    before: tuple[int, int]
    after: tuple[int, int]
    spare: int
    parameters: tuple[int, int]
    output_shares: bool
    row: tuple[float, ...]
    mean: tuple[float, ...]
    closeness: float | None
    pieces_before: tuple[str, ...]
    pieces_after: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def grow(loaded: LoadedModel, tokens: Sequence[str], text: str, seed: int = 0) -> Growth:
    """Give a model new tokens. It is changed by this, so it must be nobody else's; its tokenizer stays as it is.

    Raises:
        InvalidInput: there are no tokens, or too many.
    """
    wanted = list(dict.fromkeys(readable(token).strip() for token in tokens if token.strip()))
    if not 0 < len(wanted) <= MOST_TOKENS:
        raise InvalidInput(f"Name 1 to {MOST_TOKENS} new tokens, for instance “fotosíntesis”.")
    old, tokenizer = loaded.tokenizer, copy.deepcopy(loaded.tokenizer)
    had = old.get_vocab()
    tokenizer.add_tokens(wanted)
    new = tuple((token, tokenizer.convert_tokens_to_ids(token)) for token in wanted if token not in had)
    rows = loaded.model.get_input_embeddings().weight
    mean, before = rows.detach().float().mean(dim=0), tuple(rows.shape)  # (width,)
    parameters = _count(loaded.model)
    table = _resized(loaded.model, max(len(tokenizer), before[0]), seed)
    row = table[new[0][1]].float() if new else mean
    return Growth(
        model_id=loaded.card.model_id,
        new=new,
        known=tuple(token for token in wanted if token in had),
        before=(before[0], before[1]),
        after=(table.shape[0], table.shape[1]),
        spare=before[0] - len(old),
        parameters=(parameters, _count(loaded.model)),
        output_shares=_shares(loaded.model),
        row=_first(row) if new else (),
        mean=_first(mean),
        closeness=float(torch.cosine_similarity(row, mean, dim=0)) if new else None,
        pieces_before=_pieces(old, text),
        pieces_after=_pieces(tokenizer, text),
    )


def _resized(model: Any, size: int, seed: int) -> Tensor:
    """The table of (size, width) after resizing. transformers draws new rows at random around the mean of the old."""
    with torch.random.fork_rng(devices=[]), _quietly():
        torch.manual_seed(seed)
        table: Tensor = model.resize_token_embeddings(size).weight.detach()
    return table


@contextmanager
def _quietly() -> Iterator[None]:
    """transformers explains in the log how new rows are drawn; the page says so itself."""
    log = logging.getLogger("transformers.modeling_utils")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _shares(model: Any) -> bool:
    """Whether the layer that chooses the next token reads the same table (“tied weights”), and so grows with it."""
    output = model.get_output_embeddings()
    return output is not None and output.weight is model.get_input_embeddings().weight


def _count(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _first(row: Tensor) -> tuple[float, ...]:
    return tuple(float(number) for number in row[:SHOWN_NUMBERS])


def _pieces(tokenizer: Any, text: str) -> tuple[str, ...]:
    return tuple(encode(tokenizer, text, add_special_tokens=False, verbose=False).encodings[0].tokens)
