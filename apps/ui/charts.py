"""Charts that compare a few things: bars beside a baseline, and three measures of each thing at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import altair as alt
import pandas as pd

# Middle tones, readable on the light and on the dark background.
BASELINE_COLOUR, COLOUR = "#80868e", "#3480b3"
SLOW_COLOUR, FAST_COLOUR = "#3480b3", "#e8833a"
ROOM_FOR_LABELS = 2.1  # times the longest bar; the numbers stand in a column of their own, right of every bar
BAR_HEIGHT, TITLE_HEIGHT = 21, 78  # pixels; Streamlit's height of a chart is that with its title
SCATTER_HEIGHT = 420
NAME_OFFSETS = (-26, 26, -42, 42)  # pixels below the middle of the bubble
LEAST_SPAN = 0.02
# In a narrow column value and ratio would cover the bars; the value is in the tooltip too.
_LABEL = "width < 140 ? (datum.ratio || datum.label) : datum.beside"


def layered(*charts: alt.Chart | alt.LayerChart, **properties: Any) -> alt.LayerChart:
    """Charts on top of each other, the first one at the bottom. Altair's own `layer` also gives charts with facets."""
    return alt.LayerChart(layer=list(charts), **properties)


def bars_beside_baseline(
    values: dict[str, float],
    title: str,
    better: str,
    baseline: str | None,
    write: Callable[[float], str],
    ratios: Mapping[str, float] | None = None,
) -> alt.LayerChart:
    """One bar for each name with its value as `write` puts it, and its ratio to the bar called `baseline`.

    A line extends the baseline past the other bars. `better` says how to read it (“lower is better”). `ratios` are
    those that may be claimed, where the quotient of two values is no fact, as of speeds.
    """
    highest = ROOM_FOR_LABELS * max(values.values())
    heading = alt.Title(title, subtitle=better, anchor="start", subtitleColor=BASELINE_COLOUR)
    bars = alt.Chart(_table(values, baseline, write, ratios), title=heading).encode(
        y=alt.Y(
            "precision:N",
            sort=None,
            title=None,
            axis=alt.Axis(ticks=False, domain=False, labelFontSize=11, labelOverlap=False, labelFlush=False),
        ),
        x=alt.X("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, highest])),
    )
    colour = alt.condition(alt.datum.precision == (baseline or ""), alt.value(BASELINE_COLOUR), alt.value(COLOUR))
    # Vega draws nothing at all when one layer has no axis and another does not say.
    line = bars.mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR).encode(
        y=alt.value(0), y2=alt.value("height"), x=alt.X("baseline:Q", axis=None, title=None)
    )
    layers = [
        bars.mark_bar(cornerRadiusEnd=3).encode(
            color=colour, tooltip=[alt.Tooltip("precision"), alt.Tooltip("label"), alt.Tooltip("ratio")]
        ),
        *([line] if baseline in values else []),
        bars.mark_text(align="right", color=BASELINE_COLOUR, fontWeight="bold", text=alt.ExprRef(_LABEL)).encode(
            x=alt.value("width")
        ),
    ]
    return layered(*layers).properties(height=BAR_HEIGHT * len(values) + TITLE_HEIGHT)


def _table(
    values: dict[str, float],
    baseline: str | None,
    write: Callable[[float], str],
    claimed: Mapping[str, float] | None,
) -> pd.DataFrame:
    reference = values.get(baseline) if baseline is not None else None
    labels = [write(value) for value in values.values()]
    if claimed is None:
        claimed = {name: value / reference for name, value in values.items()} if reference else {}
    ratios = [f"{claimed[name]:.2f}×" if name in claimed and name != baseline else "" for name in values]
    return pd.DataFrame(
        {
            "precision": list(values),
            "value": list(values.values()),
            "label": labels,
            "ratio": ratios,
            "beside": [f"{label} · {ratio}" if ratio else label for label, ratio in zip(labels, ratios, strict=True)],
            "baseline": [reference] * len(values),
        }
    )


@dataclass(frozen=True)
class Bubble:
    """One thing in three measures: file size in MB, perplexity, and tokens per second; `front`: nothing beats it."""

    precision: str
    megabytes: float
    perplexity: float
    speed: float
    front: bool


def size_quality_speed(bubbles: Sequence[Bubble], limit: float | None = None) -> alt.LayerChart:
    """File size to the right, perplexity upwards, speed as area and colour; those on the Pareto front have a ring.

    A line is drawn at the perplexity `limit`, above which a precision costs too much.
    """
    base = alt.Chart(_bubble_table(bubbles)).encode(
        x=alt.X(
            "megabytes:Q",
            title="File size in MB: smaller is better",
            scale=_room(bubbles, "megabytes"),
            axis=alt.Axis(tickCount=8),
        ),
        y=alt.Y("perplexity:Q", title="Perplexity: lower is better", scale=_room(bubbles, "perplexity", limit)),
    )
    speed = alt.Color(
        "speed:Q",
        title="Tokens per second",
        scale=alt.Scale(range=[SLOW_COLOUR, FAST_COLOUR], interpolate="lab"),
        legend=alt.Legend(orient="top", direction="horizontal", format=",.3~r", tickCount=4),
    )
    area = alt.Size("speed:Q", scale=alt.Scale(range=[120, 1100], zero=False), legend=None)
    tooltip = [
        alt.Tooltip("precision:N", title="Precision"),
        alt.Tooltip("megabytes:Q", title="File, MB", format=",.1f"),
        alt.Tooltip("perplexity:Q", title="Perplexity", format=",.2f"),
        alt.Tooltip("speed:Q", title="Tokens per second", format=",.1f"),
        alt.Tooltip("standing:N", title="Pareto front"),
    ]
    marks = base.mark_circle(strokeWidth=2.5).encode(
        color=speed,
        size=area,
        tooltip=tooltip,
        opacity=alt.condition(alt.datum.front, alt.value(0.95), alt.value(0.6)),
        stroke=alt.condition(alt.datum.front, alt.value(BASELINE_COLOUR), alt.value(None)),
    )
    return layered(*_limit(limit), marks, *_names(base)).properties(height=SCATTER_HEIGHT)


def _limit(perplexity: float | None) -> list[alt.Chart]:
    if perplexity is None:
        return []
    table = pd.DataFrame({"perplexity": [perplexity], "words": ["above this line: costs too much"]})
    base = alt.Chart(table).encode(y=alt.Y("perplexity:Q"))
    return [
        base.mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR),
        base.mark_text(align="right", baseline="bottom", dx=-4, dy=-3, color=BASELINE_COLOUR).encode(
            x=alt.value("width"), text=alt.Text("words:N")
        ),
    ]


def _names(base: alt.Chart) -> list[alt.Chart]:
    """The names near and far above and below their bubbles, by turns, so that neighbours do not cover each other."""
    return [
        base.mark_text(baseline="middle", dy=offset, color=BASELINE_COLOUR, fontWeight="bold")
        .transform_filter(alt.datum.level == level)
        .encode(text=alt.Text("precision:N"))
        for level, offset in enumerate(NAME_OFFSETS)
    ]


def _bubble_table(bubbles: Sequence[Bubble]) -> pd.DataFrame:
    ordered = sorted(bubbles, key=lambda bubble: bubble.megabytes)
    rows = [
        asdict(bubble)
        | {"level": index % len(NAME_OFFSETS), "standing": "on it" if bubble.front else "beaten by another"}
        for index, bubble in enumerate(ordered)
    ]
    return pd.DataFrame(sorted(rows, key=lambda row: -row["speed"]))  # drawn in this order: small ones on large ones


def _room(bubbles: Sequence[Bubble], measure: str, also: float | None = None) -> alt.Scale:
    """A scale around the values, and `also`, with a margin for bubbles and names.

    It spans at least LEAST_SPAN of the values on both sides: differences too small to matter must not look large.
    """
    values = [getattr(bubble, measure) for bubble in bubbles] + ([also] if also is not None else [])
    low, high = min(values), max(values)
    margin = max(0.18 * (high - low), LEAST_SPAN * high)
    return alt.Scale(domain=[max(0.0, low - margin), high + margin], nice=False, zero=False)
