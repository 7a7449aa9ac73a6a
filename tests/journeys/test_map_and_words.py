"""From Home over the map of the tasks to a page, and from a page to the word that it uses."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_expander, open_page, wait_until_drawn


def test_from_home_over_the_map_to_a_page(page: Page, aula: Server) -> None:
    open_page(page, aula.url)
    picture = page.locator(".aula-picture img[src$='/tasks.webp']")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 640
    picture.click(force=True)  # the link lies over the whole card
    expect(page.get_by_role("heading", name="The tasks", exact=True)).to_be_visible()
    wait_until_drawn(page)
    page.get_by_test_id("stMain").get_by_text("On a page of Aula", exact=True).click()
    expect(page.get_by_text("No page of Aula shows it.")).to_have_count(0)
    page.get_by_test_id("stMain").get_by_role("link", name="Question answering shows it").click()
    expect(page.get_by_role("heading", name="Question answering", exact=True)).to_be_visible()


def test_from_a_page_to_a_word_in_the_same_tab_and_on_to_another(page: Page, aula: Server) -> None:
    page.goto(f"{aula.url}/question_answering")
    open_expander(page, "How it works").get_by_role("link", name="window", exact=True).click()
    expect(page).to_have_url(re.compile(r"/glossary\?word=window$"))
    expect(page.get_by_role("heading", name="window", exact=True)).to_be_visible()
    assert len(page.context.pages) == 1
    wait_until_drawn(page)
    page.get_by_role("textbox").fill("perplexity")
    page.get_by_role("textbox").press("Enter")
    expect(page.get_by_text("How surprised a language model is")).to_be_visible()
    expect(page.get_by_role("heading", name="window", exact=True)).to_have_count(0)
