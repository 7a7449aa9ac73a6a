"""Every number that an experiment measured, as two tables: sizes and quality, and speeds."""

from typing import Any

import pandas as pd
import streamlit as st

from quantization.experiments.figures import FIGURES, Figure
from quantization.experiments.row import Row

# Beside each median its spread, in a column of its own.
RATIO, PREFILL_RATIO = (next(each.page for each in FIGURES if each.key == key) for key in ("ratio", "prefill_ratio"))
SPREADS = {
    "Tokens/s": "Spread",
    RATIO: "95 %",
    "Prefill tokens/s": "Its spread",
    PREFILL_RATIO: "Its 95 %",
}
SPEEDS = ("Load, s", *(name for pair in SPREADS.items() for name in pair), "Used by others")


def show_table(rows: list[Row]) -> None:
    """Every number that was measured, of those that broke off too."""
    columns = {figure.page: _column(figure) for figure in FIGURES}
    whole = table(rows)
    speeds = [name for name in SPEEDS if name in whole]
    # One table would be wider than the page, and the quality out of sight.
    st.dataframe(whole.drop(columns=speeds), hide_index=True, column_config=columns)
    if speeds:
        st.dataframe(whole[["Precision", *speeds]], hide_index=True, column_config=columns)


def table(rows: list[Row]) -> pd.DataFrame:
    """The numbers under the names that people read; sizes in MB. Rows and columns without any are left out."""
    return pd.DataFrame([_cells(row) for row in rows if holds_something(row)]).dropna(axis="columns", how="all")


def holds_something(row: Row) -> bool:
    """Whether anything was measured before it ended or broke off."""
    return any(value is not None for name, value in row.as_dict().items() if name not in ("precision", "error"))


def _column(figure: Figure) -> Any:
    if figure.whole is not None:  # a text, “9 of 49”
        return st.column_config.TextColumn(help=figure.help)
    return st.column_config.NumberColumn(format=_format(figure), help=figure.help)


def _format(figure: Figure) -> str:
    """The figure's digits as Streamlit names them; sizes are in MB, with one."""
    if not figure.digits:
        return "%.1f"
    return "percent" if figure.digits.endswith("%") else f"%{figure.digits}"


def _cells(row: Row) -> dict[str, str | float | None]:
    cells: dict[str, str | float | None] = {"Precision": row.precision}
    for figure in FIGURES:
        cells[figure.page] = _cell(figure, row)
        if figure.spread is not None:
            cells[SPREADS[figure.page]] = _spread(figure, row)
    return cells


def _cell(figure: Figure, row: Row) -> str | float | None:
    """The number itself, so that the table can be sorted by it; a text where it is a part of something."""
    value: float | None = figure.value(row)
    if value is None:
        return None
    if figure.whole is not None:
        return figure.text(row)
    return value if figure.digits else value / 1e6


def _spread(figure: Figure, row: Row) -> str | None:
    slowest, fastest = (getattr(row, key) for key in figure.spread or ())
    return None if figure.value(row) is None else f"{slowest:,{figure.digits}}–{fastest:,{figure.digits}}"
