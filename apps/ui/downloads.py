"""Results to take home."""

from collections.abc import Callable

import streamlit as st


def show_download(label: str, data: str | Callable[[], str | bytes], file: str, kind: str) -> None:
    """A button that hands out one file; nothing on the page changes by it. A function makes the data when asked for."""
    st.download_button(label, data, file, kind, key=file, on_click="ignore", icon=":material/download:")
