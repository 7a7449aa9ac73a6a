"""Fixtures for the pages: each test gets a server's memory of its own, and a visitor who sits at this machine."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import app_test, local_script_runner

from apps.ui import visitor
from apps.ui.downloads import CSV
from models import tokenization
from models.text import tokenizer_file
from models.weights.tokenizers import SHIPPED_FOLDER, TokenizerCard
from tests.apps.commands import aula as aula
from tests.apps.commands import ctrl_c_at as ctrl_c_at


@pytest.fixture(scope="session", autouse=True)
def what_a_server_does_once() -> Iterator[None]:
    """Once a process, as in a server: look through all packages for components, compile a page, read a vocabulary.

    AppTest does the first anew for each session and the second for each run, and that took longer than the pages. What
    the suite's own vocabularies say never changes, and to read a large one takes half a second.
    """
    shipped = cache(tokenization.read_tokenizer)

    def read_once(card: TokenizerCard) -> Any:
        return shipped(card) if card.path.parent == SHIPPED_FOLDER else tokenizer_file.read_tokenizer(card)

    compiled = ScriptCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: compiled)
        patch.setattr(tokenization, "read_tokenizer", read_once)
        yield


@pytest.fixture(autouse=True)
def fresh_server_memory() -> Iterator[None]:
    """No model is left in memory from another test."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def visitor_at_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest has no connection and so no address; tests of strangers set this to False."""
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: True)


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What each download button would hand out, by file name; a table as a spreadsheet reads it."""
    offered: dict[str, Any] = {}

    def button(label: str, data: Any, file: str, kind: str, **options: Any) -> None:
        offered[file] = data().decode("utf-8-sig") if kind == CSV else data

    monkeypatch.setattr(st, "download_button", button)
    return offered
