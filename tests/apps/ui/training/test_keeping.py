"""Keeping a trained model: what was kept and then freed can be kept again."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest


def page_of_a_kept_model() -> None:
    from types import SimpleNamespace

    import streamlit as st

    from apps.pages import page_named
    from apps.ui.training.keeping import show_keeping
    from apps.ui.training.steps import TrainingPage

    st.session_state["transfer-kept-as"] = {"a-job": "trained/mine"}
    job = SimpleNamespace(name="a-job")
    show_keeping(TrainingPage("texts", "transfer", "rows"), job, page_named("text_classification"), "mine", "it is")


def test_a_model_that_was_freed_since_can_be_kept_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AULA_HOME", str(tmp_path))
    page = AppTest.from_function(page_of_a_kept_model, default_timeout=600).run()
    assert not page.exception
    assert not page.success
    assert page.text_input(key="transfer-keep-name").placeholder == "mine"
