"""What translating and summarizing give: pieces of text, as they come, and how they become one text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Piece:
    """One piece of work done.

    `kind` is “translation”, “part” (the summary of a part) or “whole” (the summary of everything: the last piece).
    `index` counts from 0 to `total` - 1; summaries of very long texts are summarized again, which raises `total` on
    the way. `paragraph` is the line of the source that a translation belongs to, from 0, empty lines counted.

    `unreadable` is the share of the source, 0 to 1, that the tokenizer cannot represent, and `unreadable_signs` some of
    it; a piece that is `left_out` had more than half, and has no text. `repeated` texts went round in circles without
    end: they were ended there, or written once more without repetitions. `unfinished` translations reached the limit
    of their length before their end; `lost_numbers` are those of the source that its translation lacks, `lost_things`
    the addresses, amounts of money, dates, emoji and symbols.
    """

    source: str
    text: str
    index: int
    total: int
    kind: str
    paragraph: int
    unreadable: float = field(default=0.0, kw_only=True)
    unreadable_signs: str = field(default="", kw_only=True)
    left_out: bool = field(default=False, kw_only=True)
    repeated: bool = field(default=False, kw_only=True)
    unfinished: bool = field(default=False, kw_only=True)
    lost_numbers: tuple[str, ...] = field(default=(), kw_only=True)
    lost_things: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def lost(self) -> tuple[str, ...]:
        """All that its translation lacks and should have copied, each once."""
        return tuple(dict.fromkeys([*self.lost_numbers, *self.lost_things]))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Written:
    """What the model wrote: whether it ended the text itself, and whether it went round in circles, now or before."""

    text: str
    finished: bool = True
    repeated: bool = False


def growing(items: Sequence[Item], most: int) -> Iterator[Sequence[Item]]:
    """Neighbours in their order, in groups of 1, 2, 4 … up to `most`."""
    start, size = 0, 1
    while start < len(items):
        yield items[start : start + size]
        start, size = start + size, min(2 * size, most)


def join(pieces: Iterable[Piece]) -> str:
    """The text of these pieces, all or the first few: the summary of the whole if it is there, else line by line."""
    pieces = list(pieces)
    if pieces and pieces[-1].kind == "whole":
        return pieces[-1].text
    # Summaries of parts may be summarized again: the latest round takes the place of the one before.
    begins = [number for number, piece in enumerate(pieces) if piece.kind == "part" and piece.paragraph == 0]
    pieces = pieces[begins[-1] if begins else 0 :]
    lines = [""] * (pieces[-1].paragraph + 1 if pieces else 0)
    for paragraph, of_paragraph in groupby(pieces, key=lambda piece: piece.paragraph):
        lines[paragraph] = " ".join(piece.text for piece in of_paragraph if piece.text)
    return "\n".join(lines)
