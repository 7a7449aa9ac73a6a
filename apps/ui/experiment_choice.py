"""What experiments in several precisions ask for: which precisions, and how many threads."""

import os

import streamlit as st

from apps.ui.model_choice import applicable_precisions, precisions_of
from models.catalog import Task
from models.errors import AulaError
from quantization.recipes import PRECISION_NAMES, find_precision
from serving.loading import ModelKey


def choose_precisions(model: ModelKey | None, task: Task, first: tuple[str, ...], key: str = "precisions") -> list[str]:
    """Those to compare, in the order of the list: fp32 first. A model that was saved quantized has only its own.

    `first` are chosen when the page is opened.
    """
    names = names_of(model, task)
    chosen = st.pills(
        "Precisions",
        names,
        selection_mode="multi",
        wrap=True,
        default=[name for name in names if name in first] or names,
        key=key if len(names) > 1 else f"{key}-{names[0]}",
        help="\n\n".join(f"**{name}**: {find_precision(name).explanation}" for name in names),
        persist_state="session",
    )
    return [name for name in names if name in chosen]


def names_of(model: ModelKey | None, task: Task) -> list[str]:
    """The precisions that the model can be loaded in, in the order of the list."""
    device = model.device if model else "cpu"
    names = applicable_precisions(task, device)
    if model is None:
        return names
    try:
        own = precisions_of(model.card, device)
    except AulaError:  # a folder that cannot be loaded: measuring it will say why
        return names
    return [name for name in PRECISION_NAMES if name in own]


def choose_threads(key: str = "threads") -> int | None:
    """How many threads torch computes with; None leaves it to torch."""
    return st.number_input(
        "Threads",
        1,
        os.cpu_count() or 1,
        None,
        key=key,
        placeholder="all",
        help="How many threads torch computes with. Left empty: as many as it takes by itself.",
        persist_state="session",
    )
