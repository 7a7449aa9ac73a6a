"""Drawing with real pipelines of diffusers and tiny random weights: the picture that diffusers draws, step by step."""

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models.errors import Cancelled, DamagedFile, InvalidInput, PrecisionNotApplicable, UnsafeCheckpoint
from models.errors import UnsupportedCheckpoint as Unsupported
from models.precision import BF16
from models.tasks import Task
from models.text_to_image import Drawing, DrawingSettings, DrawingStep, TextToImage
from models.weights.cards import find_card
from tests.tiny.text_to_image import SIDE, save_stable_diffusion, set_thresholds

PROMPT = "a fox in the snow"
FEW = DrawingSettings(steps=3, seed=7)


def load(folder: Path, **options) -> TextToImage:
    return TextToImage.load(find_card(str(folder), Task.TEXT_TO_IMAGE), "cpu", **options)


@pytest.fixture(scope="module")
def drawer(stable_diffusion: Path) -> TextToImage:
    return load(stable_diffusion)


@pytest.fixture
def own_folder(stable_diffusion: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(stable_diffusion, tmp_path / "own"))


def draw(drawer: TextToImage, settings: DrawingSettings = FEW, prompt: str = PROMPT) -> Drawing:
    *_, drawing = drawer.draw(prompt, settings)
    assert isinstance(drawing, Drawing)
    return drawing


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image)


def rewrite(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes), encoding="utf-8")


def calls_of(network: torch.nn.Module, count: list[int]) -> Callable[[], None]:
    """Count the runs of a network; the function takes the counter off again."""
    return network.register_forward_hook(lambda *_: count.append(1)).remove


# The picture


def test_the_picture_is_the_one_that_diffusers_draws(drawer: TextToImage, stable_diffusion: Path) -> None:
    from diffusers import StableDiffusionPipeline

    pipeline = StableDiffusionPipeline.from_pretrained(stable_diffusion, use_safetensors=True)
    pipeline.set_progress_bar_config(disable=True)
    expected = pipeline(
        PROMPT, num_inference_steps=3, guidance_scale=4.0, negative_prompt="blurred", width=72, height=64,
        generator=torch.Generator().manual_seed(7),
    ).images[0]  # fmt: skip
    drawing = draw(drawer, DrawingSettings(3, 4.0, 7, 72, 64, "blurred"))

    assert np.array_equal(pixels(drawing.image), pixels(expected))
    assert drawing.image.size == (72, 64)


def test_the_seed_decides_the_picture(drawer: TextToImage) -> None:
    once, again, other = draw(drawer), draw(drawer), draw(drawer, replace(FEW, seed=8))
    assert np.array_equal(pixels(once.image), pixels(again.image))
    assert not np.array_equal(pixels(once.image), pixels(other.image))


def test_without_a_seed_one_is_chosen_and_told(drawer: TextToImage) -> None:
    drawing = draw(drawer, replace(FEW, seed=None))
    assert np.array_equal(pixels(draw(drawer, drawing.settings).image), pixels(drawing.image))


def test_each_step_comes_with_a_small_picture(drawer: TextToImage) -> None:
    *steps, drawing = drawer.draw(PROMPT, replace(FEW, width=128, height=64))
    assert all(isinstance(step, DrawingStep) for step in steps)
    # The scheduler of Stable Diffusion 1.5 looks twice at the first step.
    assert [(step.number, step.of) for step in steps] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert {step.preview.size for step in steps} == {(32, 16)}  # 64 × 32 cells averaged to 16 × 8, of 2 × 2 pixels each
    assert drawing.steps == 4
    assert [step.seconds for step in steps] == sorted(step.seconds for step in steps)


def test_a_drawing_tells_how_it_was_made(drawer: TextToImage) -> None:
    told = draw(drawer).as_dict()
    assert told.pop("seconds") > 0
    assert told == {
        "prompt": PROMPT, "steps": 3, "guidance": 7.5, "seed": 7, "width": SIDE, "height": SIDE, "negative": "",
        "steps_done": 4, "safety_checker": True, "hidden": False, "unread": "",
    }  # fmt: skip
    json.dumps(told)


def test_what_the_text_encoder_has_no_room_for_is_told(drawer: TextToImage) -> None:
    drawing = draw(drawer, prompt=f"{'a' * 75}zz")  # each letter is a token of this vocabulary, and 75 are read
    assert drawing.unread == "zz"


# Stop


def test_closing_the_iterator_ends_the_work(drawer: TextToImage) -> None:
    count: list[int] = []
    remove = calls_of(drawer.model.unet, count)
    steps = drawer.draw(PROMPT, replace(FEW, steps=50))
    next(steps)
    steps.close()
    remove()

    assert len(count) == 1
    assert [thread.name for thread in threading.enumerate() if thread.name == "aula-steps"] == []


def test_stop_acts_within_a_step(drawer: TextToImage) -> None:
    cancelled, count = threading.Event(), []
    removers = [
        drawer.model.unet.conv_in.register_forward_hook(lambda *_: cancelled.set()).remove,
        calls_of(drawer.model.unet.conv_out, count),
    ]
    with pytest.raises(Cancelled):
        next(drawer.draw(PROMPT, FEW, cancelled))
    for remove in removers:
        remove()

    assert count == []  # the network's last layer was not reached any more
    assert not any(layer._forward_pre_hooks for layer in drawer.model.unet.modules())


def test_stop_acts_while_the_picture_is_decoded(drawer: TextToImage) -> None:
    cancelled, count = threading.Event(), []
    removers = [
        drawer.model.vae.post_quant_conv.register_forward_hook(
            lambda module, inputs, output: cancelled.set() if output.shape[-1] > 16 else None
        ).remove,
        calls_of(drawer.model.safety_checker, count),
    ]
    with pytest.raises(Cancelled):
        list(drawer.draw(PROMPT, DrawingSettings(1, width=64, height=64), cancelled))
    for remove in removers:
        remove()

    assert len(count) == 1  # of the preview


# The safety checker


def test_what_the_safety_checker_finds_is_hidden_at_each_step_and_at_the_end(own_folder: Path) -> None:
    drawer = load(own_folder)
    set_thresholds(drawer.model.safety_checker, -2)
    *steps, drawing = drawer.draw(PROMPT, FEW)

    assert (drawing.checked, drawing.hidden) == (True, True)
    assert not pixels(drawing.image).any()
    assert all(len(np.unique(pixels(step.preview))) == 1 for step in steps)


def test_a_model_without_a_safety_checker_says_so(tmp_path: Path, diffusers_extra: None) -> None:
    save_stable_diffusion(tmp_path / "bare", checker=False)
    drawer = load(tmp_path / "bare")
    assert not drawer.has_checker
    assert (draw(drawer).checked, draw(drawer).hidden) == (False, False)


# Any pipeline


def test_another_pipeline_of_diffusers_draws_as_well(tiny_models, diffusers_extra: None) -> None:
    drawer = load(tiny_models.stable_diffusion_xl())
    *steps, drawing = drawer.draw(PROMPT, DrawingSettings(2, width=64, height=64))
    assert [step.preview.size for step in steps] == [(32, 32)] * 3
    assert drawing.image.size == (64, 64)
    assert not drawing.checked


def test_half_precision_files_are_read_in_any_precision(stable_diffusion: Path, tmp_path: Path) -> None:
    from diffusers import StableDiffusionPipeline

    StableDiffusionPipeline.from_pretrained(stable_diffusion, dtype=torch.float16).save_pretrained(
        tmp_path / "half", variant="fp16", safe_serialization=True
    )
    whole, half = load(stable_diffusion), load(tmp_path / "half")
    assert half.model.unet.dtype == torch.float32
    assert half.footprint == whole.footprint
    assert torch.allclose(half.model.unet.conv_in.weight, whole.model.unet.conv_in.weight, atol=1e-3)


def test_in_bf16_it_has_half_the_bytes_and_still_draws(stable_diffusion: Path, drawer: TextToImage) -> None:
    small = load(stable_diffusion, precision=BF16)
    assert small.precision == "bf16"
    assert small.footprint == pytest.approx(drawer.footprint / 2, rel=0.01)
    assert draw(small).image.size == (SIDE, SIDE)


# What goes wrong


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"steps": 0}, "steps is 0, but must lie between 1 and 200"),
        ({"guidance": 99.0}, "guidance is 99.0, but must lie between 1 and 30"),
        ({"seed": -1}, "seed is -1"),
        ({"width": 8}, "width is 8, but must lie between 64 and 2048"),
        ({"height": 100}, "height is 100, but must be a multiple of 8: 104 is nearest"),
    ],
)
def test_an_option_outside_its_range(options: dict, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        DrawingSettings(**options)


@pytest.mark.parametrize(("prompt", "told"), [(" ", "Write what"), ("x" * 5_001, "5,001"), ("a\udcff", "not UTF-8")])
def test_a_sentence_that_cannot_be_drawn(drawer: TextToImage, prompt: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        drawer.draw(prompt)


def test_numbers_that_overflow(own_folder: Path) -> None:
    drawer = load(own_folder)
    drawer.model.unet.conv_out.bias.data.fill_(torch.inf)
    with pytest.raises(PrecisionNotApplicable, match="overflow in fp32"):
        next(drawer.draw(PROMPT, FEW))


def test_without_diffusers_loading_says_how_to_get_it(stable_diffusion: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.weights.pipelines.is_installed", lambda: False)
    with pytest.raises(Unsupported, match=r"pip install -r requirements-image\.txt"):
        load(stable_diffusion)


def test_code_in_the_folder_is_never_run(own_folder: Path) -> None:
    (own_folder / "scheduler" / "mine.py").write_text("raise SystemExit('run!')", encoding="utf-8")
    rewrite(own_folder / "model_index.json", scheduler=["mine", "Scheduler"])
    with pytest.raises(UnsafeCheckpoint, match="scheduler"):
        load(own_folder)


def test_a_pipeline_that_is_code_is_never_run(own_folder: Path) -> None:
    (own_folder / "mine.py").write_text("raise SystemExit('run!')", encoding="utf-8")
    rewrite(own_folder / "model_index.json", _class_name=["mine", "Pipeline"])
    with pytest.raises(UnsafeCheckpoint, match=r"The pipeline of .* is Python code"):
        load(own_folder)


@pytest.mark.parametrize("name", ["StableDiffusionImg2ImgPipeline", "OfNobodyPipeline", "UNet2DConditionModel"])
def test_a_pipeline_that_does_not_draw_from_a_sentence_alone(own_folder: Path, name: str) -> None:
    rewrite(own_folder / "model_index.json", _class_name=name)
    with pytest.raises(Unsupported, match=f"is a {name}, with which Aula cannot draw"):
        load(own_folder)


def test_settings_that_describe_no_pipeline(own_folder: Path) -> None:
    rewrite(own_folder / "unet" / "config.json", block_out_channels=[32], cross_attention_dim="wide")
    with pytest.raises(Unsupported, match="do not describe a pipeline"):
        load(own_folder)


def test_weights_that_are_only_a_part_are_not_filled_up_with_random_ones(own_folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    file = own_folder / "text_encoder" / "model.safetensors"
    weights = load_file(file)
    weights.pop(next(name for name in weights if "layers.1.mlp" in name))
    save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(DamagedFile, match="text_encoder holds"):
        load(own_folder)
