"""Bars of how many times as fast: each with its interval, and a line where both sides would be equal."""

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, FAST_COLOUR, layered
from quantization.experiments.speeds import Verdict
from quantization.race.compared import NAMES, Pair
from quantization.race.row import SpeedRow, rate_text, verdict

# Pixels: of a bar with its neighbour's distance, of two bars with it, of heading and axis.
BAR, BAR_OF_TWO, TITLE = 30, 42, 96
SURE = (Verdict.FASTER, Verdict.SLOWER)
SUBTITLE = "1 × is equally fast; lines are 95 % intervals. Blue: surely faster, orange: surely slower, grey: neither"
MACHINES = (BASELINE_COLOUR, COLOUR)


def ratio_chart(rows: Sequence[SpeedRow]) -> alt.LayerChart:
    """A bar for each row that was measured: blue where faster is sure, orange where slower is, grey where neither."""
    table = pd.DataFrame([_line(row) for row in rows])
    base = _bars(table, "How many times as fast as plain PyTorch", SUBTITLE, rows)
    colours = alt.Scale(domain=["faster", "slower", "not sure"], range=[COLOUR, FAST_COLOUR, BASELINE_COLOUR])
    colour = alt.Color("standing:N", scale=colours, legend=None)
    tooltip = _tooltips("model", "precision", "work", "plain", "here", "says")
    bars = base.mark_bar(cornerRadiusEnd=3, size=15).encode(color=colour, tooltip=tooltip)
    spread = base.mark_rule(strokeWidth=2, color="#5f6670").encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    return layered(bars, spread, _one(), _labels(base)).properties(height=BAR * len(table) + TITLE)


def _line(row: SpeedRow) -> dict[str, object]:
    ratio = row.ratio or 0.0
    found = verdict(row)
    return {
        "name": row.name,
        "model": row.model_id,
        "precision": row.precision,
        "work": row.work,
        "plain": rate_text(row.plain_per_second or 0.0, row.unit),
        "here": rate_text(row.here_per_second or 0.0, row.unit),
        "ratio": ratio,
        "low": ratio if row.ratio_low is None else row.ratio_low,
        "high": ratio if row.ratio_high is None else row.ratio_high,
        "standing": str(found) if found in SURE else "not sure",
        "says": str(found),
        "label": f"{ratio:.2f} ×",
    }


def machines_chart(pairs: Sequence[Pair]) -> alt.LayerChart:
    """For each piece of work the ratio on machine A and on machine B beside each other."""
    sides = [(name, row) for pair in pairs for name, row in zip(NAMES, (pair.a, pair.b), strict=True)]
    table = pd.DataFrame([_line(row) | {"machine": name} for name, row in sides])
    rows = [row for _, row in sides]
    base = _bars(table, "Each machine against plain PyTorch", "1 × is equally fast. Grey: A, blue: B", rows).encode(
        yOffset=alt.YOffset("machine:N", sort=list(NAMES))
    )
    colour = alt.Color("machine:N", scale=alt.Scale(domain=list(NAMES), range=list(MACHINES)), legend=None)
    bars = base.mark_bar(cornerRadiusEnd=3).encode(color=colour, tooltip=_tooltips("name", "machine", "here", "label"))
    return layered(bars, _one(), _labels(base)).properties(height=BAR_OF_TWO * len(pairs) + TITLE)


def times_chart(pairs: Sequence[Pair]) -> alt.LayerChart:
    """How many times as much machine B gets done as A, both the suite's own way."""
    lines = [
        {
            "name": pair.a.name, "ratio": pair.times, "label": f"{pair.times:.2f} ×",
            "A": rate_text(pair.a.here_per_second or 0.0, pair.a.unit),
            "B": rate_text(pair.b.here_per_second or 0.0, pair.b.unit),
        }
        for pair in pairs
    ]  # fmt: skip
    heading = "How many times as fast B does the same work as A"
    base = _bars(pd.DataFrame(lines), heading, "1 × is equally fast", [pair.a for pair in pairs])
    bars = base.mark_bar(cornerRadiusEnd=3, size=15, color=COLOUR).encode(tooltip=_tooltips("name", "A", "B", "label"))
    return layered(bars, _one(), _labels(base)).properties(height=BAR_OF_TWO * len(lines) + TITLE)


def _bars(table: pd.DataFrame, title: str, subtitle: str, rows: Sequence[SpeedRow]) -> alt.Chart:
    highest = max([1.0, *table["ratio"], *table.get("high", [])])
    top = 1.18 * highest if math.isfinite(highest) else 1.0  # room for the number behind the longest bar
    heading = alt.Title(title, subtitle=subtitle, anchor="start", subtitleColor=BASELINE_COLOUR)
    times = alt.Axis(labelExpr="datum.label + ' ×'", tickCount=6)
    return alt.Chart(table, title=heading).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, ticks=False, domain=False)),
        x=alt.X("ratio:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=times),
    )


def _tooltips(*names: str) -> list[alt.Tooltip]:
    return [alt.Tooltip(f"{name}:N", title=name) for name in names]


def _one() -> alt.Chart:
    line = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR, strokeWidth=2)
    return line.encode(x=alt.X("ratio:Q"))


def _labels(base: alt.Chart) -> alt.Chart:
    """The number at the right edge, where no bar and no interval reaches."""
    return base.mark_text(align="right", fontWeight="bold", color=BASELINE_COLOUR).encode(
        text=alt.Text("label:N"), x=alt.value("width")
    )
