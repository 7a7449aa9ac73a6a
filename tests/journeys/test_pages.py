"""From the home page to a result on every page."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server


def open_demo(page: Page, aula: Server, title: str) -> None:
    """Go from the home page to a demo by its card."""
    page.goto(aula.url)
    expect(page.get_by_role("heading", name="Aula", exact=True)).to_be_visible()
    page.get_by_test_id("stMain").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_a_question_is_answered(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Question answering")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Who built the lighthouse?").last).to_be_visible()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()
    expect(page.locator("mark").first).to_be_visible()


def test_a_text_is_translated(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Translate and summarize")
    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()


def test_texts_are_classified_and_their_words_explained(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Text classification")
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^4 texts:"))).to_be_visible()
    expect(page.locator("span[title]", has_text="beautifully")).to_be_visible()


def test_a_photograph_is_classified_and_shows_where_the_model_looked(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Image classification")
    page.get_by_role("button", name="coffee", exact=True).click()
    page.get_by_role("button", name="Classify", exact=True).click()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()
    expect(page.get_by_text("espresso", exact=True).first).to_be_visible()
    expect(page.get_by_text("What it looked at: Grad-CAM")).to_be_visible()


def test_objects_are_found_in_a_photograph(page: Page, aula: Server) -> None:
    open_demo(page, aula, "Object detection")
    page.get_by_role("button", name=re.compile("^Detect")).first.click()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()
