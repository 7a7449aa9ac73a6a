"""A dataset of the hub on the page: what went wrong is tried anew when it is asked for again."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.datasets import hub_choice
from models.errors import Offline


def page_of_the_rows() -> None:
    import streamlit as st

    from apps.demos.datasets import hub_choice
    from apps.ui import messages
    from training.exploration.hub_datasets import HubDataset

    with messages.shown():
        fetched = hub_choice._rows_of(HubDataset("class/emotion", ("split",), "split", ("train",), {}, None))
        st.session_state["fetched"] = fetched


def test_rows_that_could_not_be_fetched_are_fetched_when_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(wanted: object, *_: object) -> str:
        asked.append(wanted)
        if len(asked) == 1:
            raise Offline("The hub does not answer.")
        return "the rows"

    monkeypatch.setattr(hub_choice, "_fetch", fetch)
    page = AppTest.from_function(page_of_the_rows, default_timeout=600).run()
    page.button[0].click().run()
    assert page.error[0].value == "The hub does not answer."
    page.button[0].click().run()
    assert page.session_state["fetched"][1] == "the rows"
    page.run()
    assert len(asked) == 2
