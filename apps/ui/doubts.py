"""What a result of a text task is not, and the option to have it all the same: on every page of such a task alike."""

from collections.abc import Sequence

import streamlit as st

from apps.ui.markdown import message
from apps.words.doubts import EVEN_IF_UNREADABLE

MOST_DOUBTS = 5


def choose_unreadable(name: str) -> bool:
    """Whether a text is worked on of which the model's vocabulary lacks more than half."""
    return st.toggle("Even if unreadable", key=f"{name}-unreadable", help=EVEN_IF_UNREADABLE, persist_state="session")


def show_doubts(doubts: Sequence[str]) -> None:
    """The first few of them."""
    for doubt in doubts[:MOST_DOUBTS]:
        st.warning(message(doubt), icon=":material/translate:")
    if len(doubts) > MOST_DOUBTS:
        st.caption(f"There are {len(doubts) - MOST_DOUBTS} more remarks of this kind.")
