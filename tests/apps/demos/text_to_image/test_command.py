"""Drawing in the terminal, with a tiny pipeline."""

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.apps.commands import Aula, CtrlC

PROMPT = "a fox in the snow"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command is started in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_picture_is_written_and_its_name_is_the_result(aula: Aula, stable_diffusion: Path, here: Path) -> None:
    ended = aula("imagine", PROMPT, "--model", stable_diffusion, "--steps", 2, "--seed", 5)
    assert (ended.code, ended.output) == (0, "drawing-5.png\n"), ended.errors
    with Image.open(here / "drawing-5.png") as image:
        assert image.size == (32, 32)
        assert json.loads(image.text["parameters"])["prompt"] == PROMPT
    assert "Needs about" in ended.errors
    assert "Step 3 of 3" in ended.errors
    assert "Seed 5" in ended.errors


def test_with_json_everything_is_told(aula: Aula, stable_diffusion: Path, here: Path) -> None:
    ended = aula(
        "imagine", "--model", stable_diffusion, "--steps", 1, "--guidance", 2, "--seed", 1, "--width", 64, "--height",
        72, "--negative", "people", "--output", here / "mine.png", "--json", stdin=PROMPT,
    )  # fmt: skip
    told = json.loads(ended.output)
    assert told.pop("seconds") > 0
    assert told == {
        "file": str(here / "mine.png"), "model": str(stable_diffusion), "device": "cpu", "precision": "fp32",
        "finished": True, "prompt": PROMPT, "steps": 1, "guidance": 2.0, "seed": 1, "width": 64, "height": 72,
        "negative": "people", "steps_done": 1, "safety_checker": True, "hidden": False, "unread": "",
    }  # fmt: skip
    assert (here / "mine.png").is_file()


def test_the_same_seed_gives_the_same_file(aula: Aula, stable_diffusion: Path, here: Path) -> None:
    for name in ("a.png", "b.png"):
        aula("imagine", PROMPT, "--model", stable_diffusion, "--steps", 2, "--seed", 5, "--output", name)
    with Image.open(here / "a.png") as first, Image.open(here / "b.png") as second:
        assert first.tobytes() == second.tobytes()


def test_another_drawing_with_the_same_seed_leaves_the_first_one(
    aula: Aula, stable_diffusion: Path, here: Path
) -> None:
    (here / "drawing-5.png").write_bytes(b"a fox")
    ended = aula("imagine", "a hen", "--model", stable_diffusion, "--steps", 1, "--seed", 5)
    assert (ended.code, ended.output) == (0, "drawing-5-2.png\n"), ended.errors
    assert (here / "drawing-5.png").read_bytes() == b"a fox"


def test_ctrl_c_ends_it_without_a_file(aula: Aula, ctrl_c_at: CtrlC, stable_diffusion: Path, here: Path) -> None:
    ctrl_c_at("Step 1")
    ended = aula("imagine", PROMPT, "--model", stable_diffusion, "--steps", 50, "--json")
    assert ended.code == 130
    assert json.loads(ended.output)["finished"] is False
    assert list(here.glob("*.png")) == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((PROMPT,), "stable-diffusion-v1-5/stable-diffusion-v1-5 is not on this machine yet"),
        ((PROMPT, "--output", "picture.jpg"), "does not end in .png"),
        ((PROMPT, "--output", "nowhere/at/all.png"), "there is no such folder"),
        ((PROMPT, "--model", "aula/yolov5s"), "is a model for object detection, not for text to image"),
        ((PROMPT, "--model", "models/embedded/qa-minilm"), "holds no model_index.json"),
        ((" ",), "There is no text"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(aula: Aula, arguments: tuple[str, ...], sentence: str) -> None:
    ended = aula("imagine", *arguments)
    assert ended.code == 1
    assert sentence in ended.errors


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--steps", "0"), "steps is 0"),
        (("--guidance", "99"), "guidance is 99"),
        (("--width", "100"), "104 is nearest"),
        (("--precision", "int8"), "does not apply to text to image models"),
        (("--precision", "openvino"), "does not apply to text to image models"),
    ],
)
def test_an_option_that_cannot_be(
    aula: Aula, stable_diffusion: Path, here: Path, options: tuple[str, str], sentence: str
) -> None:
    ended = aula("imagine", PROMPT, "--model", stable_diffusion, *options)
    assert ended.code == 1
    assert sentence in ended.errors


def test_what_will_be_needed_is_said_of_a_model_that_is_not_here(aula: Aula) -> None:
    ended = aula("imagine", PROMPT, "--model", "nota-ai/bk-sdm-tiny", "--precision", "bf16")
    assert "nota-ai/bk-sdm-tiny: Needs about 2.2 GB of memory (weights 1.7 GB" in ended.errors
    assert "models fetch nota-ai/bk-sdm-tiny" in ended.errors
