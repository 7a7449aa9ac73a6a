"""The charts of rows to learn from: how many each label has, and how long they are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import altair as alt
import pandas as pd

from apps.ui.charts import COLOUR
from apps.ui.training.charts import HEIGHT, MOST_LABELS, SECOND_COLOUR, heading

if TYPE_CHECKING:
    from training.text_data import Row

PARTS = ("train", "validation", "test")
PART_COLOURS = {"train": COLOUR, "validation": SECOND_COLOUR, "test": "#9a6fb0", "": COLOUR}
MOST_TEXTS_COUNTED = 20_000


def balance_chart(parts: Mapping[str, Sequence["Row"]], classes: Mapping[str, int]) -> alt.Chart:
    """A bar for each label, divided into the parts of the split; at most the 20 most frequent labels."""
    labels = list(classes)[:MOST_LABELS]
    counts = {
        (label, part): sum(row.label == label for row in rows) for part, rows in parts.items() for label in labels
    }
    table = pd.DataFrame(
        [(label, part, count, list(parts).index(part)) for (label, part), count in counts.items()],
        columns=["label", "part", "rows", "order"],
    )
    title = "Rows of each label" if len(classes) <= MOST_LABELS else f"Rows of the {MOST_LABELS} most frequent labels"
    colours = alt.Scale(domain=list(parts), range=[PART_COLOURS[part] for part in parts])
    legend = alt.Legend(orient="bottom", title=None) if len(parts) > 1 else None
    return (
        alt.Chart(table, title=heading(title))
        .mark_bar()
        .encode(
            x=alt.X("rows:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("label:N", sort=labels, title=None),
            color=alt.Color("part:N", scale=colours, legend=legend),
            order="order:Q",
            tooltip=["label:N", "part:N", "rows:Q"],
        )
        .properties(height=max(HEIGHT, 22 * len(labels)))
    )


def length_chart(rows: Sequence["Row"]) -> alt.Chart:
    """How many texts have how many words; of very long files, only every n-th text is counted."""
    counted = rows[:: 1 + len(rows) // MOST_TEXTS_COUNTED]
    table = pd.DataFrame({"words": [len(row.text.split()) for row in counted]})
    return (
        alt.Chart(table, title=heading("Words in a text"))
        .mark_bar(color=COLOUR)
        .encode(
            x=alt.X("words:Q", bin=alt.Bin(maxbins=24, minstep=1), title=None, axis=alt.Axis(format="d")),
            y=alt.Y("count():Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[alt.Tooltip("words:Q", bin=alt.Bin(maxbins=24, minstep=1)), "count():Q"],
        )
        .properties(height=HEIGHT)
    )
