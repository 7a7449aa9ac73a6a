"""The charts of an explorer: how many of each label, and how long the texts are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR

if TYPE_CHECKING:
    from training.exploration.lengths import Histogram

MOST_LABELS = 20
HEIGHT = 300
# Those of parts with usual names; others take the next free one.
PART_COLOURS = {"train": COLOUR, "validation": "#e0a526", "test": "#9a6fb0"}
_OTHER_COLOURS = (COLOUR, "#9a6fb0", "#e0a526", "#5a9a78", "#c4553b", BASELINE_COLOUR)


def balance_chart(counts: Mapping[str, Mapping[str, int]], what: str = "Rows", height: int = HEIGHT) -> alt.Chart:
    """A bar for each label, divided into the parts; `counts` are by part, then label. At most the 20 most frequent."""
    totals: dict[str, int] = {}
    for labels in counts.values():
        for label, count in labels.items():
            totals[label] = totals.get(label, 0) + count
    shown = sorted(totals, key=lambda label: -totals[label])[:MOST_LABELS]
    table = pd.DataFrame(
        [
            (label, part, labels.get(label, 0), order)
            for order, (part, labels) in enumerate(counts.items())
            for label in shown
        ],
        columns=["label", "part", "count", "order"],
    )
    title = (
        f"{what} of each label" if len(totals) <= MOST_LABELS else f"{what} of the {MOST_LABELS} most frequent labels"
    )
    legend = alt.Legend(orient="bottom", title=None) if len(counts) > 1 else None
    colours = alt.Scale(domain=list(counts), range=_colours(list(counts)))
    return (
        alt.Chart(table, title=alt.Title(title, anchor="start"))
        .mark_bar()
        .encode(
            x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("label:N", sort=shown, title=None, axis=alt.Axis(labelOverlap=False)),
            color=alt.Color("part:N", scale=colours, legend=legend),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("label:N"), alt.Tooltip("part:N"), alt.Tooltip("count:Q", title=what.lower())],
        )
        .properties(height=max(height, 22 * len(shown)))
    )


def _colours(parts: list[str]) -> list[str]:
    """A colour for each part: its own where all have one."""
    if all(part in PART_COLOURS for part in parts):
        return [PART_COLOURS[part] for part in parts]
    return [_OTHER_COLOURS[number % len(_OTHER_COLOURS)] for number in range(len(parts))]


def length_chart(lengths: "Histogram", title: str = "Words in a text") -> alt.Chart:
    """How many texts have how many words; the last bar may stand for much longer ones."""
    table = pd.DataFrame(
        [(place, _range_text(one.low, one.high), one.count) for place, one in enumerate(lengths.bins)],
        columns=["place", "words", "texts"],
    )
    return (
        alt.Chart(table, title=alt.Title(title, anchor="start"))
        .mark_bar(color=COLOUR)
        .encode(
            x=alt.X("words:N", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
            y=alt.Y("texts:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[alt.Tooltip("words:N"), alt.Tooltip("texts:Q")],
        )
        .properties(height=HEIGHT)
    )


def _range_text(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"
