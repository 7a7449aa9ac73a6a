"""What the page asks for: a task, a layer of the model, and how its weights are quantized."""

import streamlit as st

from apps.laboratory.tensor_quantization.words import EXAMPLES
from apps.ui.examples import choose_example
from apps.ui.mapping_choice import choose_mapping
from models.catalog import Task
from quantization.layers import PARTS
from quantization.mapping import Mapping
from quantization.see.tensor_sample import TASKS, LayerShape
from serving.loading import ModelKey

NAME = "tensor"
OUTLIER_HELP = (
    "Makes the largest weight four times as large, to see what a single one does to all that share its scale."
)


def choose_task() -> Task:
    """What the model is for; the choosers of the other pages each know one task."""
    return st.segmented_control(
        "A model for",
        TASKS,
        default=TASKS[0],
        required=True,
        key=f"{NAME}-task",
        format_func=lambda task: task.label,
        persist_state="session",
    )


def choose_layer(key: ModelKey, layers: tuple[LayerShape, ...], first: LayerShape) -> str:
    """The name of a layer, by what it is for; `first` is chosen to begin with."""
    parts = [part for part in PARTS if any(layer.part == part for layer in layers)]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        part = st.segmented_control(
            "Part of the model", parts, default=first.part, required=True, key=f"{NAME}-part-{key.model_id}"
        )
    shapes = {layer.name: layer for layer in layers if layer.part == part}
    with right:
        return st.selectbox(
            "Layer",
            list(shapes),
            index=list(shapes).index(first.name) if first.name in shapes else 0,
            format_func=lambda name: f"{name} · {shapes[name].outputs:,} × {shapes[name].inputs:,}",
            key=f"{NAME}-layer-{key.model_id}-{part}",
        )


def choose_settings() -> tuple[Mapping, bool]:
    """The mapping, and whether an outlier is added."""
    examples = {
        name: {f"{NAME}-{field}": value for field, value in vars(settings).items() if field != "remark"}
        for name, settings in EXAMPLES.items()
    }
    choose_example(NAME, examples)
    chosen = st.session_state.get(f"{NAME}-example") or next(iter(EXAMPLES))
    if all(st.session_state.get(key) == value for key, value in examples[chosen].items()):
        st.caption(f":material/lightbulb: {EXAMPLES[chosen].remark}")
    mapping, beside = choose_mapping(NAME)
    return mapping, beside.toggle("Add an outlier", key=f"{NAME}-outlier", help=OUTLIER_HELP, persist_state="session")
