"""What one experiment found out about one precision: a row of figures, whole or broken off.

Knows nothing of how a figure is measured (`compare`) nor of how it is written (`figures`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

BASELINE = "fp32"  # the precision that all others are read against


@dataclass(frozen=True)
class Row:
    """One precision's measurements. Where it failed, `error` is a sentence and only what came before is there.

    Bytes are of the weight files (`file_bytes`), of the weight tensors in memory (`footprint`), and of what loading
    adds at its highest to the `before_bytes` of a fresh process (`peak_bytes`). `layers_changed` of the model's
    `layers` linear layers are stored otherwise than in fp32. Speeds are medians in tokens per second with their
    spread: `prefill_…` for reading a prompt of `prefill_tokens` at once, `tokens_per_second`, `slowest` and `fastest`
    for writing one token after another. `top1_agreement` (0 to 1) and `kl_divergence` (nats, KL(fp32 ‖ this)) compare
    the expected next tokens with those of fp32 at the text's first `agreement_positions`.
    """

    precision: str
    file_bytes: int | None = None
    footprint: int | None = None
    peak_bytes: int | None = None
    before_bytes: int | None = None
    layers_changed: int | None = None
    layers: int | None = None
    load_seconds: float | None = None
    prefill_tokens: int | None = None
    prefill_tokens_per_second: float | None = None
    prefill_slowest: float | None = None
    prefill_fastest: float | None = None
    tokens_per_second: float | None = None
    slowest: float | None = None
    fastest: float | None = None
    perplexity: float | None = None
    bits_per_byte: float | None = None
    top1_agreement: float | None = None
    kl_divergence: float | None = None
    agreement_positions: int | None = None
    sample: str | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; what was not measured is None."""
        return asdict(self)


class WholeRow(Row):
    """A Row that was measured to its end: the three figures that precisions are compared by are numbers.

    A type to check with, never made: `is_whole` says of a Row that it is one. Peak and agreement may still be None,
    because an experiment can go without them.
    """

    file_bytes: int
    tokens_per_second: float
    perplexity: float


def is_whole(row: Row) -> TypeGuard[WholeRow]:
    """Whether nothing failed, and the figures to compare by are there."""
    return row.error is None and None not in (row.file_bytes, row.tokens_per_second, row.perplexity)


def whole_rows(rows: Iterable[Row]) -> list[WholeRow]:
    """Those that were measured to their end, in their order."""
    return [row for row in rows if is_whole(row)]
