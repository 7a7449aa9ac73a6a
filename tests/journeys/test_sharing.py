"""Several people on one machine at once: one model works for both, Stop, and a tab that is closed."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import PATIENCE, Server, forbid_leaving, wait_until_drawn
from tests.journeys.test_pages import open_demo

LONG_TEXT = "\n\n".join(f"Number {number} is a long sentence about boats, birds and the sea." for number in range(1200))
WORKING = re.compile(r"Computing|\d+ of \d+")
PIECES = re.compile(r"\d+ of \d+")
SOON = 30_000  # milliseconds; the translation itself takes minutes, on a fast machine too


def start_long_translation(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Translate and summarize")
    page.get_by_role("textbox").first.fill(LONG_TEXT)
    page.keyboard.press("Control+Enter")
    wait_until_drawn(page)  # a click while so long a text is taken over comes to nothing
    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


@pytest.fixture
def second_page(browser: Browser) -> Page:
    """Another person's browser."""
    strayed: list[str] = []
    context: BrowserContext = browser.new_context()
    forbid_leaving(context, strayed)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
    assert strayed == []


def test_two_people_translate_at_once_and_one_who_stops_or_leaves_stops_nobody_else(
    page: Page, second_page: Page, aula: Server
) -> None:
    start_long_translation(page, aula)
    expect(page.get_by_text(WORKING).first).to_be_visible()
    start_long_translation(second_page, aula)
    expect(second_page.get_by_text(PIECES).first).to_be_visible()  # some of it is done while the first is at work
    stop(page)
    expect(second_page.get_by_text(WORKING).first).to_be_visible()
    expect(second_page.get_by_role("button", name="Stop")).to_be_visible()

    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.get_by_text(PIECES).first).to_be_visible()
    second_page.close()
    expect(page.get_by_text(WORKING).first).to_be_visible()
    stop(page)


def stop(page: Page) -> None:
    """Press Stop, and see that it stops."""
    expect(page.get_by_text(WORKING).first).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible(timeout=SOON)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
