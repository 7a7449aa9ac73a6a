"""The chart of quality against speed."""

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from quantization.experiments.row import BASELINE
from quantization.experiments.task_quality import QualityRow
from quantization.measure.exams import Exam

ROOM = 0.15  # of the chart's height, above and below the intervals
HEIGHT = 320


def quality_chart(rows: list[QualityRow], exam: Exam) -> alt.LayerChart:
    """The main figure with its interval against speed: up is better, right is faster."""
    heading = alt.Title(
        f"{exam.main} against speed", subtitle="up is better, right is faster; lines are 95 % intervals",
        anchor="start", subtitleColor=BASELINE_COLOUR,
    )  # fmt: skip
    table = chart_table(rows, exam)
    base = alt.Chart(table, title=heading).encode(
        x=alt.X("speed:Q", title=f"{exam.unit}s per second", scale=alt.Scale(domain=[0, 1.2 * table["speed"].max()])),
        color=alt.condition(alt.datum.precision == BASELINE, alt.value(BASELINE_COLOUR), alt.value(COLOUR)),
        tooltip=[
            alt.Tooltip("precision"),
            alt.Tooltip("score:Q", title=exam.main, format=".1f"),
            alt.Tooltip("interval"),
            alt.Tooltip("speed:Q", format=".2f"),
        ],
    )
    scale = _scale(table)
    # The titles agree, or Vega would put both beside the axis.
    low, score = (alt.Y(f"{name}:Q", title=exam.main, scale=scale) for name in ("low", "score"))
    lines = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y=low, y2=alt.Y2("high:Q"))
    points = base.mark_point(filled=True, size=110, opacity=1).encode(y=score)
    return layered(lines, points, *_names(base, scale, exam.main)).properties(height=HEIGHT)


def _scale(table: pd.DataFrame) -> alt.Scale:
    lowest, highest = table["low"].min(), table["high"].max()
    margin = ROOM * (highest - lowest or 1)
    return alt.Scale(domain=[max(0, lowest - margin), min(100, highest + margin)], clamp=True)


def _names(base: alt.Chart, scale: alt.Scale, title: str) -> list[alt.Chart]:
    """The names at the ends of the lines, by turns above and below: so none crosses a line or its neighbour's name."""
    above = base.mark_text(baseline="bottom", dy=-6, fontWeight="bold").transform_filter(alt.datum.above)
    below = base.mark_text(baseline="top", dy=6, fontWeight="bold").transform_filter(~alt.datum.above)
    ends = ((above, "high"), (below, "low"))
    return [
        names.encode(y=alt.Y(f"{end}:Q", title=title, scale=scale), text=alt.Text("precision")) for names, end in ends
    ]


def chart_table(rows: list[QualityRow], exam: Exam) -> pd.DataFrame:
    """One line for each point of the chart, from slow to fast."""
    rows = sorted(rows, key=lambda row: row.rows_per_second or 0.0)
    intervals = [row.interval for row in rows if row.interval is not None]
    return pd.DataFrame(
        {
            "precision": [row.precision for row in rows],
            "score": [row.figures[exam.main] for row in rows],
            "low": [interval.low for interval in intervals],
            "high": [interval.high for interval in intervals],
            "interval": [interval_text(row) for row in rows],
            "speed": [row.rows_per_second for row in rows],
            "above": [index % 2 == 0 for index in range(len(rows))],
        }
    )


def interval_text(row: QualityRow) -> str:
    """The main figure's interval as a range: 57–78; a row that failed has none."""
    if row.interval is None:
        return ""
    return f"{row.interval.low:.0f}–{row.interval.high:.0f}"
