"""A film is looked at in the browser, which plays what comes of it."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn
from tests.tiny.films import make_film

PLAYS = "film => film.readyState >= 2 && film.duration > 0.9 && film.videoWidth == 64"


def test_a_film_with_boxes_plays(page: Page, aula: Server, tmp_path: Path) -> None:
    open_page(page, f"{aula.url}/object_detection")
    page.get_by_text("Film", exact=True).click()
    page.locator("input[type=file]").set_input_files(make_film(tmp_path / "mine.avi"))
    expect(page.get_by_text("mine.avi")).to_be_visible()
    wait_until_drawn(page)
    page.get_by_role("button", name="Detect in the film").click()
    expect(page.get_by_text(re.compile(r"in fp32 on cpu"))).to_be_visible()
    video = page.locator("video")
    expect(video).to_be_visible()
    page.wait_for_function(f"({PLAYS})(document.querySelector('video'))")
