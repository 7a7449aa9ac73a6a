"""Comparing text classifiers in the browser: several models on the same texts."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn


def test_compare_models(page: Page, aula: Server) -> None:
    open_page(page, f"{aula.url}/text_classification")
    page.get_by_role("radio", name="Compare models").click()
    wait_until_drawn(page)
    page.get_by_role("button", name="Compare", exact=True).click()
    expect(page.get_by_text("What each model took")).to_be_visible()
    wait_until_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    details = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert "aula/sentiment-minilm" in [model["model"] for model in details["models"]]
    assert all(text["answers"] for text in details["texts"])
