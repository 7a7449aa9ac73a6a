"""Tokenizers in the browser: two side by side on one text, and one that is trained."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, wait_until_drawn


def test_two_tokenizers_cut_one_text_side_by_side(page: Page, aula: Server) -> None:
    page.goto(f"{aula.url}/tokenizers")
    expect(page.get_by_role("heading", name="gpt-2 · 30 tokens")).to_be_visible()
    expect(page.get_by_role("heading", name="o200k · 19 tokens")).to_be_visible()

    field = page.get_by_label("Text", exact=True)
    field.fill("Hello world")
    field.press("Control+Enter")
    expect(page.get_by_role("heading", name="gpt-2 · 2 tokens")).to_be_visible()
    expect(page.get_by_title("id 15496 · piece Hello · characters 0 to 5")).to_be_visible()
    expect(page.get_by_title("id 13225 · piece Hello · characters 0 to 5")).to_be_visible()


def test_a_tokenizer_is_trained_watched_and_taken_home(page: Page, aula: Server) -> None:
    page.goto(f"{aula.url}/tokenizers")
    expect(page.get_by_role("heading", name="o200k · 19 tokens")).to_be_visible()
    page.get_by_role("radio", name="Train your own").click()
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.get_by_text("Step 20:")).to_be_visible()
    wait_until_drawn(page)

    page.get_by_role("slider").press("ArrowRight")
    expect(page.get_by_text("Step 21:")).to_be_visible()
    wait_until_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="tokenizer.json").click()
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["model"]["type"] == "BPE"
