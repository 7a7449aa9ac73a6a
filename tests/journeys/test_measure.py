"""Measuring a model in several precisions: stopped in the middle, to its end, and one of them kept and used."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Server, choose_model, wait_until_drawn
from tests.journeys.test_pages import open_demo

MODEL = "aula/gpt2-mini-es"
SLOW = 300_000  # milliseconds


def precision(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def switch_peak(page: Page) -> None:
    """On or off: with it each precision is loaded once more, in a process that first reads every library."""
    page.get_by_text("Measure the peak memory of loading").click()
    wait_until_drawn(page)


def run(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_two_precisions_are_measured_and_one_is_kept(page: Page, aula: Server) -> None:
    open_demo(page, aula, "GPT-2 quantization")
    choose_model(page, MODEL)
    precision(page, "bf16").click()  # chosen at first, as fp32 and int8 are
    wait_until_drawn(page)

    run(page)  # with the peak of loading, which leaves time to press Stop
    expect(page.get_by_text(re.compile(r"int8: (loading|saving|measuring)")).first).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()
    open_tab(page, "Texts")
    expect(page.get_by_role("tabpanel").get_by_text("fp32", exact=True)).to_be_visible()

    wait_until_drawn(page)
    run(page)
    expect(page.get_by_text(re.compile(r"on cpu · memory in use"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile(r"int8: file 0\.\d+× of fp32"))).to_be_visible()
    expect(page.get_by_text("Pareto front").first).to_be_visible()
    open_tab(page, "Report")
    for kind in ("CSV", "JSON", "Markdown"):
        expect(page.get_by_role("button", name=kind)).to_be_visible()

    page.get_by_role("textbox", name="Name").fill("journey")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Keep int8").click()
    expect(page.get_by_text("Kept as trained/journey")).to_be_visible(timeout=SLOW)

    open_demo(page, aula, "GPT-2 quantization")  # as somebody who comes later
    choose_model(page, "trained/journey")
    expect(precision(page, "int8")).to_be_visible()
    expect(precision(page, "fp32")).to_have_count(0)
    switch_peak(page)
    run(page)
    expect(page.get_by_text("Choose fp32 too")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile(r"on cpu · memory in use"))).to_be_visible(timeout=SLOW)
