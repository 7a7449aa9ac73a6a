"""Every number that an experiment measured, as two tables: sizes and quality, and speeds."""

import pandas as pd
import streamlit as st

from quantization.experiments.compare import Row

FORMATS = {
    "File, MB": "%.1f",
    "Footprint, MB": "%.1f",
    "Peak, MB": "%.1f",
    "Load, s": "%.2f",
    "Tokens/s": "%.1f",
    "Prefill tokens/s": "%.0f",
    "Perplexity": "%.2f",
    "Bits per byte": "%.3f",
    "Same next word": "percent",
    "KL, nats": "%.4f",
}
HELP = {
    "File, MB": "The model was saved, and its weight files weighed.",
    "Footprint, MB": "All weight tensors in memory.",
    "Peak, MB": "What loading added at its highest, in a fresh process.",
    "Layers changed": "Of the linear layers, how many are stored otherwise than in fp32.",
    "Prefill tokens/s": "Reading a long prompt at once; the spread is slowest–fastest.",
    "Tokens/s": "Writing one token after another; the spread is slowest–fastest.",
    "Same next word": "Where fp32 and this precision find the same next token likeliest.",
    "KL, nats": "KL divergence of the next-token probabilities, KL(fp32 ‖ this precision), mean over the positions.",
}
SPEEDS = ("Load, s", "Tokens/s", "Spread", "Prefill tokens/s", "Its spread")


def show_table(rows: list[Row]) -> None:
    """Every number that was measured, of those that broke off too."""
    columns = {
        name: st.column_config.NumberColumn(format=FORMATS[name], help=HELP.get(name))
        if name in FORMATS
        else st.column_config.TextColumn(help=about)
        for name, about in {**dict.fromkeys(FORMATS), **HELP}.items()
    }
    whole = table(rows)
    speeds = [name for name in SPEEDS if name in whole]
    # One table would be wider than the page, and the quality out of sight.
    st.dataframe(whole.drop(columns=speeds), hide_index=True, column_config=columns)
    if speeds:
        st.dataframe(whole[["Precision", *speeds]], hide_index=True, column_config=columns)


def table(rows: list[Row]) -> pd.DataFrame:
    """The numbers under the names that people read; sizes in MB. Rows and columns without any are left out."""
    return pd.DataFrame([_cells(row) for row in rows if holds_something(row)]).dropna(axis="columns", how="all")


def holds_something(row: Row) -> bool:
    """Whether anything was measured before it ended or broke off."""
    return any(value is not None for name, value in row.as_dict().items() if name not in ("precision", "error"))


def _cells(row: Row) -> dict[str, str | float | None]:
    return {
        "Precision": row.precision,
        "File, MB": _megabytes(row.file_bytes),
        "Footprint, MB": _megabytes(row.footprint),
        "Peak, MB": _megabytes(row.peak_bytes),
        "Layers changed": None if row.layers is None else f"{row.layers_changed} of {row.layers}",
        "Load, s": row.load_seconds,
        "Tokens/s": row.tokens_per_second,
        "Spread": _spread(row.slowest, row.fastest, 1),
        "Prefill tokens/s": row.prefill_tokens_per_second,
        "Its spread": _spread(row.prefill_slowest, row.prefill_fastest, 0),
        "Perplexity": row.perplexity,
        "Bits per byte": row.bits_per_byte,
        "Same next word": row.top1_agreement,
        "KL, nats": row.kl_divergence,
    }


def _megabytes(count: int | None) -> float | None:
    return None if count is None else count / 1e6


def _spread(slowest: float | None, fastest: float | None, digits: int) -> str | None:
    return None if slowest is None or fastest is None else f"{slowest:,.{digits}f}–{fastest:,.{digits}f}"
