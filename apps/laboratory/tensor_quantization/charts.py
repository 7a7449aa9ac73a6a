"""A quantized layer drawn: its weights before and after, where the error is, and what bits and scales change."""

import math
from collections.abc import Sequence

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from quantization.mapping import Mapping
from quantization.see.tensor_study import Errors, Histogram

GRANULARITY_COLOURS = {"tensor": "#c4553b", "channel": COLOUR, "group": "#2b9464"}
SUBTITLE = "about 6 dB a bit · a scale for each tensor, channel or group"
Picture = Sequence[Sequence[float]]


def histogram_chart(histogram: Histogram) -> alt.LayerChart:
    """How many weights have which value, before as an area and after as bars."""
    edges = histogram.edges
    table = pd.DataFrame(
        {
            "from": edges[:-1],
            "to": edges[1:],
            "before": histogram.before,
            "after": histogram.after,
        }
    )
    base = alt.Chart(table, title=_heading("Weights before and after", "grey: before · blue: what is stored")).encode(
        x=alt.X("from:Q", title=None, axis=alt.Axis(format="~g"), scale=alt.Scale(nice=False)),
        x2=alt.X2("to:Q"),
        y2=alt.datum(0),
        tooltip=[
            alt.Tooltip("from:Q", format=".4g"),
            alt.Tooltip("to:Q", format=".4g"),
            alt.Tooltip("before:Q"),
            alt.Tooltip("after:Q"),
        ],
    )
    return layered(
        base.mark_rect(color=BASELINE_COLOUR, opacity=0.6).encode(y=_count("before")),
        base.mark_rect(color=COLOUR, opacity=0.7).encode(y=_count("after")),
    ).properties(height=320)


def _count(name: str) -> alt.Y:
    # Square roots: with few bits one level holds so many weights that nothing else could be seen.
    return alt.Y(f"{name}:Q", title=None, scale=alt.Scale(type="sqrt"), axis=alt.Axis(tickCount=5, format=",d"))


def picture_chart(picture: Picture, title: str, subtitle: str, brightest: float) -> alt.Chart:
    """A cell for each part of the matrix, outputs down and inputs across; colours reach from 0 to `brightest`."""
    scale = alt.Scale(scheme="viridis", domain=[0, brightest or 1.0], clamp=True)
    legend = alt.Legend(
        title=None, type="gradient", orient="bottom", format="~g", tickCount=4, gradientLength=220, offset=4
    )
    rows = [(row, column, value) for row, line in enumerate(picture) for column, value in enumerate(line)]
    return (
        alt.Chart(pd.DataFrame(rows, columns=["output", "input", "size"]), title=_heading(title, subtitle))
        .mark_rect(strokeWidth=0.7)
        .encode(
            x=alt.X("input:O", axis=None),
            y=alt.Y("output:O", axis=None),
            color=alt.Color("size:Q", scale=scale, legend=legend),
            stroke=alt.Stroke("size:Q", scale=scale, legend=None),  # else the background shines through between cells
            tooltip=[alt.Tooltip("size:Q", format=".4g")],
        )
        .properties(height=300)
    )


def bits_chart(points: Sequence[Errors], chosen: Mapping, ratio: float) -> alt.LayerChart:
    """The signal-to-noise ratio for 2 to 8 bits, a line for each granularity; the current choice as a large point."""
    table = pd.DataFrame(
        [
            (point.mapping.granularity, point.mapping.bits, point.signal_to_noise, point.bits_per_weight)
            for point in points
            if math.isfinite(point.signal_to_noise)
        ],
        columns=["granularity", "bits", "decibels", "bits per weight"],
    )
    scale = alt.Scale(domain=list(GRANULARITY_COLOURS), range=list(GRANULARITY_COLOURS.values()))
    colour = alt.Color(
        "granularity:N", scale=scale, legend=alt.Legend(title=None, orient="top-left", direction="horizontal")
    )
    base = alt.Chart(table, title=_heading("Signal-to-noise ratio, dB", SUBTITLE)).encode(
        x=alt.X("bits:Q", title="bits", scale=alt.Scale(domain=[1.8, 8.2], nice=False), axis=alt.Axis(tickMinStep=1)),
        y=alt.Y("decibels:Q", title=None),
        color=colour,
        tooltip=[
            alt.Tooltip("granularity:N"),
            alt.Tooltip("bits:Q"),
            alt.Tooltip("decibels:Q", format=".1f"),
            alt.Tooltip("bits per weight:Q", format=".2f"),
        ],
    )
    here = pd.DataFrame([(chosen.granularity, chosen.bits, ratio)], columns=["granularity", "bits", "decibels"])
    mark = alt.Chart(here[here["decibels"].map(math.isfinite)]).mark_point(size=260, strokeWidth=3)
    return layered(
        base.mark_line(point=alt.OverlayMarkDef(size=35)),
        mark.encode(x=alt.X("bits:Q"), y=alt.Y("decibels:Q"), color=colour),
    ).properties(height=320)


def _heading(title: str, subtitle: str) -> alt.Title:
    return alt.Title(title, subtitle=subtitle, anchor="start", subtitleColor=BASELINE_COLOUR)
