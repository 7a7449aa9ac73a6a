"""What an experiment with several precisions found: charts, reading, table and texts."""

import inspect
import json
from dataclasses import replace

import pandas as pd
import streamlit as st

from apps.ui.charts import bars_beside_baseline
from apps.ui.downloads import show_download
from apps.ui.markdown import message
from apps.ui.run import Outcome, show_end
from apps.wording import count_text, seconds_text, size_text
from quantization.compare import Row
from quantization.measure import decode_speed
from quantization.report import Report

BASELINE = "fp32"


def show_outcome(outcome: Outcome) -> None:
    """The results with what they took and how they came about."""
    rows = rows_of(outcome)
    show_rows(rows, outcome.request["prompt"])
    show_end(outcome)
    if rows:
        found = make_report(outcome)
        st.caption(method(outcome, found))
        show_downloads(outcome, found)


def rows_of(outcome: Outcome) -> list[Row]:
    """The precisions that are finished."""
    return [item for item in outcome.items if isinstance(item, Row)]


def baseline_of(rows: list[Row]) -> Row | None:
    """The fp32 row, if it was measured."""
    return next((row for row in rows if row.precision == BASELINE and row.error is None), None)


def show_rows(rows: list[Row], prompt: str) -> None:
    """Table, charts, reading and samples of what has been measured so far."""
    good = [row for row in rows if row.error is None]
    for row in rows:
        if row.error is not None:
            st.warning(f"**{row.precision}**: {message(row.error)}", icon=":material/warning:")
    if not good:
        return
    show_charts(good)
    show_reading(good)
    show_table(good)
    show_samples(good, prompt)


def show_charts(rows: list[Row]) -> None:
    """File size, speed and perplexity, with fp32 as the line to compare with."""
    baseline = BASELINE if baseline_of(rows) else None
    charts = (
        ({row.precision: row.file_bytes for row in rows}, "File size", "lower is better", size_text),
        ({row.precision: row.tokens_per_second for row in rows}, "Tokens per second", "higher is better", short_number),
        ({row.precision: row.perplexity for row in rows}, "Perplexity", "lower is better", short_number),
    )
    for column, (values, title, better, write) in zip(st.columns(3, gap="medium"), charts, strict=True):
        column.altair_chart(bars_beside_baseline(values, title, better, baseline, write))


def short_number(value: float) -> str:
    """Three significant digits or all those before the point: 0.123, 27.5, 1,611."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{digits}f}"


def reading(row: Row, baseline: Row) -> str:
    """One precision against fp32, in words."""
    return (
        f"**{row.precision}**: file {row.file_bytes / baseline.file_bytes:.2f}× of {BASELINE}, "
        f"{row.tokens_per_second / baseline.tokens_per_second:.2f}× its tokens per second, "
        f"perplexity {change_text(row.perplexity / baseline.perplexity)}"
    )


def change_text(ratio: float) -> str:
    """A ratio as a change: +0.8 %, −1.2 %, unchanged."""
    change = f"{100 * (ratio - 1):+.1f} %"
    return "unchanged" if change in ("+0.0 %", "-0.0 %") else change.replace("-", "−")


def show_reading(rows: list[Row]) -> None:
    """What the numbers say, computed from the rows."""
    baseline = baseline_of(rows)
    if baseline is None:
        st.caption(f"Choose {BASELINE} too: it is the baseline that the others are read against.")
        return
    st.markdown("\n".join(f"- {reading(row, baseline)}" for row in rows if row is not baseline))


def show_table(rows: list[Row]) -> None:
    """Every number that was measured."""
    table = pd.DataFrame(
        {
            "Precision": [row.precision for row in rows],
            "File": [size_text(row.file_bytes) for row in rows],
            "Footprint": [size_text(row.footprint) for row in rows],
            "Load time": [seconds_text(row.load_seconds) for row in rows],
            "Tokens/s": [row.tokens_per_second for row in rows],
            "Slowest–fastest": [f"{row.slowest:.1f}–{row.fastest:.1f}" for row in rows],
            "Perplexity": [row.perplexity for row in rows],
            "Bits per byte": [row.bits_per_byte for row in rows],
        }
    )
    numbers = {"Tokens/s": "%.1f", "Perplexity": "%.2f", "Bits per byte": "%.3f"}
    columns = {name: st.column_config.NumberColumn(format=shape) for name, shape in numbers.items()}
    st.dataframe(table, hide_index=True, column_config=columns)


def show_samples(rows: list[Row], prompt: str) -> None:
    """The prompt with what each precision wrote after it, side by side, as plain text."""
    for start in range(0, len(rows), 3):
        for column, row in zip(st.columns(3, gap="medium"), rows[start : start + 3], strict=False):
            with column.container(border=True, height="stretch"):
                st.markdown(f"**{row.precision}**")
                st.text(prompt + row.sample)


def method(outcome: Outcome, found: Report) -> str:
    """What was measured, how, and on what."""
    speed = inspect.signature(decode_speed).parameters
    words = len(outcome.request["text"].split())
    return (
        f"Measured with {found.model_id} on {found.device} ({found.processor}), {count_text(found.threads, 'thread')}. "
        f"Speed: the median of {speed['repeats'].default} runs of {speed['tokens'].default} tokens, after a short one "
        "to warm up, always taking the likeliest token; other work on this machine lowers it. Perplexity: a sliding "
        f"window over the measured text ({count_text(words, 'word')}). File: the model was saved and its weight files "
        f"weighed. Footprint: all weight tensors in memory. Texts: seed {found.seed}, at most "
        f"{found.max_new_tokens} tokens, with the course's settings for sampling."
    )


def make_report(outcome: Outcome) -> Report:
    """The rows with everything that is needed to repeat them: the report made at the beginning, with its rows."""
    begun = next(item for item in outcome.items if isinstance(item, Report))
    return replace(begun, rows=tuple(rows_of(outcome)))


def show_downloads(outcome: Outcome, found: Report) -> None:
    """The rows for a spreadsheet, and everything for a program."""
    details = json.dumps(found.as_dict() | {"text": outcome.request["text"]}, indent=2, ensure_ascii=False)
    with st.container(horizontal=True):
        show_download("CSV", found.to_csv(), "quantization.csv", "text/csv")
        show_download("JSON", details, "quantization.json", "application/json")
