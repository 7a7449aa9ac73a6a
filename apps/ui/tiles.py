"""Figures in boxes beside each other."""

from collections.abc import Mapping

import streamlit as st

NARROWEST = 130  # pixels: columns would get narrower on a small screen, and cut the figures


def show_tiles(values: Mapping[str, str], narrowest: int = NARROWEST, beside: int | None = None) -> None:
    """A box for each value under its name, at most so many `beside` each other, in as many rows as the screen needs."""
    grid = st.grid(beside or len(values), min_column_width=narrowest)
    for name, value in values.items():
        grid.metric(name, value, border=True)
