"""Seeing: a number typed and a layer quantized, in the browser."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn


def test_a_number_is_seen_in_every_format(page: Page, aula: Server) -> None:
    page.goto(f"{aula.url}/number_formats")
    expect(page.get_by_role("heading", name="Number formats")).to_be_visible()
    fp16_tenth = page.get_by_label("bits 0 01011 1001100110", exact=True)
    expect(fp16_tenth).to_be_visible()

    field = page.get_by_label("Number", exact=True)
    field.fill("65520")
    field.press("Enter")
    expect(page.get_by_text("the largest is 65504")).to_be_visible()
    expect(fp16_tenth).not_to_be_visible()

    field.fill("sixty")
    field.press("Enter")
    expect(page.get_by_text("“sixty” is not a number that can be read here")).to_be_visible()

    page.get_by_role("radio", name="1e-8").click()  # the axis of the chart says it, too
    expect(page.get_by_text("rounded to zero").first).to_be_visible()
    expect(page.get_by_text(re.compile("Small gradients vanish like this"))).to_be_visible()


def test_a_layer_is_read_and_quantized(page: Page, aula: Server) -> None:
    open_page(page, f"{aula.url}/tensor_quantization")
    page.get_by_role("button", name="Read the layers").click()
    ratio = page.get_by_test_id("stMetric").filter(has_text="Signal to noise").get_by_test_id("stMetricValue")
    expect(ratio).to_have_text(re.compile(r"\d dB"), timeout=180_000)  # torch is imported only now
    wait_until_drawn(page)
    fine = ratio.inner_text()

    page.get_by_text("3 bits per tensor: broken").click()
    expect(page.get_by_text(re.compile("Eight levels for all weights"))).to_be_visible()
    expect(ratio).not_to_have_text(fine)
    assert decibels(ratio.inner_text()) < decibels(fine)

    wait_until_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Mappings as CSV").click()
    assert download.value.suggested_filename == "layer.csv"


def decibels(text: str) -> float:
    return float(text.removesuffix(" dB").replace("−", "-"))
