"""How good a trained model became, beside what needs no training: the same on all pages that train."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from apps.ui.markdown import message
from apps.ui.tiles import show_tiles
from apps.ui.training import charts
from apps.ui.training.steps import TrainingPage
from apps.words.amounts import count_text, seconds_text


def two_places() -> tuple[Any, Any]:
    """Two places beside each other, or below each other on a small screen."""
    grid = st.grid(2, min_column_width=320, gap="large")
    return grid.cell(), grid.cell()


def show_figures(page: TrainingPage, result: Mapping[str, Any], baselines: Mapping[str, float]) -> None:
    """Accuracy and F1 of a training's result; `baselines` are accuracies (0 to 1) of what needs no training."""
    show_tiles({"Accuracy": f"{result['accuracy']:.1%}", "Macro F1": f"{result['macro_f1']:.2f}"})
    st.caption(told(page, result))
    for remark in result.get("remarks", ()):
        st.warning(message(remark), icon=":material/warning:")
    accuracies = {"trained": result["accuracy"], **baselines}
    st.altair_chart(charts.comparison_chart(accuracies, page.examples), key=page.key("comparison"))


def told(page: TrainingPage, result: Mapping[str, Any]) -> str:
    """What was measured on what, what learned, and how long it took."""
    data = result["data"]
    return (
        f"On {count_text(data['test'], f'test {page.example}')} that it was not trained on; {data['train']:,} "
        f"{page.examples} to learn from, {data['validation']:,} to choose the best state by. "
        f"{result['trainable_parameters']:,} of {result['total_parameters']:,} parameters learned, in "
        f"{seconds_text(result['seconds'])}."
    )
