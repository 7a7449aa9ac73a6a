"""What a model leaves behind: a chart of memory through the cycles, the verdict, the readings and files."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.ui.downloads import show_report_files
from apps.ui.markdown import message
from apps.ui.run import Outcome, show_end
from models.wording import size_text
from quantization.experiments.memory_cycle import LARGE_MODEL, MOMENTS, Cycle, MemoryReading
from quantization.experiments.memory_cycle_report import PROMISED, CycleReport, verdict

MOMENT_COLOURS = [BASELINE_COLOUR, COLOUR, "#e0a526", "#2b9464"]
# What is drawn, by the field of a MemoryReading; on the CPU only the first is there.
MEASURES = {"resident": "process (resident)", "allocated": "CUDA allocated", "reserved": "CUDA reserved"}
DASHES = [[1, 0], [6, 3], [2, 2]]
MOST_CYCLES_WITH_WORDS = 3


def report_of(items: Sequence[Any]) -> CycleReport | None:
    """The report made at the beginning, with what has come since; None before there is one."""
    begun = next((item for item in items if isinstance(item, CycleReport)), None)
    if begun is None:
        return None
    readings = tuple(item for item in items if isinstance(item, MemoryReading))
    return replace(begun, readings=readings, cycles=tuple(item for item in items if isinstance(item, Cycle)))


def show_report(report: CycleReport | None) -> None:
    """The chart, the verdict and the cycles so far."""
    if report is None or not report.readings:
        return
    sentences = verdict(report.cycles)
    if sentences is not None:
        first, _, rest = sentences.partition(". ")
        st.markdown(f"**{message(first)}.** {message(rest)}")
    st.altair_chart(memory_chart(report.readings, report.cycles_asked), width="stretch")
    if report.cycles:
        show_cycles(report.cycles)


def show_outcome(outcome: Outcome) -> None:
    """The results with their conditions and files."""
    report = report_of(outcome.items)
    show_report(report)
    show_end(outcome)
    if report is not None and report.readings:
        st.caption(method(report))
        show_report_files("memory-freed", report.to_csv(), report.to_json(), report.to_markdown())


def memory_chart(readings: Sequence[MemoryReading], cycles: int) -> alt.LayerChart:
    """Memory from reading to reading, a step for each; room for all `cycles` from the beginning."""
    moments = [f"{cycle} · {moment}" for cycle in range(1, cycles + 1) for moment in MOMENTS]
    table = pd.DataFrame(
        [
            {"when": f"{reading.cycle} · {reading.moment}", "moment": reading.moment, "measure": name,
             "megabytes": amount / 1e6, "written": megabytes(amount), "cycle": reading.cycle}
            for reading in readings
            for field, name in MEASURES.items()
            if (amount := getattr(reading, field)) is not None
        ]
    )  # fmt: skip
    names = [name for name in MEASURES.values() if name in set(table["measure"])]
    axis = alt.Axis(labelExpr=_label(cycles), labelAngle=0, labelOverlap=False, labelLimit=140, grid=False)
    base = alt.Chart(table).encode(
        x=alt.X("when:N", sort=moments, title=None, axis=axis, scale=alt.Scale(domain=moments)),
        y=alt.Y("megabytes:Q", title="MB", scale=alt.Scale(zero=False, padding=24)),
        detail=alt.Detail("measure:N"),
    )
    dash = alt.StrokeDash(
        "measure:N",
        scale=alt.Scale(domain=names, range=DASHES[: len(names)]),
        legend=alt.Legend(title=None, orient="top") if len(names) > 1 else None,
    )
    colours = alt.Scale(domain=list(MOMENTS), range=MOMENT_COLOURS)
    legend = alt.Legend(title=None, orient="top")
    lines = base.mark_line(interpolate="step", color=BASELINE_COLOUR, strokeWidth=2).encode(strokeDash=dash)
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        color=alt.Color("moment:N", scale=colours, legend=legend),
        tooltip=[alt.Tooltip("cycle:O"), alt.Tooltip("moment:N"), alt.Tooltip("measure:N"), alt.Tooltip("written:N")],
    )
    numbers = base.mark_text(dy=-13, fontSize=11, color=BASELINE_COLOUR).encode(text=alt.Text("written:N"))
    layers = [lines, points, numbers] if cycles <= MOST_CYCLES_WITH_WORDS else [lines, points]
    return layered(*layers).properties(height=340)


def _label(cycles: int) -> str:
    """“1 · before load” word by word beneath each other; of many cycles only where each begins."""
    begins = "slice(datum.value, -11) == 'before load'"
    cycle, words = "'cycle ' + split(datum.value, ' · ')[0]", "split(split(datum.value, ' · ')[1], ' ')"
    if cycles > MOST_CYCLES_WITH_WORDS:
        return f"{begins} ? {cycle} : ''"
    return f"[{begins} ? {cycle} : '', {words}[0], {words}[1]]"


def show_cycles(cycles: Sequence[Cycle]) -> None:
    """A row for each finished cycle."""
    rows = [
        {"Cycle": cycle.number, **{reading.moment.capitalize(): amounts(reading) for reading in cycle.readings}}
        | {"Remains": megabytes(cycle.remains) if cycle.remains > 0 else "nothing", "Of the footprint": percent(cycle)}
        for cycle in cycles
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True)
    if len(cycles) > 1:
        st.caption("The first cycle also loads the libraries, and they stay; what counts is every cycle after it.")


def amounts(reading: MemoryReading) -> str:
    """The memory of one reading; on CUDA what is allocated, what is reserved, and the process."""
    if reading.allocated is None:
        return megabytes(reading.resident)
    parts = (reading.allocated, reading.reserved or 0, reading.resident)
    return " · ".join(megabytes(part) for part in parts)


def megabytes(amount: int) -> str:
    """Always in megabytes, because readings are compared: 998 MB, 1,006 MB, 0.4 MB."""
    return f"{amount / 1e6:,.{0 if amount >= 9.95e6 else 1}f} MB"


def percent(cycle: Cycle) -> str:
    """What remains in per cent of the footprint; not of the first cycle, whose libraries have nothing to do with it."""
    if cycle.number == 1:
        return "–"
    return f"{100 * max(0.0, cycle.part):.1f} %"


def method(report: CycleReport) -> str:
    """What was read, and on what."""
    facts = report.conditions
    footprint = f", footprint {size_text(report.cycles[0].footprint)}" if report.cycles else ""
    where = (
        "the process's resident set"
        if report.device == "cpu"
        else "what torch holds on the card (allocated · reserved · the process on the CPU)"
    )
    return (
        f"{message(report.model_id)} in {report.precision} on {report.device} ({message(facts['processor'])})"
        f"{footprint}. Read: {where}; after load once every page of the weights had been touched. Promised: at most "
        f"{PROMISED} of the footprint from the second cycle on, for models from {size_text(LARGE_MODEL)} on."
    )
