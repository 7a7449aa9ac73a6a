"""Bar charts that compare a few things with a baseline."""

from collections.abc import Callable

import altair as alt
import pandas as pd

# Middle tones, readable on the light and on the dark background.
BASELINE_COLOUR, COLOUR = "#80868e", "#3d8bbd"
ROOM_FOR_LABELS = 1.18


def bars_beside_baseline(
    values: dict[str, float], title: str, better: str, baseline: str | None, write: Callable[[float], str]
) -> alt.LayerChart:
    """One bar for each name with its value as `write` puts it, and its ratio to the bar called `baseline`.

    A line extends the baseline over the other bars. `better` says how to read it (“lower is better”).
    """
    reference = values.get(baseline) if baseline else None
    bars = alt.Chart(_table(values, baseline, write), title=alt.Title(title, subtitle=better, anchor="start")).encode(
        x=alt.X("precision:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, ROOM_FOR_LABELS * max(values.values())])),
    )
    colour = alt.condition(alt.datum.precision == (baseline or ""), alt.value(BASELINE_COLOUR), alt.value(COLOUR))
    layers = [
        bars.mark_bar(cornerRadiusEnd=3).encode(color=colour, tooltip=["precision", "label", "ratio"]),
        bars.mark_text(baseline="bottom", dy=-4, color=BASELINE_COLOUR, fontWeight="bold").encode(text="label:N"),
        bars.mark_text(baseline="top", dy=6, color="white", fontWeight="bold").encode(text="ratio:N"),
    ]
    return alt.layer(*_baseline_line(reference), *layers).properties(height=240)


def _table(values: dict[str, float], baseline: str | None, write: Callable[[float], str]) -> pd.DataFrame:
    reference = values.get(baseline) if baseline else None
    ratios = [
        "" if name == baseline or not reference else f"{value / reference:.2f}×" for name, value in values.items()
    ]
    labels = [write(value) for value in values.values()]
    return pd.DataFrame({"precision": list(values), "value": list(values.values()), "label": labels, "ratio": ratios})


def _baseline_line(reference: float | None) -> list[alt.Chart]:
    if not reference:
        return []
    line = alt.Chart(pd.DataFrame({"value": [reference]}))
    return [line.mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR, opacity=0.6).encode(y="value:Q")]
