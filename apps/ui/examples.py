"""Examples to click: each fills the page's fields."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

import streamlit as st

Example = Mapping[str, object]
_WISH = "example-wish"


@dataclass
class ExampleWish:
    """An example that somebody else than the visitor asks for by its name, before the page is drawn.

    It fills the page but for the widgets `besides`. `offered` collects the names of all examples that the page drew.
    """

    name: str
    besides: Container[str] = ()
    offered: list[str] = field(default_factory=list)
    taken: bool = False


def wish_for(wish: ExampleWish) -> None:
    """Let the page fill itself with an example when it draws it next."""
    st.session_state[_WISH] = wish


def forget_wish() -> None:
    """No example is asked for any more."""
    st.session_state.pop(_WISH, None)


def choose_example(name: str, examples: Mapping[str, Example]) -> None:
    """A row of examples; a click writes the example's values into the widgets with these keys.

    Drawn before those widgets. The first example fills the page when it is opened.
    """
    first = next(iter(examples.values()))
    for key, value in first.items():
        st.session_state.setdefault(key, value)
    _take_wish(name, examples)

    def fill() -> None:
        chosen = st.session_state[f"{name}-example"]
        if chosen is not None:
            st.session_state.update(examples[chosen])

    st.pills("Examples", list(examples), key=f"{name}-example", on_change=fill)


def _take_wish(name: str, examples: Mapping[str, Example]) -> None:
    wish: ExampleWish | None = st.session_state.get(_WISH)
    if wish is None:
        return
    wish.offered += [example for example in examples if example not in wish.offered]
    if wish.name in examples and not wish.taken:
        wish.taken = True
        st.session_state[f"{name}-example"] = wish.name
        for key, value in examples[wish.name].items():
            if key not in wish.besides:
                st.session_state[key] = value
