import io
import os
import random
import signal
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy
import pytest
from huggingface_hub import ModelCard as HubCard
from PIL import Image, ImageDraw

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.object_detection import ObjectDetector
from training.average_precision import AveragePrecision, intersection_over_union
from training.budget import Budget
from training.detection_data import CLASSES, truths, unpack
from training.events import Events, read
from training.object_detection import MEASURED, MODEL_ID, WEIGHTS, evaluate, finish, fit
from training.options import Run

SIZE = 64
CSV = """split,file,licence,licence_url,flickr_url
train,coco_000000000001.jpg,Attribution License,,
train,coco_000000000002.jpg,Attribution-NonCommercial License,,
train,coco_000000000003.jpg,Attribution-NoDerivs License,,
train,coco_000000000004.jpg,Attribution-ShareAlike License,,
train,coco_000000000005.jpg,not stated in the repository,,
train,coco_000000000006.jpg,Attribution-NonCommercial-NoDerivs License,,
val,coco_000000000007.jpg,Attribution-NonCommercial License,,
"""
BUS, CHAIR = 5, 56  # COCO numbers


def picture(generator: random.Random, number: int) -> tuple[bytes, str]:
    """A JPEG with one coloured rectangle, and its YOLO row."""
    image = Image.new("RGB", (SIZE, SIZE), (90, 90, 90))
    x, y, side = generator.randint(0, 30), generator.randint(0, 30), generator.randint(16, 30)
    ImageDraw.Draw(image).rectangle((x, y, x + side, y + side), fill=(250, 200, 0))
    out = io.BytesIO()
    image.save(out, "JPEG")
    middle = ((x + side / 2) / SIZE, (y + side / 2) / SIZE)
    return out.getvalue(), f"{number} {middle[0]:.4f} {middle[1]:.4f} {side / SIZE:.4f} {side / SIZE:.4f}\n"


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a detection.zip: 18 training pictures of VOC and six of COCO, three to validate."""
    folder, generator = tmp_path_factory.mktemp("collection"), random.Random(0)
    names = [f"train/voc07_{number:06}" for number in range(18)]
    names += [f"train/coco_{number:012}" for number in range(1, 7)]
    names += ["val/voc07_000100", "val/voc07_000101", "val/coco_000000000007"]
    with zipfile.ZipFile(folder / "detection.zip", "w") as archive:
        archive.writestr("coco_image_licences.csv", CSV)
        for name in names:
            pixels, row = picture(generator, CHAIR if name.endswith("0001") else BUS)
            archive.writestr(f"detection/images/{name}.jpg", pixels)
            if name != "val/voc07_000101":
                archive.writestr(f"detection/labels/{name}.txt", row)
    return folder


def run_in(folder: Path, **options: Any) -> Run:
    return Run(folder, **{"minutes": 10.0, "steps": 2, "threads": 1, **options})


def test_pictures_train_only_where_the_licence_lets_everybody_use_and_change_them(collection: Path, tmp_path: Path):
    pictures = unpack(collection, tmp_path / "dataset")
    trained = {path.stem for path in (tmp_path / "dataset/images/train").glob("coco_*")}
    assert trained == {"coco_000000000001", "coco_000000000004"}
    assert pictures.counts == {"train": 20, "val": 3}
    assert sum(pictures.left_out.values()) == 4
    assert pictures.credits["Attribution License"] == ["000000000001"]


def test_classes_get_our_numbers_and_pictures_without_any_stay(collection: Path, tmp_path: Path):
    pictures = unpack(collection, tmp_path)
    assert pictures.boxes == {("train", "bus"): 18, ("val", "bus"): 2}
    labels = {path.read_text() for path in (tmp_path / "labels/train").glob("*.txt")}
    assert "" in labels  # the one that shows a chair
    number = str(list(CLASSES).index("bus"))
    assert {text.split()[0] for text in labels if text} == {number}
    found = truths(tmp_path)
    assert len(found) == 3
    assert {name for objects in found.values() for name, _ in objects} == {"bus"}
    assert found[tmp_path / "images/val/voc07_000101.jpg"] == []


def test_a_collection_without_pictures_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"detection\.zip is missing"):
        unpack(tmp_path, tmp_path / "dataset")
    with zipfile.ZipFile(tmp_path / "detection.zip", "w") as archive:
        archive.writestr("coco_image_licences.csv", CSV)
    with pytest.raises(InvalidInput, match="holds no pictures"):
        unpack(tmp_path, tmp_path / "dataset")


@pytest.fixture(scope="module")
def trained(collection: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a training of two steps, its model in model/."""
    run = tmp_path_factory.mktemp("detector") / "run"
    pictures = unpack(collection, run / "dataset")
    fit(pictures, run_in(run), SIZE)
    finish(pictures, run_in(run), collection, run / "model", SIZE)
    return run


def test_a_trained_model_loads_through_the_wrapper_and_sees_at_its_own_size(trained: Path, collection: Path):
    file = trained / "model" / WEIGHTS
    assert file.stat().st_size < 6_000_000
    detector = ObjectDetector.load(ModelCard(MODEL_ID, Task.OBJECT_DETECTION, path=file), device="cpu")
    assert list(detector.labels.values()) == list(CLASSES)
    assert detector.image_size == SIZE
    image = Image.new("RGB", (100, 80))
    usual, given = detector.candidates(image), detector.candidates(image, SIZE)
    assert usual.boxes.equal(given.boxes)


def test_a_trained_model_names_no_folder_of_the_machine(trained: Path):
    assert str(trained.parent).encode() not in (trained / "model" / WEIGHTS).read_bytes()
    assert str(trained.parent) not in (trained / "model/README.md").read_text()


def test_the_card_tells_the_figures_and_whose_the_pictures_are(trained: Path, collection: Path, tmp_path: Path):
    card = HubCard.load(trained / "model/README.md")
    assert card.data.license == "agpl-3.0"
    figures = {result.metric_name: result.metric_value for result in card.data.eval_results}
    again = evaluate(trained / "model", collection)
    assert figures == {name: round(value, 4) for name, value in again.items()}
    assert set(figures) == {"mAP50", "AP50/bus"}
    for part in ("| bus | 18 | 2 |", "- CC BY 2.0: 000000000001", "1 CC BY-NC-ND 2.0", "VOC2007", "--steps 2"):
        assert part in card.text


def test_a_training_goes_on_where_it_was_and_starts_from_weights(trained: Path, collection: Path, tmp_path: Path):
    before = read(trained)
    fit(unpack(collection, trained / "dataset"), run_in(trained, steps=4, resume=True), SIZE)
    after = read(trained)[len(before) :]
    assert [event["step"] for event in after if event["event"] == "step"] == [4]
    fit(unpack(collection, trained / "dataset"), run_in(trained, steps=4, resume=True), SIZE)
    assert len(read(trained)) == len(before) + len(after)  # nothing is left to do
    fit(unpack(collection, tmp_path / "dataset"), run_in(tmp_path), SIZE, start_from=trained / "model")
    assert read(tmp_path)[-1]["event"] == "end"


def test_a_resumed_training_has_the_very_weights_and_optimizer_it_stopped_with(collection: Path, tmp_path: Path):
    import torch

    from training.detection_trainer import LAST, STATE, BudgetTrainer, safe_globals_kept, unwrap_model

    pictures = unpack(collection, tmp_path / "dataset")
    fit(pictures, run_in(tmp_path), SIZE)
    saved = torch.load(tmp_path / STATE, weights_only=True)
    with safe_globals_kept():
        settings = {"resume": str(tmp_path / LAST), "data": str(pictures.description)}
        trainer = BudgetTrainer(settings, Budget(10.0), Events(tmp_path), MEASURED)
        trainer._setup_train()
    weights, moments = unwrap_model(trainer.model).state_dict(), trainer.optimizer.state_dict()["state"]
    assert trainer.steps == 2
    assert all(weights[name].equal(tensor) for name, tensor in saved["model"].items())
    kept = saved["optimizer"]["state"]
    assert all(moments[number]["exp_avg_sq"].equal(kept[number]["exp_avg_sq"]) for number in kept)
    # In half precision, squares of small gradients would be zero and the next step far too long.
    assert all(moments[number]["exp_avg_sq"].dtype == torch.float32 for number in kept)


def test_a_training_ends_when_its_minutes_are_over(collection: Path, tmp_path: Path):
    fit(unpack(collection, tmp_path / "dataset"), run_in(tmp_path, minutes=0.001, steps=None), SIZE)
    end = read(tmp_path)[-1]
    assert (end["event"], end["reason"]) == ("end", "budget")
    assert (tmp_path / "weights/best.pt").is_file()


def test_a_signal_ends_a_training_and_its_weights_are_kept(collection: Path, tmp_path: Path):
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


def test_average_precision_of_a_small_example():
    precision = AveragePrecision()
    first, second = (0.0, 0.0, 10.0, 10.0), (20.0, 20.0, 30.0, 30.0)
    near = (0.0, 0.0, 10.0, 8.0)
    found = [("cat", 0.9, near), ("cat", 0.8, first), ("cat", 0.7, second), ("dog", 0.6, second)]
    precision.add(found, [("cat", first), ("cat", second)])
    assert intersection_over_union(near, first) == pytest.approx(0.8)
    # Right, wrong (the box is taken), right: up to half of the recall with precision 1, then 2/3.
    assert precision.by_class() == {"cat": pytest.approx((51 + 50 * 2 / 3) / 101)}


def test_average_precision_is_that_of_ultralytics():
    from models.pictures.ultralytics_setup import prepare_ultralytics

    prepare_ultralytics()
    from ultralytics.utils.metrics import ap_per_class

    generator = numpy.random.default_rng(0)
    precision, outcomes, objects = AveragePrecision(), [], []
    for _ in range(200):
        number = int(generator.integers(2))
        box = (0.0, 0.0, *generator.uniform(5, 50, 2).tolist())
        objects.append(number)
        detections = []
        for shift in (0.0, 1000.0):  # one on the object, one beside it
            confidence = float(generator.uniform(0, 1) * (1.0 if shift else 1.5))
            if generator.random() < 0.7:
                moved = (box[0] + shift, box[1], box[2] + shift, box[3])
                detections.append((str(number), confidence, moved))
                outcomes.append((shift == 0.0, confidence, number))
        precision.add(detections, [(str(number), box)])
    right, confidences, numbers = (numpy.array(column) for column in zip(*outcomes, strict=True))
    theirs = ap_per_class(right[:, None], confidences, numbers, numpy.array(objects))[5][:, 0]
    ours = precision.by_class()
    assert [ours["0"], ours["1"]] == pytest.approx(theirs.tolist(), abs=0.01)
