"""Summaries of one text compared in the browser."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn


def test_summaries_stand_side_by_side_and_what_is_invented_shows(page: Page, aula: Server) -> None:
    open_page(page, f"{aula.url}/translate_summarize")
    page.get_by_role("radio", name="Compare summaries").click()
    wait_until_drawn(page)
    page.get_by_text("A summary that invents").click()
    expect(page.get_by_role("textbox", name="Your own summary (may be empty)")).to_have_value(re.compile("Springfield"))
    page.get_by_role("button", name="Compare", exact=True).click()
    for title in ("google-t5/t5-base · medium", "aula/extractive · medium", "lead-3", "your own summary"):
        expect(page.get_by_role("heading", name=title)).to_be_visible()
    expect(page.get_by_text("“Springfield” (not in the text)")).to_be_visible()
    expect(page.get_by_title("not in the text").filter(has_text="delighted")).to_be_visible()
