"""Attention as a heat map over the tokens; layer and head act at once, without the model."""

import json
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from apps.demos.tokenizers.chips import plain
from models.steps.looks import AttentionLook, AttentionTable

MEAN = "mean"
_CELL = 22  # pixels of a token's row, where there is room


@st.fragment
def show_attention(look: AttentionLook) -> None:
    """The chooser of layer and head, and the heat map of these."""
    kinds = list(look.tables)
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.segmented_control(
            "Who looks at whom", kinds, default=kind, required=True, key="steps-attention-kind"
        )  # fmt: skip
    table = look.tables[kind]
    layers, heads = map(int, table.weights.shape[:2])
    left, right = st.columns(2, gap="large")
    size = f"{layers}-{heads}"  # a model of another size gets a chooser of its own
    layer = left.select_slider("Layer", [MEAN, *range(1, layers + 1)], layers, key=f"steps-layer-{size}")
    head = right.select_slider("Head", [MEAN, *range(1, heads + 1)], MEAN, key=f"steps-head-{size}")
    st.altair_chart(heat_map(table, chosen(table, layer, head)), key="steps-heat-map")
    st.caption(caption(table))


def chosen(table: AttentionTable, layer: int | str, head: int | str) -> NDArray[np.float32]:
    """The weights of a layer and a head, counted from 1, or the mean of all: shape (rows, columns)."""
    weights = table.weights.astype(np.float32)
    weights = weights.mean(axis=0) if layer == MEAN else weights[int(layer) - 1]
    return weights.mean(axis=0) if head == MEAN else weights[int(head) - 1]


def heat_map(table: AttentionTable, weights: NDArray[np.float32]) -> alt.Chart:
    """A square for each pair of tokens: the row looks at the column."""
    rows, columns = np.indices(weights.shape)
    cells = pd.DataFrame(
        {
            "row": rows.ravel(),
            "column": columns.ravel(),
            "share": weights.ravel().astype(float),
            "looks": [plain(table.rows[row]) for row in rows.ravel()],
            "at": [plain(table.columns[column]) for column in columns.ravel()],
        }
    )
    return (
        alt.Chart(cells)
        .mark_rect()
        .encode(
            x=alt.X("column:O", title=None, axis=_axis(table.columns, orient="top", labelAngle=-45)),
            y=alt.Y("row:O", title=None, axis=_axis(table.rows)),
            color=alt.Color("share:Q", title="share", scale=alt.Scale(scheme="blues", domainMin=0)),
            tooltip=[alt.Tooltip("looks:N"), alt.Tooltip("at:N"), alt.Tooltip("share:Q", format=".3f")],
        )
        .properties(height=max(180, _CELL * len(table.rows) + 60))
    )


def _axis(tokens: tuple[str, ...], **options: Any) -> alt.Axis:
    """An axis on which places stand for tokens: the same token may stand in several."""
    names = json.dumps([plain(token)[:14] for token in tokens])
    return alt.Axis(labelExpr=f"{names}[datum.value]", labelOverlap=False, ticks=False, domain=False, **options)


def caption(table: AttentionTable) -> str:
    """How the map is read, and what is not on it."""
    more = f" The first tokens are drawn; {table.left_out:,} more are not." if table.left_out else ""
    return f"Each row is a token that looks, and adds up to 1 over the tokens it looks at.{more}"
