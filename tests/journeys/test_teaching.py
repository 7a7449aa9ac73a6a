"""Two classes are taught by showing them: one from uploads, one with the camera; and the model is tried at once."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Server, wait_until_drawn
from tests.journeys.test_pages import open_demo
from tests.training.pictures.drawn import COLOURS, picture

SLOW = 600_000  # milliseconds that a slow machine may take to read the libraries of a training


@pytest.fixture
def reds(tmp_path: Path) -> list[Path]:
    """Six red pictures, and a file that is not one."""
    every = {f"red{number}.png": picture(COLOURS["red"], number, (64, 64)) for number in range(6)}
    for name, content in (every | {"notes.jpg": b"not a picture"}).items():
        (tmp_path / name).write_bytes(content)
    return [*(tmp_path / name for name in every), tmp_path / "notes.jpg"]


def name_class(page: Page, number: int, name: str) -> None:
    page.get_by_role("textbox", name="Name of the class").nth(number).fill(name)
    page.keyboard.press("Enter")
    wait_until_drawn(page)


def test_two_classes_are_taught_from_uploads_and_the_camera_and_tried(
    page: Page, plain: Server, reds: list[Path]
) -> None:
    open_demo(page, plain, "Teach it by showing")
    expect(page.get_by_text("120 pictures in 5 classes")).to_be_visible()
    page.get_by_role("radio", name="My own classes").click()
    name_class(page, 0, "red")
    page.get_by_test_id("stFileUploaderDropzoneInput").first.set_input_files(reds)
    expect(page.get_by_text("6 pictures", exact=True)).to_be_visible()
    expect(page.get_by_text("notes.jpg is broken, or not a picture that can be read.").first).to_be_visible()
    name_class(page, 1, "green")

    # The browser's own test picture: green, with a pie in it.
    page.get_by_role("button", name="Camera").nth(1).click()
    shutter = page.get_by_role("button", name="Hold to shoot")
    expect(shutter).to_be_enabled()
    shutter.hover()
    page.mouse.down()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"^[5-9]|\d\d$"))).to_be_visible()
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"^\d+ pictures in 2 classes$"))).to_be_visible()

    page.get_by_role("button", name="Next: the model").click()
    expect(page.get_by_text("Parameters that learn")).to_be_visible(timeout=SLOW)
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_test_id("stMetricLabel").filter(has_text="Macro F1")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("button", name="red, the model said red: ")).to_be_visible()

    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(reds[0])
    page.get_by_role("button", name="Classify").click()
    expect(page.get_by_text(re.compile("in fp32 on cpu"))).to_be_visible(timeout=SLOW)
    expect(page.get_by_test_id("stMarkdown").filter(has_text=re.compile(r"^red\s+\d+%$"))).to_be_visible()

    page.get_by_role("radio", name="Camera").click()
    expect(page.get_by_text(re.compile(r"^green · \d+%$"))).to_be_visible(timeout=SLOW)
