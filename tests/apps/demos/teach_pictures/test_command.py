"""`train-images`, with a tiny base in a process of its own."""

import json
from pathlib import Path

import pytest

from models.catalog import Task
from models.folders import trained_folder
from models.image_classification import ImageClassifier
from models.weights.cards import find_card
from tests.apps.commands import Aula
from tests.conftest import TinyModels
from tests.training.pictures.drawn import files, folder, picture
from training.job_folders import PICTURES, TEXTS, jobs
from training.pictures.packing import unpack


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Ten pictures of each of two classes, and a file that is not a picture."""
    return folder(tmp_path / "colours", files(10) | {"red/notes.jpg": b"hello", "RED/11.png": picture(seed=11)})


def test_pictures_are_learned_in_a_process_of_their_own_and_the_model_is_kept(
    aula: Aula, pictures: Path, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    given = ("--base", tiny_models.timm(), "--device", "cpu", "--epochs", 20, "--save", "colours", "--json")

    ended = aula("train-images", pictures, *given)

    assert ended.code == 1, ended.errors  # one file was left out
    told = json.loads(ended.output)
    assert (told["model_id"], told["finished"], told["labels"]) == ("trained/colours", True, ["green", "red"])
    assert told["accuracy"] == told["nearest_accuracy"] == 1.0
    assert told["data"]["left_out"] == 1
    assert "21 pictures: 11 red, 10 green" in ended.errors
    assert "“RED” and “red” differ only in capital letters, so they were taken for one class, “red”." in ended.errors
    assert "notes.jpg is broken, or not a picture that can be read." in ended.errors
    (job,) = jobs(PICTURES)
    assert jobs(TEXTS) == []
    named = {one.name for one in unpack(job.data_file).pictures}
    assert {one["name"] for one in told["tested"]} < named
    assert "trained/colours" in (trained_folder() / "colours/README.md").read_text(encoding="utf-8")
    card = find_card("trained/colours", Task.IMAGE_CLASSIFICATION)
    red = next(one for one in unpack(job.data_file).pictures if one.label == "red")
    assert ImageClassifier.load(card, "cpu").classify([red.open()])[0].label == "red"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--seed", 4294967296), "seed is 4294967296, but must lie between 0 and 4294967295"),
        (("--epochs", "nan"), "epochs is nan, but must lie between"),
        (("--learning-rate", 0), "learning_rate is 0.0, but must lie between"),
        (("--method", "lora"), "Choose one of: head, block, all"),
        (("--base", "no/such-base"), "not on this machine yet"),
        (("--base", "aula/minilm"), "not for pictures as a whole"),
        (("--as-written",), "The class “RED” has only one picture; at least 3 are needed"),
        (("--save", "a b"), "cannot be a model's name"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence_before_anything_starts(
    aula: Aula, pictures: Path, given: tuple[object, ...], says: str
) -> None:
    ended = aula("train-images", pictures, *given)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert jobs() == []


def test_a_folder_that_is_not_there_is_one_sentence(aula: Aula) -> None:
    ended = aula("train-images", "nowhere")

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.strip() == "There is no folder or ZIP file nowhere. Check the name."
