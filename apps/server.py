"""The pages behind their doorkeeper, as an ASGI application: what `python aula.py run` starts."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402
from starlette.routing import Mount  # noqa: E402

from apps.ui.run import shared_store  # noqa: E402
from serving.api import PLACE  # noqa: E402
from serving.api.first_call import OnFirstCall  # noqa: E402
from serving.guard import Guard  # noqa: E402


def uploaded_bytes() -> int:
    """What all sessions' uploaded files take in memory."""
    from streamlit.runtime import get_instance
    from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

    manager = get_instance().uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)
    return sum(len(file.data) for files in list(manager.file_storage.values()) for file in list(files.values()))


# Seconds. A model that writes runs thousands of small kernels, and waits after each until whoever draws a page lets the
# interpreter go: of Python's own accord 0.005, which is longer than most kernels take.
sys.setswitchinterval(0.0005)

# The same store as the pages', so that a model is in memory once, and programs and people wait in one queue.
app = st.App(
    ROOT / "apps" / "launcher.py",
    routes=[Mount(PLACE, OnFirstCall(shared_store))],
    middleware=[Middleware(Guard, uploaded=uploaded_bytes)],
)
