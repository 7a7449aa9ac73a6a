"""Which layer hurts, drawn: a heat map of blocks and kinds, and the sums of its columns and rows."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from models.wording import change_text
from quantization.experiments.sensitivity import Cell, Place

# Middle tones for both backgrounds: blue where perplexity falls, grey where it stays, amber and red where it rises.
COLOURS = ["#3480b3", "#b9bdc3", "#e0a526", "#c4553b"]
ROW_HEIGHT = 27
# What title and axes take of a height: Streamlit fits all of a chart into it.
FRAME, SLANTED = 95, 45
MOST_KINDS_WITH_NUMBERS = 9
MOST_KINDS_UPRIGHT = 5


def heat_map(places: Sequence[Place], cells: Sequence[Cell]) -> alt.LayerChart:
    """A field for each place, filled when its cell is there; what no block holds takes a whole row.

    The fields are there from the beginning, so that nothing moves while they fill. Colours follow the square root of
    the change: one layer that hurts much must not make all others look alike.
    """
    measured_cells = {(cell.block, cell.kind): cell for cell in cells}
    table = pd.DataFrame([_field(place, measured_cells.get((place.block, place.kind))) for place in places])
    kinds = list(dict.fromkeys(place.kind for place in places if place.block is not None))
    rows = list(dict.fromkeys(table["row"]))
    strongest = max((math.sqrt(abs(cell.change)) for cell in cells), default=0.0) or 1.0
    colour = alt.Color(
        "shade:Q",
        scale=alt.Scale(domain=[-strongest, 0, strongest / 2, strongest], range=COLOURS, interpolate="rgb"),
        legend=None,
    )
    tooltip = ["place:N", alt.Tooltip("written:N", title="change"), "perplexity:N", "layers:N"]
    layers = []
    for part, x in ((table[table["inside"]], _columns(kinds)), (table[~table["inside"]], _whole_row())):
        base = alt.Chart(part).encode(y=_rows(rows), **x)
        layers.append(base.mark_rect(fillOpacity=0, stroke=BASELINE_COLOUR, strokeOpacity=0.5, strokeWidth=0.5))
        measured = base.transform_filter("datum.written != ''")
        layers.append(measured.mark_rect(stroke=BASELINE_COLOUR, strokeWidth=0.5).encode(color=colour, tooltip=tooltip))
        if len(kinds) <= MOST_KINDS_WITH_NUMBERS:
            layers.append(_numbers(part, rows, kinds, strongest))
    heading = alt.Title(
        "Change of perplexity",
        subtitle="blocks down, kinds of layers across · red: it hurts · grey: no change · blue: perplexity falls",
        anchor="start",
        subtitleColor=BASELINE_COLOUR,
    )
    frame = FRAME if len(kinds) <= MOST_KINDS_UPRIGHT else FRAME + SLANTED
    return layered(*layers, title=heading).properties(height=ROW_HEIGHT * len(rows) + frame)


def _rows(rows: list[str]) -> alt.Y:
    axis = alt.Axis(labelOverlap=False, labelLimit=200, labelFlush=False)
    return alt.Y("row:N", sort=rows, title=None, axis=axis, scale=alt.Scale(domain=rows))


def _field(place: Place, cell: Cell | None) -> dict[str, object]:
    change = 0.0 if cell is None else cell.change
    return {
        "row": row_name(place),
        "kind": place.kind if place.block is not None else "",
        "inside": place.block is not None,
        "place": place.name,
        "layers": ", ".join(place.layers[:3]) + (" …" if len(place.layers) > 3 else ""),
        "shade": math.copysign(math.sqrt(abs(change)), change),
        "written": "" if cell is None else change_text(change),
        "perplexity": "" if cell is None else f"{cell.perplexity:,.2f}",
    }


def row_name(place: Place) -> str:
    """What stands before a row: the block's number, or the layers that share a matrix outside of blocks."""
    if place.block is not None:
        return f"block {place.block}"
    others = [name.rpartition(".")[2] for name in place.layers[1:]]
    return " + ".join(dict.fromkeys([place.kind, *others]))


def _columns(kinds: Sequence[str]) -> dict[str, Any]:
    upright = len(kinds) <= MOST_KINDS_UPRIGHT
    axis = alt.Axis(orient="top", labelAngle=0 if upright else -25, labelLimit=220, labelOverlap=False)
    return {"x": alt.X("kind:N", sort=list(kinds), title=None, axis=axis, scale=alt.Scale(domain=list(kinds)))}


def _whole_row() -> dict[str, Any]:
    return {"x": alt.value(0), "x2": alt.value("width")}


def _numbers(part: pd.DataFrame, rows: list[str], kinds: Sequence[str], strongest: float) -> alt.Chart:
    """The changes, printed; white on the strong colours."""
    x = _columns(kinds)["x"] if part["inside"].all() else alt.value("width")
    strong = f"datum.shade > {0.72 * strongest} || datum.shade < {-0.6 * strongest}"
    outside: dict[str, Any] = {} if part["inside"].all() else {"align": "right", "dx": -10}
    return (
        alt.Chart(part)
        .mark_text(fontSize=12, **outside)
        .encode(
            x=x,
            y=_rows(rows),
            text=alt.Text("written:N"),
            color=alt.condition(strong, alt.value("white"), alt.value("#22262b")),
        )
    )


def sum_bars(sums: Mapping[str, float], title: str) -> alt.LayerChart:
    """A bar for each sum of changes, in the model's order."""
    table = pd.DataFrame({"what": list(sums), "change": list(sums.values())})
    table["written"] = [change_text(value) for value in table["change"]]
    low, high = min(0.0, table["change"].min()), max(0.0, table["change"].max())
    room = 0.18 * ((high - low) or 1.0)
    base = alt.Chart(table, title=alt.Title(title, anchor="start")).encode(
        x=alt.X("change:Q", title=None, axis=None, scale=alt.Scale(domain=[low - (room if low else 0), high + room])),
        y=alt.Y(
            "what:N", sort=list(sums), title=None, axis=alt.Axis(labelLimit=200, labelOverlap=False, labelFlush=False)
        ),
    )
    bars = base.mark_bar(color=COLOUR, cornerRadiusEnd=3).encode(
        tooltip=[alt.Tooltip("what:N"), alt.Tooltip("written:N")]
    )
    right = base.transform_filter("datum.change >= 0").mark_text(align="left", dx=4, color=BASELINE_COLOUR)
    left = base.transform_filter("datum.change < 0").mark_text(align="right", dx=-4, color=BASELINE_COLOUR)
    return layered(bars, right.encode(text=alt.Text("written:N")), left.encode(text=alt.Text("written:N"))).properties(
        height=24 * len(table) + FRAME // 2
    )
