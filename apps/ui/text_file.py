"""A text from a file that the visitor uploads, written into one of the page's text fields."""

import streamlit as st

from apps.ui.markdown import message
from apps.words.decoding import decode_text
from models.errors import InvalidInput


def upload_text(text_key: str) -> None:
    """A button behind which a .txt file can be uploaded; its text replaces that of the widget `text_key`."""
    upload_key, problem_key = f"{text_key}-file", f"{text_key}-problem"

    def read() -> None:
        file = st.session_state[upload_key]
        st.session_state.pop(problem_key, None)
        if file is None:
            return
        try:
            st.session_state[text_key] = decode_text(file.getvalue(), file.name)
        except InvalidInput as error:
            st.session_state[problem_key] = str(error)

    with st.popover("Upload .txt", icon=":material/upload_file:"):
        st.file_uploader("A text file in UTF-8", type=["txt"], key=upload_key, on_change=read)
        if problem_key in st.session_state:
            st.error(message(st.session_state[problem_key]), icon=":material/error:")
