"""A detector as a folder without a pickle: the same network as its file, and a sentence where it is no such folder."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models.catalog import ModelCard, Task
from models.errors import DamagedFile, UnsupportedCheckpoint
from models.object_detection import ObjectDetector
from models.pictures.images import open_image
from models.pictures.yolov5_checkpoint import read_checkpoint
from models.pictures.yolov5_folder import read_folder, write_folder
from models.weights import hub
from models.weights.cards import find_card
from tests.conftest import TinyModels

IMAGES = Path(__file__).parents[3] / "images"


@pytest.fixture
def folder(tiny_models: TinyModels, tmp_path: Path) -> Path:
    write_folder(read_checkpoint(tiny_models.yolov5_original()), tmp_path / "mine")
    return tmp_path / "mine"


@pytest.mark.parametrize("generation", ["yolov5_original", "yolov5u"])
def test_a_folder_says_what_its_file_says(tiny_models: TinyModels, tmp_path: Path, generation: str) -> None:
    file = getattr(tiny_models, generation)()
    original = read_checkpoint(file)
    write_folder(original, tmp_path / "mine")
    again = read_folder(tmp_path / "mine")
    assert (again.generation, again.labels, again.image_size) == (
        original.generation, original.labels, original.image_size,
    )  # fmt: skip
    assert again.weights.keys() == original.weights.keys()
    assert all(torch.equal(again.weights[name], tensor) for name, tensor in original.weights.items())
    image = open_image(IMAGES / "bus.jpg")
    cards = [find_card(str(path), Task.OBJECT_DETECTION) for path in (file, tmp_path / "mine")]
    one, other = (ObjectDetector.load(card, "cpu").candidates(image, 160) for card in cards)
    assert one.boxes.equal(other.boxes)
    assert one.confidences.equal(other.confidences)


def test_a_folder_holds_no_pickle(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
    assert not any(path.suffix == ".pt" for path in hub.EMBEDDED.rglob("*"))


def test_a_detector_among_the_models_of_this_machine_is_offered(folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(hub, "trained_folder", lambda: tmp_path)
    assert [card.model_id for card in hub.trained_models(Task.OBJECT_DETECTION)] == ["trained/mine"]


def settings(change: Callable[[dict], object]) -> Callable[[Path], object]:
    def rewrite(folder: Path) -> None:
        values = json.loads((folder / "config.json").read_text())
        change(values)
        (folder / "config.json").write_text(json.dumps(values))

    return rewrite


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (settings(lambda values: values.pop("architectures")), UnsupportedCheckpoint, "not a YOLOv5 detector"),
        (
            settings(lambda values: values.update(architectures=["DetrForObjectDetection"])),
            UnsupportedCheckpoint,
            "Det",
        ),
        (settings(lambda values: values.pop("network")), UnsupportedCheckpoint, "how the network is built"),
        (settings(lambda values: values.update(network=[1])), UnsupportedCheckpoint, "how the network is built"),
        (settings(lambda values: values.update(labels={"0": "a"})), UnsupportedCheckpoint, "how the network is built"),
        (settings(lambda values: values.update(generation="v9")), UnsupportedCheckpoint, "how the network is built"),
        (settings(lambda values: values["labels"].pop()), UnsupportedCheckpoint, "5 names"),
        (settings(lambda values: values["network"].update(nc="many")), UnsupportedCheckpoint, "does not fit"),
        (settings(lambda values: values["network"].update(depth_multiple=1e308)), UnsupportedCheckpoint, "built here"),
        (settings(lambda values: values["network"].update(width_multiple=9.0)), UnsupportedCheckpoint, "built here"),
        (lambda folder: (folder / "config.json").write_text("{"), UnsupportedCheckpoint, "cut off"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b""), DamagedFile, "is empty"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"PK" * 99), DamagedFile, "not a safetensors"),
        (
            lambda folder: shutil.copy(IMAGES / "bus.jpg", folder / "model.safetensors"),
            DamagedFile,
            "not a safetensors",
        ),
    ],
)
def test_a_folder_that_is_not_whole_gets_a_sentence(
    folder: Path, spoil: Callable[[Path], object], error: type[Exception], said: str
) -> None:
    card = ModelCard(str(folder), Task.OBJECT_DETECTION, path=folder)
    spoil(folder)
    with pytest.raises(error, match=said):
        ObjectDetector.load(card, "cpu")


def test_what_cannot_be_told_by_a_list_of_names_is_not_written(tiny_models: TinyModels, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(tiny_models.yolov5_original())
    checkpoint.labels.update({9: "gap"})
    with pytest.raises(ValueError, match="count from 0"):
        write_folder(checkpoint, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()
