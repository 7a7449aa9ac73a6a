"""How fast the suite is here: what is sure in words, a chart, every figure, the machine; and two machines compared."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from apps.laboratory.speed_here.charts import machines_chart, ratio_chart, times_chart
from apps.ui.downloads import show_download
from apps.ui.markdown import message
from apps.ui.run import Outcome, show_end
from models.wording import size_text
from quantization.experiments.speeds import Verdict
from quantization.race.compared import NAMES, Comparison, remarks
from quantization.race.report import METHOD, SpeedReport, with_rows
from quantization.race.row import SpeedRow, cautions, measured, number_text, rate_text, ratio_text, verdict

FILE = "speed-here"
# Pixels, together no more than a page has on a screen of 1280.
WIDTHS = {"Model": 180, "Precision": 90, "Ratio (95 %)": 155, "Here": 70, "Plain": 70, "Each second": 95, "Says": 158}
COLUMNS = {name: st.column_config.Column(width=width) for name, width in WIDTHS.items()}


def report_of(items: Sequence[Any], finished: bool = False) -> SpeedReport | None:
    """The report made at the beginning, with the rows up to now; None before it has begun."""
    begun = next((item for item in items if isinstance(item, SpeedReport)), None)
    if begun is None:
        return None
    return with_rows(begun, [item for item in items if isinstance(item, SpeedRow)], finished)


def show_report(report: SpeedReport | None) -> None:
    """What has been measured so far; nothing before there is any."""
    if report is None or not report.rows:
        return
    for row in report.rows:
        if row.error is not None:
            st.warning(f"**{message(row.name)}**: {message(row.error)}", icon=":material/warning:")
    rows = measured(report.rows)
    if not rows:
        return
    for sentence in cautions(rows):
        st.warning(message(sentence), icon=":material/speed:")
    if (best := headline(rows)) is not None:
        st.markdown(best)
    st.altair_chart(ratio_chart(rows), width="stretch")
    st.dataframe(speed_table(rows), hide_index=True, height="content", column_config=COLUMNS)
    with st.expander("Rounds, other programs, weights and work"):
        st.dataframe(details_table(rows), hide_index=True, height="content")


def headline(rows: Sequence[SpeedRow]) -> str | None:
    """The largest gain that is sure, in a sentence; None where none is."""
    sure = [row for row in rows if verdict(row) == Verdict.FASTER]
    if not sure:
        return None
    best = max(sure, key=lambda row: row.ratio or 0.0)
    here = rate_text(best.here_per_second or 0.0, best.unit)
    plain = rate_text(best.plain_per_second or 0.0, best.unit)
    return (
        f"Fastest against plain PyTorch: **{message(best.model_id)}** in {message(best.precision)} with **{here}** "
        f"instead of {plain}, {ratio_text(best)}."
    )


def speed_table(rows: Sequence[SpeedRow]) -> pd.DataFrame:
    """What one looks at first, a line for each model and precision, no wider than a laptop's screen."""
    return pd.DataFrame(
        {
            "Model": [row.model_id for row in rows],
            "Precision": [row.precision for row in rows],
            "Ratio (95 %)": [ratio_text(row) for row in rows],
            "Here": [number_text(row.here_per_second) for row in rows],
            "Plain": [number_text(row.plain_per_second) for row in rows],
            "Each second": [f"{row.unit}s" for row in rows],
            "Says": [str(verdict(row) or "") for row in rows],
        }
    )


def details_table(rows: Sequence[SpeedRow]) -> pd.DataFrame:
    """How each line was measured."""
    return pd.DataFrame(
        {
            "Model": [row.model_id for row in rows],
            "Precision": [row.precision for row in rows],
            "Rounds": [row.rounds for row in rows],
            "Used by others": ["–" if row.busy is None else f"{row.busy:.0%}" for row in rows],
            "Weights": ["–" if row.footprint is None else size_text(row.footprint) for row in rows],
            "Work of a round": [row.work for row in rows],
        }
    )


def show_outcome(outcome: Outcome) -> None:
    """The results with what they took, the machine, and the file to take to another one."""
    report = report_of(outcome.items, finished=outcome.measured is not None)
    show_report(report)
    show_end(outcome)
    if report is not None and report.rows:
        show_machine(report)
        st.caption(METHOD)
        with st.container(horizontal=True):
            show_download("JSON, to compare two machines", report.to_json(), f"{FILE}.json", "application/json")
            show_download("Markdown", report.to_markdown(), f"{FILE}.md", "text/markdown")


def show_machine(report: SpeedReport) -> None:
    """The machine's facts in one line."""
    st.caption(" · ".join(f"**{name}** {message(value)}" for name, value in report.facts().items()))


def show_comparison(found: Comparison) -> None:
    """Two machines beside each other: their facts, what to beware of, both charts and every figure."""
    for column, name, report in zip(st.columns(2), NAMES, (found.a, found.b), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{name}**: {message(report.conditions['processor'])}")
            show_machine(report)
            if not report.finished:
                st.caption(":material/info: Stopped before the end: a part of the work is missing.")
    for sentence in remarks(found):
        st.info(message(sentence), icon=":material/info:")
    if found.pairs:
        left, right = st.columns(2, gap="medium")
        left.altair_chart(times_chart(found.pairs), width="stretch")
        right.altair_chart(machines_chart(found.pairs), width="stretch")
        st.dataframe(comparison_table(found), hide_index=True, height="content")


def comparison_table(found: Comparison) -> pd.DataFrame:
    """A line for each piece of work that both machines have done."""
    return pd.DataFrame(
        {
            "Model": [pair.a.model_id for pair in found.pairs],
            "Precision": [pair.a.precision for pair in found.pairs],
            "B against A": [f"{pair.times:.2f} ×" for pair in found.pairs],
            "A": [number_text(pair.a.here_per_second) for pair in found.pairs],
            "B": [number_text(pair.b.here_per_second) for pair in found.pairs],
            "Each second": [f"{pair.a.unit}s" for pair in found.pairs],
            "A against plain": [ratio_text(pair.a) for pair in found.pairs],
            "B against plain": [ratio_text(pair.b) for pair in found.pairs],
        }
    )
