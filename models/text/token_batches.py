"""Several texts as a model gets them: cut to a length, filled up to one, with the mask that tells text from filling.

What `tokenizer(texts, padding=…, truncation=…)` of transformers gives, as plain lists of numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidInput

NO_PADDING, LONGEST, TO_LENGTH = "none", "longest", "max_length"
PADDINGS = (NO_PADDING, LONGEST, TO_LENGTH)
MOST_LENGTH = 4096  # tokens of a row; a table that is wider is not looked at
USUAL_PADS = ("[PAD]", "<pad>", "<|endoftext|>", "</s>")  # where nothing is said, in this order


@dataclass(frozen=True)
class BatchSettings:
    """How rows are made equally long: one of PADDINGS, at which side, and whether what is longer is cut off.

    `length` is in tokens, those that are put around a text included. It counts for TO_LENGTH and for cutting.
    """

    padding: str = LONGEST
    truncate: bool = False
    length: int = 16
    left: bool = False


@dataclass(frozen=True)
class Row:
    """One text of a batch: its ids, the pieces of these, the mask (1 text, 0 filling) and which text a token is of.

    `cut` tokens did not fit and are not there. `special` says of each token whether it steers the model.
    """

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    mask: tuple[int, ...]
    types: tuple[int, ...]
    special: tuple[bool, ...]
    cut: int


@dataclass(frozen=True)
class Batch:
    """The rows, and the token that filled them up (None where none was needed, or there is none)."""

    rows: tuple[Row, ...]
    pad_token: str | None

    @property
    def shape(self) -> tuple[int, int] | None:
        """(texts, tokens), as the tensors have it; None where the rows are of several lengths, and make no tensor."""
        lengths = {len(row.ids) for row in self.rows}
        return (len(self.rows), lengths.pop()) if len(lengths) == 1 else None

    @property
    def filled(self) -> int:
        """Places that hold nothing but filling; a model computes on them, too."""
        return sum(row.mask.count(0) for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """The lists that become tensors."""
        return {
            "input_ids": [list(row.ids) for row in self.rows],
            "attention_mask": [list(row.mask) for row in self.rows],
            "token_type_ids": [list(row.types) for row in self.rows],
        }


def pad_token_of(backend: Any, named: str | None) -> str | None:
    """The token that fills up: the one that was named, else a usual one of the vocabulary; None where there is none."""
    return next((token for token in (named, *USUAL_PADS) if token and backend.token_to_id(token) is not None), None)


def make_batch(backend: Any, texts: Sequence[str], settings: BatchSettings, pad_token: str | None) -> Batch:
    """The rows of these texts.

    Raises:
        InvalidInput: the length leaves no room for text, or rows are to be filled up and there is no token for it.
    """
    around = backend.num_special_tokens_to_add(False)
    if settings.truncate and settings.length <= around:
        raise InvalidInput(
            f"A length of {settings.length} leaves no room for text: {around} tokens are put around it. "
            "Choose a larger length."
        )
    encodings, cut = zip(*(_encoded(backend, text, settings, around) for text in texts), strict=True)
    padded = _fill(backend, encodings, settings, pad_token)
    rows = tuple(_row(encoding, more) for encoding, more in zip(encodings, cut, strict=True))
    return Batch(rows, pad_token if padded else None)


def _encoded(backend: Any, text: str, settings: BatchSettings, around: int) -> tuple[Any, int]:
    """A text with the tokens around it, cut before these are put there, and how many tokens were cut off."""
    encoding = backend.encode(text, add_special_tokens=False)
    room = settings.length - around
    cut = max(0, len(encoding.ids) - room) if settings.truncate else 0
    if cut:
        encoding.truncate(room)
    return backend.post_process(encoding, None, True), cut


def _fill(backend: Any, encodings: Sequence[Any], settings: BatchSettings, pad_token: str | None) -> bool:
    """Fill up every row in place; whether there was anything to do."""
    longest = max(len(encoding.ids) for encoding in encodings)
    length = {NO_PADDING: 0, LONGEST: longest, TO_LENGTH: settings.length}[settings.padding]
    if all(len(encoding.ids) >= length for encoding in encodings):
        return False
    if pad_token is None:
        raise InvalidInput(
            "This tokenizer has no token that could fill up short texts. Choose no padding, or another tokenizer."
        )
    number, side = backend.token_to_id(pad_token), "left" if settings.left else "right"
    for encoding in encodings:
        encoding.pad(length, direction=side, pad_id=number, pad_type_id=0, pad_token=pad_token)
    return True


def _row(encoding: Any, cut: int) -> Row:
    return Row(
        tuple(encoding.ids),
        tuple(encoding.tokens),
        tuple(encoding.attention_mask),
        tuple(encoding.type_ids),
        tuple(map(bool, encoding.special_tokens_mask)),
        cut,
    )
