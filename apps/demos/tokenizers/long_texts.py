"""A text field that stays usable when somebody pastes or uploads a book: the text is cut, and that is said."""

import streamlit as st


def short_text_area(label: str, key: str, most: int, height: int) -> str:
    """The text, of at most so many characters.

    What is too long is cut in the field itself: a browser with a megabyte in a field of text hardly moves.
    """
    text, note = st.session_state.get(key) or "", f"{key}-length"
    if len(text) > most:
        st.session_state[note], st.session_state[key] = len(text), text[:most]
    written = st.text_area(label, key=key, height=height, persist_state="session")
    if len(written) < most:
        st.session_state.pop(note, None)
    elif note in st.session_state:
        st.info(
            f"The text had {st.session_state[note]:,} characters; the first {most:,} are used here. "
            "`python aula.py tokenize --file` takes all of it.",
            icon=":material/content_cut:",
        )
    return written
