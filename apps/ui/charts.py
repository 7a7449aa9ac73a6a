"""Bar charts that compare a few things with a baseline."""

from collections.abc import Callable

import altair as alt
import pandas as pd

# Middle tones, readable on the light and on the dark background.
BASELINE_COLOUR, COLOUR = "#80868e", "#3480b3"
ROOM_FOR_LABELS = 1.18


def bars_beside_baseline(
    values: dict[str, float], title: str, better: str, baseline: str | None, write: Callable[[float], str]
) -> alt.LayerChart:
    """One bar for each name with its value as `write` puts it, and its ratio to the bar called `baseline`.

    A line extends the baseline over the other bars. `better` says how to read it (“lower is better”).
    """
    highest = ROOM_FOR_LABELS * max(values.values())
    heading = alt.Title(title, subtitle=better, anchor="start", subtitleColor=BASELINE_COLOUR)
    bars = alt.Chart(_table(values, baseline, write), title=heading).encode(
        x=alt.X("precision:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title=None, axis=None, scale=alt.Scale(domain=[0, highest])),
    )
    colour = alt.condition(alt.datum.precision == (baseline or ""), alt.value(BASELINE_COLOUR), alt.value(COLOUR))
    # Vega draws nothing at all when one layer has no axis and another does not say.
    line = bars.mark_rule(strokeDash=[4, 3], color=BASELINE_COLOUR).encode(
        x=alt.value(0), x2=alt.value("width"), y=alt.Y("baseline:Q", axis=None, title=None)
    )
    layers = [
        bars.mark_bar(cornerRadiusEnd=3).encode(color=colour, tooltip=["precision", "label", "ratio"]),
        *([line] if baseline in values else []),
        bars.mark_text(baseline="bottom", dy=-4, color=BASELINE_COLOUR, fontWeight="bold").encode(text="label:N"),
        bars.mark_text(baseline="top", dy=6, color="white", fontWeight="bold").encode(text="ratio:N"),
    ]
    return alt.layer(*layers).properties(height=240)


def _table(values: dict[str, float], baseline: str | None, write: Callable[[float], str]) -> pd.DataFrame:
    reference = values.get(baseline)
    return pd.DataFrame(
        {
            "precision": list(values),
            "value": list(values.values()),
            "label": [write(value) for value in values.values()],
            "ratio": [
                "" if name == baseline or not reference else f"{value / reference:.2f}×"
                for name, value in values.items()
            ],
            "baseline": [reference] * len(values),
        }
    )
