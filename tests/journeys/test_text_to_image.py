"""Pictures out of noise: the figures without any model; then a sentence, drawn, drawn again, taken home, stopped."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Server, open_page, wait_until_drawn

LOADED = "() => [...document.querySelectorAll('[data-testid=stMain] img')].every(img => img.naturalWidth > 0)"


def slider(page: Page, name: str, figure: bool = False) -> Locator:
    """A slider of the model, or of the figure below, which has some of the same names."""
    found = page.get_by_role("slider", name=name)
    return found.last if figure else found.first


def write_number(page: Page, name: str, number: int) -> None:
    field = page.get_by_role("spinbutton", name=name).first
    field.fill(str(number))
    field.press("Enter")
    wait_until_drawn(page)


def test_a_figure_comes_out_of_noise_without_a_model(page: Page, plain: Server) -> None:
    open_page(page, f"{plain.url}/text_to_image")
    expect(page.get_by_role("button", name="Draw", exact=True)).to_be_disabled()
    expect(page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first).to_be_visible()
    frames = page.get_by_test_id("stMain").locator("img")
    expect(frames).to_have_count(6)
    page.wait_for_function(LOADED)
    heart = frames.last.get_attribute("src")
    assert heart is not None

    page.get_by_text("a spiral", exact=True).click()
    expect(frames.last).not_to_have_attribute("src", heart)
    slider(page, "Moment").press("Home")
    expect(page.get_by_text("Before step 1 of 20: 1.0% of the variance is figure")).to_be_visible()
    slider(page, "Steps", figure=True).press("Home")
    expect(page.get_by_text("After 1 step: no noise is left")).to_be_visible()
    expect(frames).to_have_count(2)


def test_a_sentence_is_drawn_step_by_step_again_taken_home_and_stopped(
    page: Page, aula: Server, stable_diffusion: Path
) -> None:
    open_page(page, f"{aula.url}/text_to_image")
    add_model(page, stable_diffusion)
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a fox in the snow")
    page.keyboard.press("Enter")
    wait_until_drawn(page)

    first = draw(page, 11, "guidance 7.5")
    for name in ("step 1", "step 6", "step 26"):  # the scheduler of Stable Diffusion 1.5 takes one more than 25
        expect(page.get_by_text(name, exact=True)).to_be_visible()
    page.wait_for_function(LOADED)
    other_seed = draw(page, 12, "guidance 7.5")
    slider(page, "Guidance").press("ArrowRight")
    other_guidance = draw(page, 11, "guidance 8")
    slider(page, "Guidance").press("ArrowLeft")
    again = draw(page, 11, "guidance 7.5")
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other_seed)
    assert not np.array_equal(first, other_guidance)

    stop_within_the_first_step(page)


def add_model(page: Page, folder: Path) -> None:
    """Choose a pipeline of diffusers by its folder."""
    page.get_by_role("button", name="Another model").click()
    page.get_by_role("textbox", name="Hugging Face id, folder or file").fill(str(folder))
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Draw", exact=True)).to_be_enabled()
    page.keyboard.press("Escape")
    wait_until_drawn(page)


def draw(page: Page, seed: int, guidance: str) -> np.ndarray:
    """The pixels of a picture that was drawn with this seed, and downloaded."""
    write_number(page, "Seed", seed)
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text(f"seed {seed} · 25 steps · {guidance} · 32 × 32 pixels")).to_be_visible()
    wait_until_drawn(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="PNG", exact=True).click()
    assert download.value.suggested_filename == f"drawing-{seed}.png"
    with Image.open(download.value.path()) as picture:
        assert json.loads(picture.text["parameters"])["prompt"] == "a fox in the snow"
        return np.asarray(picture)


def stop_within_the_first_step(page: Page) -> None:
    """A step of so large a picture takes seconds on a fast machine too; Stop is pressed before the first is done."""
    write_number(page, "Width", 448)
    write_number(page, "Height", 448)
    expect(page.get_by_text("work on one picture 832 MB")).to_be_visible()
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.get_by_text("Computing · ")).to_be_visible()
    expect(page.get_by_role("heading", name="In two dimensions")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped before the end, with nothing computed yet.")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    expect(page.get_by_role("button", name="PNG", exact=True)).to_have_count(0)
