"""The further settings of translation and summaries: how the output is searched for."""

from typing import Any

import streamlit as st


def choose_settings(task: str) -> dict[str, Any]:
    """How the output is searched for; None where the checkpoint's own setting is meant."""
    with st.expander("Further settings", icon=":material/tune:"):
        limits, sampling = st.columns([1, 1], gap="large")
        with limits:
            settings = _choose_search(task)
        with sampling:
            settings |= _choose_sampling(task)
    return settings | {"beams": None} if settings["sample"] else settings


def _choose_search(task: str) -> dict[str, Any]:
    shared: dict[str, Any] = {"placeholder": "the checkpoint's own", "persist_state": "session"}
    return {
        "beams": st.number_input(
            "Beams", 1, 16, None, key=f"{task}-beams", help="How many candidates are followed.", **shared
        ),
        "max_new_tokens": st.number_input(
            "Max new tokens", 1, 1000, None, key=f"{task}-tokens", help="The longest output of a piece.", **shared
        ),
        "no_repeat_ngram": st.number_input(
            "No repeat n-gram", 0, 20, None, key=f"{task}-repeat", help="So many tokens never occur twice.", **shared
        ),
        "length_penalty": st.number_input(
            "Length penalty", -10.0, 10.0, None, 0.5, key=f"{task}-penalty", help="Above 0: longer texts.", **shared
        ),
    }


def _choose_sampling(task: str) -> dict[str, Any]:
    about = "Draw each token instead of searching for the likeliest text. There are no beams then."
    sample = st.toggle("Sample", key=f"{task}-sample", help=about, persist_state="session")
    shared: dict[str, Any] = {"disabled": not sample, "persist_state": "session"}
    return {
        "sample": sample,
        "temperature": st.slider("Temperature", 0.1, 2.0, 1.0, 0.1, key=f"{task}-temperature", **shared),
        "top_k": st.slider("Top k", 0, 200, 50, key=f"{task}-top-k", help="0 switches it off.", **shared),
        "top_p": st.slider("Top p", 0.05, 1.0, 1.0, 0.05, key=f"{task}-top-p", help="1 switches it off.", **shared),
        "seed": st.number_input("Seed", 0, 2**32 - 1, 0, key=f"{task}-seed", **shared),
    }
