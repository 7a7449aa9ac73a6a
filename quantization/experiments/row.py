"""What one experiment found out about one precision: a row of figures, whole or broken off.

Knows nothing of how a figure is measured (`compare`) nor of how it is written (`figures`).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, TypeGuard

from quantization.experiments.speeds import BASELINE as BASELINE
from quantization.experiments.speeds import verdict

# The fields that measuring the speed fills.
SPEEDS = (
    "prefill_tokens", "prefill_tokens_per_second", "prefill_slowest", "prefill_fastest",
    "tokens_per_second", "slowest", "fastest",
    "ratio", "ratio_low", "ratio_high", "prefill_ratio", "prefill_ratio_low", "prefill_ratio_high", "busy",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One precision's measurements. Where it failed, `error` is a sentence and only what came before is there.

    Bytes are of the weight files (`file_bytes`), of the weight tensors in memory (`footprint`), and of what loading
    adds at its highest to the `before_bytes` of a fresh process (`peak_bytes`). `layers_changed` of the model's
    `layers` linear layers are stored otherwise than in fp32. Speeds are medians in tokens per second with their
    spread: `prefill_…` for reading a prompt of `prefill_tokens` at once, `tokens_per_second`, `slowest` and `fastest`
    for writing one token after another. Against fp32, in turns with it, a precision writes `ratio` times as fast, with
    its 95 % interval from `ratio_low` to `ratio_high`, and reads `prefill_ratio` times as fast; `busy` is the part of
    the processor (0 to 1) that others used meanwhile. What may be said of these, `speeds.verdict` tells.
    `top1_agreement` (0 to 1) and `kl_divergence` (nats, KL(fp32 ‖ this)) compare the expected next tokens with those
    of fp32 at the text's first `agreement_positions`. `unreadable` is the share of the prompt or of the measured text,
    whichever is larger, that the tokenizer cannot represent, 0 to 1, and `unreadable_signs` some of it.
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
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    prefill_ratio: float | None = None
    prefill_ratio_low: float | None = None
    prefill_ratio_high: float | None = None
    busy: float | None = None
    perplexity: float | None = None
    bits_per_byte: float | None = None
    top1_agreement: float | None = None
    kl_divergence: float | None = None
    agreement_positions: int | None = None
    sample: str | None = None
    unreadable: float | None = None
    unreadable_signs: str | None = None
    error: str | None = None

    @property
    def timed(self) -> bool:
        """Whether its speed was measured."""
        return self.tokens_per_second is not None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, with `speed_verdict`: what may be said of its speed; what was not measured is None."""
        return asdict(self) | {"speed_verdict": verdict(self)}


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
