"""The bars of a memory plan: what each precision needs, by what it is for, beside what this machine has."""

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from apps.laboratory.model_memory.sentences import total_text
from apps.ui.charts import BASELINE_COLOUR, layered
from models.wording import size_text
from quantization.predict.forecast import Room
from quantization.predict.plan import COMPONENTS, WEIGHTS, MemoryPlan

# Weights in blues and greens, what comes and goes in warm tones; readable on the light and on the dark background.
_TONES = (
    *("#7fb2d6", "#3480b3", "#1f5f8b", "#2b7a78", "#9aa3ad", "#4a9c8c", "#80868e", "#3480b3"),
    *("#b9bdc3", "#e0a526", "#c4553b", "#9a6fb0", "#6b4c86"),
)
COLOURS = dict(zip(COMPONENTS, _TONES, strict=True))
FARTHEST = 4.0  # times the longest bar: a line beyond would leave nothing of the bars to be seen
BAR_HEIGHT = 44
AXIS_AND_LEGEND = 150  # with less, a single bar would reach above the chart, into the words of the line


def plan_chart(plans: Sequence[MemoryPlan], rooms: Sequence[Room]) -> alt.LayerChart:
    """A bar for each plan, divided into its components, with a line for each room that is not far beyond them."""
    longest = _longest(plans)
    lines = [room for room in rooms if room not in rooms_beyond(plans, rooms)]
    unit, factor = ("GB", 1e9) if longest >= 1e9 else ("MB", 1e6)
    reach = 1.12 * max([longest, *(room.total for room in lines)]) / factor
    scale = alt.Scale(domain=[0, reach], nice=False)
    x = alt.X("value:Q", title=unit, scale=scale, stack="zero", axis=alt.Axis(tickCount=8))
    order = [plan.precision for plan in plans]
    y = alt.Y("precision:N", sort=order, title=None, axis=alt.Axis(labelLimit=160, labelFlush=False))
    layers = [_bars(plans, factor, x, y), _totals(plans, factor, scale, y)]
    if ranges := [plan for plan in plans if plan.most is not None]:
        layers.insert(1, _ranges(ranges, factor, scale, y))
    if lines:
        layers += _lines(lines, factor, scale)
    return layered(*layers).properties(height=BAR_HEIGHT * len(plans) + AXIS_AND_LEGEND)


def rooms_beyond(plans: Sequence[MemoryPlan], rooms: Sequence[Room]) -> list[Room]:
    """The rooms whose line would be so far away that nothing of the bars could be seen."""
    return [room for room in rooms if room.total > FARTHEST * _longest(plans)]


def _longest(plans: Sequence[MemoryPlan]) -> int:
    return max(max(plan.total, plan.most or 0) for plan in plans)


def _bars(plans: Sequence[MemoryPlan], factor: float, x: alt.X, y: alt.Y) -> alt.Chart:
    rows = [
        (plan.precision, name, size / factor, size_text(size), order)
        for plan in plans
        for order, (name, size) in enumerate(plan.visible.items())
    ]
    table = pd.DataFrame(rows, columns=["precision", "part", "value", "size", "order"])
    used = [name for name in COMPONENTS if name in set(table["part"])]
    colours = alt.Scale(domain=used, range=[COLOURS[name] for name in used])
    columns = len(used) if len(used) < 6 else math.ceil(len(used) / 2)  # all in a row, or two rows of like length
    legend = alt.Legend(orient="bottom", title=None, columns=columns, labelLimit=200)
    return (
        alt.Chart(table)
        .mark_bar(size=24)
        .encode(
            x=x,
            y=y,
            color=alt.Color("part:N", scale=colours, legend=legend, sort=used),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("precision:N"), alt.Tooltip("part:N"), alt.Tooltip("size:N")],
        )
    )


def _ranges(plans: Sequence[MemoryPlan], factor: float, scale: alt.Scale, y: alt.Y) -> alt.Chart:
    """From what is needed at least to what is needed at most, paler."""
    rows = [
        (plan.precision, plan.total / factor, (plan.most or plan.total) / factor, total_text(plan)) for plan in plans
    ]
    table = pd.DataFrame(rows, columns=["precision", "least", "most", "size"])
    bar = alt.Chart(table).mark_bar(size=24, color=COLOURS[WEIGHTS], opacity=0.35)
    return bar.encode(
        x=alt.X("least:Q", scale=scale),
        x2=alt.X2("most:Q"),
        y=y,
        tooltip=[alt.Tooltip("precision:N"), alt.Tooltip("size:N")],
    )


def _totals(plans: Sequence[MemoryPlan], factor: float, scale: alt.Scale, y: alt.Y) -> alt.Chart:
    rows = [(plan.precision, (plan.most or plan.total) / factor, total_text(plan)) for plan in plans]
    table = pd.DataFrame(rows, columns=["precision", "value", "written"])
    words = alt.Chart(table).mark_text(align="left", dx=6, color=BASELINE_COLOUR, fontWeight="bold")
    return words.encode(x=alt.X("value:Q", scale=scale), y=y, text=alt.Text("written:N"))


def _lines(rooms: Sequence[Room], factor: float, scale: alt.Scale) -> list[alt.Chart]:
    table = pd.DataFrame(
        [(room.total / factor, f"{room.name} {size_text(room.total)}") for room in rooms], columns=["value", "written"]
    )
    base = alt.Chart(table).encode(x=alt.X("value:Q", scale=scale))
    rule = base.mark_rule(strokeDash=[5, 4], strokeWidth=2, color="#c4553b")
    words = base.mark_text(color="#c4553b", fontWeight="bold", baseline="bottom")
    return [rule, words.encode(text=alt.Text("written:N"), y=alt.value(-4))]  # above the bars
