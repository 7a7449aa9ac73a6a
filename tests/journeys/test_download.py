"""A model is downloaded from a hub on this machine, with a progress bar; a broken network is a sentence."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import STREAMLIT, Server, choose_model, clean_environment
from tests.journeys.test_pages import open_demo
from tests.loopback_hub import LoopbackHub


@pytest.fixture
def hub(tiny_models) -> Iterator[LoopbackHub]:
    with LoopbackHub({"deepset/roberta-base-squad2": tiny_models.roberta_qa()}) as hub:
        yield hub


@pytest.fixture
def aula(tmp_path: Path, hub: LoopbackHub) -> Iterator[Server]:
    """A server on a machine without weights, whose hub is on loopback."""
    server = Server(tmp_path, clean_environment(tmp_path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0"), STREAMLIT)
    yield server
    server.stop()


def test_a_hub_that_fails_is_a_sentence_and_the_next_try_shows_progress_and_then_answers(
    page: Page, aula: Server, hub: LoopbackHub
) -> None:
    open_demo(page, aula, "Question answering")
    choose_model(page, "deepset/roberta-base-squad2")  # instead of the embedded one
    hub.status = 503
    page.get_by_role("button", name=re.compile("^Download")).click()
    expect(page.get_by_role("alert").filter(has_text=re.compile("try again", re.IGNORECASE))).to_be_visible()

    hub.status = None
    hub.bytes_per_second = 20_000  # ten seconds, so that the progress is surely seen
    page.get_by_role("button", name=re.compile("^Download")).click()
    expect(page.get_by_text(re.compile(r"[\d.]+ kB of [\d.]+ [kM]B"))).to_be_visible()
    expect(page.get_by_role("button", name="Answer", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text(re.compile("in fp32 on cpu"))).to_be_visible()
