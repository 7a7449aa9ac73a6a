"""How far apart the numbers of each format are, and where NF4's levels lie."""

import math
from collections.abc import Iterator

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.words.amounts import digits_text
from quantization.see.number_codes import NF4_LEVELS
from quantization.see.number_formats import FORMATS, FloatFormat
from quantization.see.number_report import NumberReport

# Middle tones, readable on the light and on the dark background.
COLOURS = {
    "fp32": "#80868e",
    "bf16": "#e0a526",
    "fp16": COLOUR,
    "fp8 E4M3": "#c4553b",
    "fp8 E5M2": "#9a6fb0",
    "int8": "#2b9464",
    "NF4": "#a8754f",
}
NEAR = 2_000  # how many times larger and smaller the magnitudes around the number are
# The views of the chart, and the magnitudes that the first shows: fp16, fp8 and the integers as a whole.
AROUND_ONE, WHOLE, NEAR_THE_NUMBER = "Around 1", "The whole range", "Near the number"
VIEWS = (AROUND_ONE, WHOLE, NEAR_THE_NUMBER)
_AROUND_ONE = (1e-9, 1e7)


def spacing_table(report: NumberReport) -> pd.DataFrame:
    """Where the spacing changes: `format`, `magnitude` and `spacing` from there to the format's next row."""
    rows = [(form.name, *point) for form in FORMATS for point in _float_steps(form)]
    rows += [("int8", *point) for point in _int8_steps(report)] + [("NF4", *point) for point in _nf4_steps(report)]
    return pd.DataFrame(rows, columns=["format", "magnitude", "spacing"])


def _float_steps(form: FloatFormat) -> Iterator[tuple[float, float]]:
    for power in range(round(math.log2(form.smallest_subnormal)), math.frexp(form.largest)[1]):
        yield 2.0**power, form.spacing(2.0**power)
    yield form.largest, form.spacing(form.largest)


def _int8_steps(report: NumberReport) -> Iterator[tuple[float, float]]:
    scale, zero_point = report.settings.scale, report.settings.zero_point
    for magnitude in (scale / 2, scale * max(127 - zero_point, 128 + zero_point)):
        yield magnitude, scale


def _nf4_steps(report: NumberReport) -> Iterator[tuple[float, float]]:
    levels = [level * report.settings.absmax for level in NF4_LEVELS if level >= 0]
    yield levels[1] / 2, levels[1]
    for index in range(1, len(levels) - 1):
        yield levels[index], levels[index + 1] - levels[index]
    yield levels[-1], levels[-1] - levels[-2]


def spacing_chart(report: NumberReport, view: str) -> alt.LayerChart:
    """Spacing against magnitude, both on logarithmic scales, in one of VIEWS; the number as a line."""
    size = abs(float(report.number))
    table = spacing_table(report)
    low, high = magnitudes(report, view)
    x_scale, y_scale = _scales(table, view, low, high)
    axis = alt.Axis(format="~e", tickCount=10, labelOverlap=True)
    lines = (
        alt.Chart(table)
        .mark_line(interpolate="step-after", clip=True, strokeWidth=2)
        .encode(
            x=alt.X("magnitude:Q", scale=x_scale, axis=axis, title="magnitude of the number"),
            y=alt.Y("spacing:Q", scale=y_scale, axis=axis, title="distance to the next number"),
            color=alt.Color(
                "format:N",
                scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())),
                legend=alt.Legend(title=None, orient="top", columns=7),
            ),
            tooltip=[
                alt.Tooltip("format:N"),
                alt.Tooltip("magnitude:Q", format=".4g"),
                alt.Tooltip("spacing:Q", format=".4g"),
            ],
        )
    )
    return layered(lines, *(_mark(report, size) if low <= size <= high else ())).properties(height=380)


def magnitudes(report: NumberReport, view: str) -> tuple[float, float]:
    """The smallest and the largest magnitude that a view shows; a number outside would leave nothing of the lines."""
    if view == AROUND_ONE:
        return _AROUND_ONE
    if view == WHOLE:
        return min(form.smallest_subnormal for form in FORMATS), max(form.largest for form in FORMATS)
    size = abs(float(report.number))
    middle = size if math.isfinite(size) and size > 0 else 1.0
    return middle / NEAR, middle * NEAR


def _scales(table: pd.DataFrame, view: str, low: float, high: float) -> tuple[alt.Scale, alt.Scale]:
    if view == WHOLE:
        return alt.Scale(type="log", domain=[low, high]), alt.Scale(type="log")
    reach = table.groupby("format")["magnitude"].agg(["min", "max"])
    names = reach[(reach["max"] >= low) & (reach["min"] <= high)].index
    seen = table[table["format"].isin(names) & table["magnitude"].between(low / 2, high)]["spacing"]
    spacings = [seen.min() / 2, seen.max() * 2] if len(seen) else [low, high]
    return (
        alt.Scale(type="log", domain=[low, high], nice=False),
        alt.Scale(type="log", domain=spacings, nice=False),
    )


def _mark(report: NumberReport, size: float) -> Iterator[alt.Chart]:
    number = alt.Chart(pd.DataFrame({"magnitude": [size], "name": [digits_text(float(report.number))]}))
    line = number.encode(x=alt.X("magnitude:Q"))
    yield line.mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR, strokeWidth=2, clip=True)
    yield line.mark_text(align="left", dx=5, dy=8, baseline="top", color=BASELINE_COLOUR, fontWeight="bold").encode(
        y=alt.value(0), text=alt.Text("name:N")
    )
    points = [(stored.format.name, size, stored.spacing) for stored in report.floats if stored.spacing is not None]
    yield (
        alt.Chart(pd.DataFrame(points, columns=["format", "magnitude", "spacing"]))
        .mark_point(filled=True, size=70, clip=True)
        .encode(
            x=alt.X("magnitude:Q"),
            y=alt.Y("spacing:Q"),
            color=alt.Color("format:N"),
            tooltip=[alt.Tooltip("format:N"), alt.Tooltip("spacing:Q", format=".4g")],
        )
    )


def levels_chart(report: NumberReport) -> alt.LayerChart:
    """NF4's 16 levels times absmax as lines, the chosen one in colour, and the number where it is."""
    absmax = report.settings.absmax
    table = pd.DataFrame({"level": range(16), "value": [level * absmax for level in NF4_LEVELS]})
    axis = alt.Axis(format="~g", grid=False, tickCount=7)
    chosen = alt.datum.level == (-1 if report.nf4.code is None else report.nf4.code)
    base = alt.Chart(table).encode(
        x=alt.X("value:Q", title=None, axis=axis, scale=alt.Scale(domain=[-1.08 * absmax, 1.08 * absmax], nice=False))
    )
    lines = base.mark_tick(thickness=3, height=34).encode(
        y=alt.value(38),
        color=alt.condition(chosen, alt.value(COLOURS["NF4"]), alt.value("#b9bdc3")),
        tooltip=[alt.Tooltip("level"), alt.Tooltip("value:Q", format=".6g")],
    )
    size = float(report.number)
    inside = pd.DataFrame({"value": [size] if abs(size) <= absmax else []})
    number = alt.Chart(inside).mark_point(shape="triangle-down", filled=True, size=110, color=COLOUR, opacity=1)
    return layered(lines, number.encode(x=alt.X("value:Q"), y=alt.value(10))).properties(height=110)
