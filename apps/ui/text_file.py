"""A text from a file that the visitor uploads, written into one of the page's text fields."""

import streamlit as st

from apps.ui.markdown import message
from apps.words.amounts import count_text
from apps.words.decoding import decode_readable_lines, decode_text
from models.errors import InvalidInput
from models.failures import printable

MOST_MEGABYTES = 2  # pages read 200,000 signs at most, and a text field with very many stops a browser


def upload_text(text_key: str, lines: bool = False) -> None:
    """A button behind which a .txt file can be uploaded; its text replaces that of the widget `text_key`.

    Where its `lines` are texts of their own, those that are not UTF-8 are left out and named.
    """
    upload_key, problem_key = f"{text_key}-file", f"{text_key}-problem"

    def read() -> None:
        file = st.session_state[upload_key]
        st.session_state.pop(problem_key, None)
        if file is None:
            return
        try:
            take = _readable_lines if lines else _whole
            st.session_state[text_key], problem = take(file.getvalue(), file.name)
            if problem is not None:
                st.session_state[problem_key] = problem
        except InvalidInput as error:
            st.session_state[problem_key] = str(error)

    with st.popover("Upload .txt", icon=":material/upload_file:"):
        st.file_uploader(
            "A text file in UTF-8", type=["txt"], key=upload_key, on_change=read, max_upload_size=MOST_MEGABYTES
        )
        if problem_key in st.session_state:
            st.error(message(st.session_state[problem_key]), icon=":material/error:")


def _whole(content: bytes, name: str) -> tuple[str, str | None]:
    return decode_text(content, name), None


def _readable_lines(content: bytes, name: str) -> tuple[str, str | None]:
    """The text without the lines that are not UTF-8, and a sentence about these. Raises where most are such."""
    lines = decode_readable_lines(content, name)
    bad = [number for number, line in enumerate(lines, start=1) if printable(line) != line]
    if not bad:
        return decode_text(content, name), None
    which = f"Line {bad[0]} of “{name}” was"
    if len(bad) > 1:
        which = f"{count_text(len(bad), 'line')} of “{name}”, the first of them line {bad[0]}, were"
    problem = f"{which} left out: not UTF-8. Save the file as UTF-8 and upload it again."
    return "".join(f"{line}\n" for line in lines if printable(line) == line), problem
