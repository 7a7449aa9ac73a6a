"""A text from a file: uploaded by the visitor, decoded here, written into one of the page's text fields."""

import codecs

import streamlit as st

from models.errors import InvalidInput

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def decode_text(content: bytes, name: str) -> str:
    """The text in a file: UTF-8, or UTF-16 where the file says so at its beginning; line ends become “\\n”.

    Raises:
        InvalidInput: another encoding, which cannot be guessed without spoiling letters, or no text at all.
    """
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"“{name}” is not UTF-8 text. Open it in an editor, save it with the encoding UTF-8, and upload it again."
        ) from error
    if "\0" in text:
        raise InvalidInput(f"“{name}” is not a text file. Save your document as plain text (.txt) and upload that.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
            st.error(st.session_state[problem_key], icon=":material/error:")
