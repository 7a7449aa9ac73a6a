"""Which layer hurts, and memory that comes back: seen in the browser."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_expander, open_page
from tests.journeys.test_measure import MODEL, choose_model


def open_from_the_menu(page: Page, aula: Server, title: str) -> None:
    open_page(page, aula.url)
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title).click()
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()


def test_the_heat_map_fills(page: Page, aula: Server) -> None:
    open_from_the_menu(page, aula, "Which layer hurts")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("stDownloadButton").first).to_be_visible(timeout=300_000)
    expect(page.get_by_text(re.compile("In 4 bits, it hurts most in"))).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(3)
    expect(page.get_by_test_id("stVegaLiteChart").first.locator("canvas, svg").first).to_be_visible()


def test_stop_keeps_the_cells(page: Page, aula: Server) -> None:
    open_from_the_menu(page, aula, "Which layer hurts")
    choose_model(page, MODEL)  # the tiny one would be done before anybody can press Stop
    open_expander(page, "The text that perplexity is measured on")
    page.get_by_role("textbox", name="Measured text").fill("La niña leyó un cuento sobre un pingüino. " * 400)
    page.keyboard.press("Control+Enter")
    slider = page.get_by_role("slider", name="Tokens to measure at most")
    slider.focus()
    for _ in range(2):
        slider.press("ArrowRight")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"^In 4 bits"))).to_be_visible(timeout=300_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^In 4 bits"))).to_be_visible()
    expect(page.get_by_test_id("stDownloadButton").first).to_be_visible()


def test_the_memory_chart_appears_with_a_verdict(page: Page, aula: Server) -> None:
    open_from_the_menu(page, aula, "Memory freed")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_test_id("stDownloadButton").first).to_be_visible(timeout=300_000)
    expect(page.get_by_text(re.compile("After unloading, ")).first).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
