"""Examples to click: each fills the page's fields."""

from collections.abc import Mapping

import streamlit as st

Example = Mapping[str, object]


def choose_example(name: str, examples: Mapping[str, Example]) -> None:
    """A row of examples; a click writes the example's values into the widgets with these keys.

    Drawn before those widgets. The first example fills the page when it is opened.
    """
    first = next(iter(examples.values()))
    for key, value in first.items():
        st.session_state.setdefault(key, value)

    def fill() -> None:
        chosen = st.session_state[f"{name}-example"]
        if chosen is not None:
            st.session_state.update(examples[chosen])

    st.pills("Examples", list(examples), key=f"{name}-example", on_change=fill)
