"""What rounding one layer at a time has shown: sentence, heat map, sums, values and files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from apps.laboratory.layer_sensitivity.charts import heat_map, sum_bars
from apps.ui.downloads import show_report_files
from apps.ui.markdown import message
from apps.ui.run import Outcome, show_end
from apps.words.amounts import count_text, parameters_text
from models.wording import change_text
from quantization.experiments.sensitivity import Baseline, Cell
from quantization.experiments.sensitivity_report import SensitivityReport, reading, sums

MUCH_UNTOUCHED = 0.05


def report_of(items: Sequence[Any]) -> SensitivityReport | None:
    """The report made at the beginning, with what has come since; None before there is one."""
    begun = next((item for item in items if isinstance(item, SensitivityReport)), None)
    if begun is None:
        return None
    baseline = next((item for item in items if isinstance(item, Baseline)), None)
    return replace(begun, baseline=baseline, cells=tuple(item for item in items if isinstance(item, Cell)))


def show_report(report: SensitivityReport | None) -> None:
    """The charts of what has been measured so far."""
    if report is None or report.baseline is None:
        return
    summary = reading(report.cells, report.mapping.bits)
    st.markdown(message(summary or "Every field below is a place that will be rounded."))
    st.altair_chart(heat_map(report.baseline.places, report.cells), width="stretch")
    show_remarks(report.baseline)


def show_outcome(outcome: Outcome) -> None:
    """The results with their sums, values, conditions and files."""
    report = report_of(outcome.items)
    show_report(report)
    if report is not None and report.cells:
        show_sums(report.cells)
        show_values(report)
    show_end(outcome)
    if report is not None and report.baseline is not None and report.cells:
        st.caption(method(report, report.baseline))
        show_report_files("sensitivity", report.to_csv(), report.to_json(), report.to_markdown())


def show_remarks(baseline: Baseline) -> None:
    """What a reader of the heat map must know about this model."""
    for place in baseline.places:
        if place.block is None and len(place.layers) > 1:
            names = " and ".join(f"`{name}`" for name in place.layers)
            st.caption(f":material/link: {names} share one matrix: rounding it changes both.")
    whole = baseline.others + sum(place.parameters for place in baseline.places)
    if baseline.others > MUCH_UNTOUCHED * whole:
        st.caption(
            f":material/info: {parameters_text(baseline.others)} of {parameters_text(whole)} parameters are in no "
            "plain matrix; they are not rounded here."
        )


def show_sums(cells: Sequence[Cell]) -> None:
    """The changes added up, by kind and by block."""
    by_kind, by_block = sums(cells)
    left, right = st.columns(2, gap="medium")
    left.altair_chart(sum_bars(by_kind, "Sum by kind of layer"), width="stretch")
    right.altair_chart(sum_bars(by_block, "Sum by block"), width="stretch")


def show_values(report: SensitivityReport) -> None:
    """Every number that was measured."""
    with st.expander("Every value", icon=":material/table_chart:"):
        table = pd.DataFrame(
            {
                "Block": [None if cell.block is None else cell.block for cell in report.cells],
                "Kind": [cell.kind for cell in report.cells],
                "Change": [change_text(cell.change) for cell in report.cells],
                "Perplexity": [cell.perplexity for cell in report.cells],
                "Parameters": [parameters_text(cell.parameters) for cell in report.cells],
                "Layers": [", ".join(cell.layers) for cell in report.cells],
            }
        )
        columns = {"Perplexity": st.column_config.NumberColumn(format="%.3f")}
        st.dataframe(table, hide_index=True, column_config=columns)


def method(report: SensitivityReport, exact: Baseline) -> str:
    """What was measured, how, and on what; `exact` is the model before anything was rounded."""
    mapping, facts = report.mapping, report.conditions
    shared = f"group of {mapping.group_size}" if mapping.granularity == "group" else mapping.granularity
    kind = "symmetric" if mapping.symmetric else "affine"
    clipped = f", clipped at the {mapping.clipping:g}th percentile" if mapping.clipping < 100 else ""
    return (
        f"Measured with {message(report.model_id)} on {report.device} ({message(facts['processor'])}), "
        f"{count_text(facts['threads'], 'thread')}. Exact model: perplexity {exact.perplexity:,.2f} in fp32. "
        f"Weights in {mapping.bits} bits, {kind}, a scale for each {shared}{clipped}. "
        f"Text: {count_text(exact.tokens, 'token')} predicted, window {exact.window}, stride {exact.stride}."
    )
