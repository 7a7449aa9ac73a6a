"""What `quantize` found and kept, printed."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from apps.terminal.output import note, result, result_table
from apps.words.amounts import seconds_text, size_text
from models.catalog import ModelCard
from models.weights import hub
from quantization.experiments.verdicts import (
    BASELINE,
    MOST_PERPLEXITY_RISE,
    baseline_of,
    costs_too_much,
    perplexity_rise,
)

if TYPE_CHECKING:
    from quantization.experiments.compare import Row

COLUMNS: dict[str, Callable[["Row"], str]] = {
    "PRECISION": lambda row: row.precision,
    "FILE": lambda row: _written(row.file_bytes, size_text),
    "FOOTPRINT": lambda row: _written(row.footprint, size_text),
    "PEAK": lambda row: _written(row.peak_bytes, size_text),
    "LAYERS": lambda row: _written(row.layers, lambda layers: f"{row.layers_changed}/{layers}"),
    "LOADING": lambda row: _written(row.load_seconds, seconds_text),
    "PREFILL/S": lambda row: _written(row.prefill_tokens_per_second, "{:.0f}".format),
    "TOKENS/S": lambda row: _written(row.tokens_per_second, "{:.1f}".format),
    "PERPLEXITY": lambda row: _written(row.perplexity, "{:.2f}".format),
    "BITS/BYTE": lambda row: _written(row.bits_per_byte, "{:.3f}".format),
    "SAME": lambda row: _written(row.top1_agreement, "{:.1%}".format),
    "KL": lambda row: _written(row.kl_divergence, "{:.4f}".format),
}


def show_measured(rows: list["Row"]) -> None:
    """A line for each precision with a measurement, what each of them wrote, and warnings."""
    shown = [row for row in rows if row.footprint is not None or row.file_bytes is not None]
    headings = tuple(COLUMNS)
    result_table(headings, [tuple(write(row) for write in COLUMNS.values()) for row in shown], numbers=headings[1:])
    for row in shown:
        if row.sample is not None:
            result(f"\n{row.precision}: {row.sample}")
    _warn(rows)


def _warn(rows: list["Row"]) -> None:
    baseline = baseline_of(rows)
    if baseline is None and any(row.error is None for row in rows):
        note(f"Without {BASELINE} there is no agreement to measure. Add --precision {BASELINE}.")
    for row in rows:
        if baseline is not None and row.error is None and costs_too_much(row, baseline):
            note(
                f"{row.precision} raises perplexity by {100 * perplexity_rise(row, baseline):.1f} % over {BASELINE}, "
                f"more than {100 * MOST_PERPLEXITY_RISE:.0f} %. Take another where quality counts."
            )


def show_kept(card: ModelCard, folder: Path) -> None:
    """Where a model was kept, and a command that uses it."""
    result(f"\nKept in {folder} ({size_text(hub.bytes_below(folder))}). Every page and command takes it as a model.")
    if (command := card.task.row.command(folder)) is not None:
        result(command)


def _written(value: float | None, write: Callable[[float], str]) -> str:
    return "–" if value is None else write(value)
