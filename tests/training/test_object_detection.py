"""The detector's training: two steps give a model, a card and figures; it resumes, and ends with its budget."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard as HubCard
from PIL import Image

from models.catalog import ModelCard, Task
from models.object_detection import ObjectDetector
from tests.training.tiny_data import SIZE, photographs
from training.detection_data import CLASSES, unpack
from training.events import read
from training.object_detection import MODEL_ID, WEIGHTS, evaluate, finish, fit
from training.options import Run


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of photographs."""
    return photographs(tmp_path_factory.mktemp("data"))


def run_in(folder: Path, **options: Any) -> Run:
    return Run(folder, **{"minutes": 10.0, "steps": 2, "threads": 1, **options})


@pytest.fixture(scope="module")
def trained(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a training of two steps, its model in model/."""
    run = tmp_path_factory.mktemp("detector") / "run"
    pictures = unpack(collection, run / "dataset")
    fit(pictures, run_in(run), SIZE)
    finish(pictures, run_in(run), collection, run / "model", SIZE)
    return run


def test_a_trained_model_loads_through_the_wrapper_and_sees_at_its_own_size(trained: Path, collection: Path) -> None:
    file = trained / "model" / WEIGHTS
    assert file.stat().st_size < 6_000_000
    detector = ObjectDetector.load(ModelCard(MODEL_ID, Task.OBJECT_DETECTION, path=file), device="cpu")
    assert list(detector.labels.values()) == list(CLASSES)
    assert detector.image_size == SIZE
    image = Image.new("RGB", (100, 80))
    usual, given = detector.candidates(image), detector.candidates(image, SIZE)
    assert usual.boxes.equal(given.boxes)


def test_a_trained_model_names_no_folder_of_the_machine(trained: Path) -> None:
    assert str(trained.parent).encode() not in (trained / "model" / WEIGHTS).read_bytes()
    assert str(trained.parent) not in (trained / "model/README.md").read_text()


def test_the_card_tells_the_figures_and_whose_the_pictures_are(trained: Path, collection: Path, tmp_path: Path) -> None:
    card = HubCard.load(trained / "model/README.md")
    assert card.data.license == "agpl-3.0"
    figures = {result.metric_name: result.metric_value for result in card.data.eval_results}
    again = evaluate(trained / "model", collection)
    assert figures == {name: round(value, 4) for name, value in again.items()}
    assert set(figures) == {"mAP50", "AP50/bus"}
    for part in ("| bus | 18 | 2 |", "- CC BY 2.0: 000000000001", "1 CC BY-NC-ND 2.0", "VOC2007", "--steps 2"):
        assert part in card.text


def test_a_training_goes_on_where_it_was_and_starts_from_weights(
    trained: Path, collection: Path, tmp_path: Path
) -> None:
    before = read(trained)
    fit(unpack(collection, trained / "dataset"), run_in(trained, steps=4, resume=True), SIZE)
    after = read(trained)[len(before) :]
    assert [event["step"] for event in after if event["event"] == "step"] == [4]
    fit(unpack(collection, trained / "dataset"), run_in(trained, steps=4, resume=True), SIZE)
    assert len(read(trained)) == len(before) + len(after)  # nothing is left to do
    fit(unpack(collection, tmp_path / "dataset"), run_in(tmp_path), SIZE, start_from=trained / "model")
    assert read(tmp_path)[-1]["event"] == "end"


def test_a_training_ends_when_its_minutes_are_over(collection: Path, tmp_path: Path) -> None:
    fit(unpack(collection, tmp_path / "dataset"), run_in(tmp_path, minutes=0.001, steps=None), SIZE)
    end = read(tmp_path)[-1]
    assert (end["event"], end["reason"]) == ("end", "budget")
    assert (tmp_path / "weights/best.pt").is_file()


def test_a_signal_ends_a_training_and_its_weights_are_kept(collection: Path, tmp_path: Path) -> None:
    def interrupt() -> None:
        while not (tmp_path / "events.jsonl").is_file():
            time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    threading.Thread(target=interrupt, daemon=True).start()
    fit(unpack(collection, tmp_path / "dataset"), run_in(tmp_path, steps=None), SIZE)
    assert read(tmp_path)[-1]["reason"] == "stopped"
    assert (tmp_path / "weights/best.pt").is_file()
    assert signal.getsignal(signal.SIGTERM) is before
