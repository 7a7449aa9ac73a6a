"""In which language a person reads the course: walkthroughs, quizzes and words. The pages themselves are English."""

import streamlit as st

from apps.words.languages import LANGUAGES as LANGUAGES

_KEY, _PARAMETER = "language", "lang"


def language() -> str:
    """A key of LANGUAGES: what was chosen here, else what the address says, else the browser's own, else English."""
    wishes = (st.session_state.get(_KEY), st.query_params.get(_PARAMETER), st.context.locale)
    codes = (wish.lower().partition("-")[0] for wish in wishes if wish)
    return next((code for code in codes if code in LANGUAGES), "en")


def choose_language() -> str:
    """Draw the chooser; the language that was chosen."""
    st.session_state[_KEY] = language()
    st.segmented_control(
        "Language", list(LANGUAGES), format_func=LANGUAGES.__getitem__, key=_KEY, required=True,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return language()
