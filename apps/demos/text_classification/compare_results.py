"""Draws a comparison of models: how often they agree, a row for each text, a column for each model, what each took."""

import json
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from apps.demos.text_classification.comparison import (
    Column,
    Comparison,
    agreement_text,
    doubts,
    matching_lines,
)
from apps.ui.charts import BASELINE_COLOUR, COLOUR, layered
from apps.ui.doubts import show_doubts
from apps.ui.downloads import show_report_files
from apps.ui.markdown import escape, message
from apps.words.amounts import count_text, seconds_text
from apps.words.model_names import short_names
from models.failures import Failure
from models.wording import size_text, spreadsheet_text

DIFFERENT = "background-color: rgba(217, 130, 43, 0.22)"  # seen on the light and on the dark background
CELL = 90  # pixels of the chart of pairs
NOTHING = "–"


def show_comparison(found: Comparison) -> None:
    """The sentence, what was taken for the same, the table of texts, the pairs, what each model took, the files."""
    for column in found.columns:
        _show_end(column, len(found.texts))
    if not any(column.items for column in found.columns):
        return
    st.markdown(f"#### {escape(agreement_text(found))}")
    for line in matching_lines(found):
        st.caption(f":material/rule: {message(line)}")
    show_texts(found)
    show_doubts(list(doubts(found)))
    show_pairs(found)
    st.markdown("#### What each model took")
    st.dataframe(models_table(found), hide_index=True, key="comparison-took")
    show_report_files("comparison", to_csv(found), json.dumps(found.as_dict(), ensure_ascii=False, indent=2))


def _show_end(column: Column, texts: int) -> None:
    """Why a model came no further."""
    if column.error is not None:
        st.error(f"**{escape(column.model_id)}**: {message(column.error)}", icon=":material/error:")
    elif column.stopped:
        done = f"{len(column.items)} of {count_text(texts, 'text')}"
        st.info(f"**{escape(column.model_id)}**: stopped after {done}.", icon=":material/stop_circle:")


def show_texts(found: Comparison) -> None:
    """A row for each text, those on which models differ on top and coloured; what could not be read is named."""
    names = short_names([column.model_id for column in found.columns])
    table = texts_table(found)
    differ = [found.differ(number) for number in found.order]

    def colour(row: "pd.Series[Any]") -> list[str]:
        return [DIFFERENT if differ[int(row.name)] else ""] * len(row)  # type: ignore[arg-type, call-overload]

    st.dataframe(
        table.style.apply(colour, axis=1),
        column_config={
            "#": st.column_config.NumberColumn(width=40),
            "text": st.column_config.TextColumn(width="large"),
            **{name: st.column_config.TextColumn(help=model_id, width="small") for model_id, name in names.items()},
        },
        hide_index=True,
        key="comparison-texts",
    )
    if any(differ):
        st.caption(f"Coloured rows, on top: {count_text(sum(differ), 'text')} on which models say different things.")


def texts_table(found: Comparison) -> pd.DataFrame:
    """`#` from 1, the text, and under each model's name its label and score."""
    names = short_names([column.model_id for column in found.columns])
    rows = [
        {
            "#": number + 1,
            "text": found.texts[number][:300],
            **{names[column.model_id]: cell(column, number) for column in found.columns},
        }
        for number in found.order
    ]
    return pd.DataFrame(rows)


def cell(column: Column, number: int) -> str:
    """What a model said of a text: its label and score, or that it could not."""
    if number >= len(column.items):
        return NOTHING
    item = column.items[number]
    return f"not read: {item.error}" if isinstance(item, Failure) else f"{item.label} · {item.score:.2f}"


def show_pairs(found: Comparison) -> None:
    """The share of texts on which each two models agree; only where there are more than two."""
    if len(found.panel.said) > 2 and any(each.matching is not None for each in found.agreements):
        st.altair_chart(pairs_chart(found), key="comparison-pairs")


def pairs_chart(found: Comparison) -> alt.LayerChart:
    """A heat map of all pairs; pairs that cannot be compared are empty and say so."""
    names = short_names(list(found.panel.said))
    rows = [
        (names[one], names[other], each.share, "not comparable" if each.share is None else f"{each.share:.0%}")
        for each in found.agreements
        for one, other in ((each.first, each.second), (each.second, each.first))
    ]
    table = pd.DataFrame(rows, columns=["model", "other", "share", "shown"])
    order = list(names.values())
    axis = alt.Axis(labelAngle=-30, labelLimit=200)
    base = alt.Chart(table, title=alt.Title("Texts on which both agree", anchor="start")).encode(
        x=alt.X("other:N", sort=order, title=None, axis=axis),
        y=alt.Y("model:N", sort=order, title=None, axis=alt.Axis(labelLimit=260)),
        tooltip=[alt.Tooltip("model"), alt.Tooltip("other"), alt.Tooltip("shown")],
    )
    shade = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#eef3f7", COLOUR]), legend=None)
    strong = alt.condition("datum.share > 0.6", alt.value("white"), alt.value(BASELINE_COLOUR))
    squares = base.mark_rect(stroke=BASELINE_COLOUR, strokeWidth=0.5).encode(color=shade)
    return layered(squares, base.mark_text().encode(text=alt.Text("shown:N"), color=strong)).properties(
        height=CELL + CELL // 2 * len(order), width=2 * CELL + CELL * len(order)
    )


def models_table(found: Comparison) -> pd.DataFrame:
    """Time, size on disk and footprint of each model, as far as they are known."""
    return pd.DataFrame([_took(column) for column in found.columns])


def _took(column: Column) -> dict[str, Any]:
    speed = len(column.items) / column.seconds if column.seconds else None
    return {
        "model": column.model_id,
        "time": seconds_text(column.seconds) if column.seconds is not None else NOTHING,
        "texts per second": f"{speed:.3g}" if speed else NOTHING,
        "loading": seconds_text(column.load_seconds) if column.load_seconds is not None else NOTHING,
        "on disk": size_text(column.disk_bytes) if column.disk_bytes is not None else NOTHING,
        "footprint": size_text(column.footprint) if column.footprint is not None else NOTHING,
        "where": f"{column.precision} on {column.device}" if column.device else NOTHING,
        "labels": ", ".join(column.labels) or NOTHING,
    }


def to_csv(found: Comparison) -> str:
    """A line for each text, in the order that was given: label, score or problem of each model, whether they differ."""
    rows = [_csv_row(found, number) for number in range(len(found.texts))]
    return pd.DataFrame(rows).to_csv(index=False, lineterminator="\n")


def _csv_row(found: Comparison, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {"text": spreadsheet_text(found.texts[number]), "differ": found.differ(number)}
    for column in found.columns:
        item = column.items[number] if number < len(column.items) else None
        known = item is not None and not isinstance(item, Failure)
        row[f"{column.model_id} label"] = spreadsheet_text(item.label) if known else None  # type: ignore[union-attr]
        row[f"{column.model_id} score"] = round(item.score, 6) if known else None  # type: ignore[union-attr]
        row[f"{column.model_id} problem"] = item.error if isinstance(item, Failure) else None
    return row
