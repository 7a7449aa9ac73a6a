"""A folder on the disk for what is too large for the memory that all share: gone when its session is, or the server."""

import shutil
import tempfile
import weakref
from pathlib import Path
from typing import Self

import streamlit as st


class SessionFolder:
    """A temporary folder that is deleted when nobody knows this object any more.

    Work that goes on when the session has ended does so in a `with` block of it.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="aula-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def empty(self, name: str) -> Path:
        """The folder of this name in it, made anew."""
        path = self.path / name
        shutil.rmtree(path, ignore_errors=True)  # of what somebody still reads, the rest is in the way of nobody
        path.mkdir(exist_ok=True)
        return path


def session_folder(name: str) -> SessionFolder:
    """The folder of this session under a name. Raises OSError where the disk is full."""
    key = f"{name}-folder"
    if key not in st.session_state:
        st.session_state[key] = SessionFolder()
    folder: SessionFolder = st.session_state[key]
    return folder
