"""The text to image page, driven as a user drives it: the figures without weights, pictures with a tiny pipeline."""

import io
import json
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from apps.demos.text_to_image.filmstrip import FRAMES
from apps.demos.text_to_image.words import EXAMPLES, HIDDEN
from models.errors import Cancelled
from models.text_to_image import Drawing, DrawingStep, TextToImage
from tests.apps.classroom import button, open_page, press, put_in_cache, sentences
from tests.tiny.text_to_image import set_thresholds

NAME, FULL, SMALL = "text-to-image", "stable-diffusion-v1-5/stable-diffusion-v1-5", "nota-ai/bk-sdm-tiny"


@pytest.fixture
def weights(stable_diffusion: Path) -> Path:
    """The small one of the catalog is on this machine, with tiny random weights."""
    return put_in_cache(SMALL, stable_diffusion)


def open_it() -> AppTest:
    page = open_page("text_to_image")
    page.slider(key=f"{NAME}-steps").set_value(3)
    return page


def items(page: AppTest) -> list:
    return page.session_state[f"{NAME}-outcome"].items


def drawing_of(page: AppTest) -> Drawing:
    assert not page.error, page.error
    drawing = items(page)[-1]
    assert isinstance(drawing, Drawing)
    return drawing


# Without weights


def test_without_weights_it_says_what_it_needs_and_what_memory_that_will_take() -> None:
    page = open_page("text_to_image")
    assert f"{FULL} is not on this machine yet" in page.info[0].value
    assert button(page, "Download").label == "Download (2.7 GB)"
    assert button(page, "Draw").disabled
    told = sentences(page) + "".join(found.value for found in page.warning)
    assert "Needs about 6.5 GB of memory (weights 5.5 GB, work on one picture 1.0 GB)" in told


def test_a_smaller_picture_or_precision_needs_less_memory() -> None:
    page = open_page("text_to_image")
    page.number_input(key=f"{NAME}-width").set_value(256)
    page.number_input(key=f"{NAME}-height").set_value(256)
    page.selectbox(key=f"{NAME}-precision").set_value("bf16").run()
    assert "(weights 2.7 GB, work on one picture 180 MB)" in sentences(page)


def test_it_says_so_where_memory_will_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    from quantization.predict.forecast import Room

    monkeypatch.setattr("quantization.predict.forecast.rooms", lambda: [Room("RAM", "cpu", 4 * 10**9, 3 * 10**9)])
    page = open_page("text_to_image")
    assert "does not fit in RAM, where 3.0 GB are free" in page.warning[0].value


def test_without_diffusers_it_says_how_to_get_it_and_shows_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.weights.pipelines.is_installed", lambda: False)
    page = open_page("text_to_image")
    assert "pip install -r requirements-image.txt" in page.info[0].value
    assert button(page, "Draw").disabled
    assert "In two dimensions" in [heading.value for heading in page.subheader]
    assert "Each line leads to the guess" in sentences(page)


@pytest.mark.parametrize("figure", ["a spiral", "two moons", "a star"])
def test_the_figures_need_no_weights(figure: str) -> None:
    page = open_page("text_to_image")
    page.segmented_control(key="two-dimensions-figure").set_value(figure).run()
    page.slider(key="two-dimensions-steps").set_value(5).run()
    page.slider(key="two-dimensions-moment-5").set_value(0).run()
    assert not page.exception
    assert "Before step 1 of 5: 1.0% of the variance is figure" in sentences(page)
    page.slider(key="two-dimensions-moment-5").set_value(5).run()
    assert "After 5 steps: no noise is left" in sentences(page)


# With weights


def test_a_click_on_an_example_and_on_draw_gives_a_picture_with_its_steps(weights: Path, downloads: dict) -> None:
    page = open_it()
    page.button_group(key=f"{NAME}-example").set_value("A lighthouse").run()
    page.number_input(key=f"{NAME}-seed").set_value(11)
    press(page, "Draw")
    drawing = drawing_of(page)

    assert drawing.prompt == EXAMPLES["A lighthouse"]
    assert [step.number for step in items(page) if isinstance(step, DrawingStep)] == [1, 2, 3, 4]
    assert len(page.get("image")) == 1 + 4 + FRAMES
    assert "seed 11 · 3 steps · guidance 7.5 · 32 × 32 pixels" in sentences(page)
    assert "fp32 on cpu" in sentences(page)
    with Image.open(io.BytesIO(downloads["drawing-11.png"]())) as saved:
        assert np.array_equal(np.asarray(saved), np.asarray(drawing.image))
        assert json.loads(saved.text["parameters"])["seed"] == 11
    assert json.loads(downloads["drawing-11.json"]()) == drawing.as_dict()


def test_the_options_are_those_of_the_picture(weights: Path) -> None:
    page = open_it()
    page.slider(key=f"{NAME}-guidance").set_value(2.0)
    page.number_input(key=f"{NAME}-width").set_value(64)
    page.number_input(key=f"{NAME}-height").set_value(72)
    page.text_input(key=f"{NAME}-negative").set_value("people")
    settings = drawing_of(press(page, "Draw")).settings
    assert (settings.guidance, settings.width, settings.height, settings.negative) == (2.0, 64, 72, "people")
    assert "without “people”" in sentences(page)


def test_a_side_that_cannot_be_drawn_gets_a_sentence(weights: Path) -> None:
    page = open_it()
    page.number_input(key=f"{NAME}-width").set_value(100)
    press(page, "Draw")
    assert "width is 100, but must be a multiple of 8: 104 is nearest" in page.error[0].value


def test_the_end_of_a_prompt_that_was_not_read_is_told(weights: Path) -> None:
    page = open_it()
    page.text_input(key=f"{NAME}-prompt").set_value("a" * 75 + "zz")
    press(page, "Draw")
    assert "no room for the end of the prompt: “zz”" in page.warning[0].value


def test_without_a_prompt_nothing_is_drawn(weights: Path) -> None:
    page = open_it()
    page.text_input(key=f"{NAME}-prompt").set_value("  ").run()
    assert button(page, "Draw").disabled


def test_what_the_checker_hides_is_seen_nowhere(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TextToImage.draw

    def strict(model: TextToImage, *arguments: object):
        set_thresholds(model.model.safety_checker, -2)
        return plain(model, *arguments)

    monkeypatch.setattr(TextToImage, "draw", strict)
    page = press(open_it(), "Draw")
    assert drawing_of(page).hidden
    assert page.warning[0].value == HIDDEN
    assert len(page.get("image")) == FRAMES  # of the figure in two dimensions


def test_what_was_stopped_keeps_its_steps(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = TextToImage.draw

    def stopped(model: TextToImage, prompt: str, settings: object, cancelled: threading.Event):
        yield next(plain(model, prompt, settings, cancelled))
        raise Cancelled

    monkeypatch.setattr(TextToImage, "draw", stopped)
    page = press(open_it(), "Draw")
    assert [type(item) for item in items(page)] == [DrawingStep]
    assert "Stopped before the end" in page.info[0].value
