"""Results to take home."""

import streamlit as st


def show_download(label: str, data: str, file: str, kind: str) -> None:
    """A button that hands out one file; nothing on the page changes by it."""
    st.download_button(label, data, file, kind, key=file, on_click="ignore", icon=":material/download:")
