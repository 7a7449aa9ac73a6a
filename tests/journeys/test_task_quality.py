"""What int8 costs: from the questions to the answers that changed, and Stop on the way."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page

SLOW = 300_000  # milliseconds that a slow machine may take for two times sixty questions


def test_a_run_is_stopped_and_another_tells_what_int8_costs(page: Page, plain: Server) -> None:
    open_page(page, f"{plain.url}/task_quality")
    expect(page.get_by_role("heading", name="Quality and speed", exact=True)).to_be_visible()
    expect(page.get_by_text("The 60 questions")).to_be_visible()

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text(re.compile(r"fp32: question \d+ of 60"))).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped before the end")).to_be_visible()

    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("button", name="Markdown")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(re.compile(r"^int8 (costs|gains) .*F1")).first).to_be_visible()
    expect(page.get_by_text("60 questions written for the suite")).to_be_visible()
    page.get_by_text(re.compile(r"^int8: \d+ of 60 answers differ")).click()
    expect(page.get_by_test_id("stDataFrame").last).to_be_visible()
