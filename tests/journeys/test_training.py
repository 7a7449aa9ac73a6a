"""A class trains a model of its own: on the sample, in a process that outlives the tab, to a name in the choosers."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.conftest import PATIENCE, Server, choose_model
from tests.journeys.test_pages import open_demo

SLOW = 600_000  # milliseconds that a slow machine may take to read the libraries of a training


def test_a_head_is_trained_stopped_tried_kept_and_found_in_the_chooser(
    page: Page, context: BrowserContext, plain: Server
) -> None:
    open_demo(page, plain, "Transfer learning")
    expect(page.get_by_text("Words, median")).to_be_visible()
    page.get_by_role("button", name="Next: the model").click()
    expect(page.get_by_text("Parameters that learn")).to_be_visible(timeout=SLOW)
    page.get_by_role("spinbutton", name="Epochs").fill("1000")  # longer than anybody waits
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()

    # The tab is closed and the training goes on; its address finds it again.
    address = page.url
    page.close()
    again = context.new_page()
    again.set_default_timeout(PATIENCE)
    again.goto(address)
    expect(again.get_by_text(re.compile(r"Training · \d+%"))).to_be_visible(timeout=SLOW)
    again.get_by_role("button", name="Stop").click()
    expect(again.get_by_test_id("stMetricLabel").filter(has_text="Macro F1")).to_be_visible(timeout=SLOW)

    again.get_by_role("textbox", name="A text of your own").fill("The pizza was cold and the waiter forgot us twice.")
    again.keyboard.press("Control+Enter")
    again.get_by_role("button", name="Classify").click()
    expect(again.get_by_text(re.compile("in fp32 on cpu"))).to_be_visible(timeout=SLOW)
    again.get_by_role("textbox", name="Name").fill("journey")
    again.get_by_role("button", name="Save on this machine").click()
    expect(again.get_by_text("trained/journey", exact=True)).to_be_visible()

    again.get_by_role("link", name="Open Text classification").click()
    expect(again.get_by_role("heading", name="Text classification", exact=True)).to_be_visible()
    choose_model(again, "trained/journey")
    again.get_by_role("button", name="Classify", exact=True).click()
    expect(again.get_by_text(re.compile("in fp32 on cpu"))).to_be_visible(timeout=SLOW)
