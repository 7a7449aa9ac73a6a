"""Trains a detector of one's own: people, cars, buses, trains, cats, dogs, bicycles and motorcycles in pictures.

The network is ultralytics' YOLOv5n with the newer head, from scratch, on photographs of VOC2007 and COCO 2017. Measures
any other detector on the same photographs, too, such as `aula/yolov5s`, which comes with the suite.
"""

import contextlib
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.catalog import ModelCard, Task
from models.object_detection import ObjectDetector
from models.pictures.images import open_image
from models.precision import FP32, Precision
from training.average_precision import AveragePrecision
from training.budget import Budget
from training.collection import sample
from training.command import run_command
from training.detection_card import Training, write_detection_card
from training.detection_data import Pictures, Truth, truths, unpack
from training.events import NAME, Events, steps_done
from training.options import Data, Output, Run, StartFrom, with_run_options

if TYPE_CHECKING:
    from training.detection_trainer import BudgetTrainer

MODEL_ID = "trained/yolov5n-mini"
WEIGHTS = "yolov5n-mini.pt"
MOST_DETECTIONS = 300  # in one picture, as YOLOv5's val.py has it
# Those with enough boxes in the validation pictures for their average to say something.
MEASURED = ("person", "car", "bus", "train", "cat")
LEARNING_RATE, WEIGHT_DECAY = 1.5e-3, 0.02  # of AdamW; MuSGD took a third longer for a step and learned no faster
LEARNING_RATE_OF_TRAINED = 1e-3  # a warm-up to more would undo what the weights know
BATCH = 16
SIZE = 320  # longer side of a picture in pixels at the end of the training


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """Average precision at an overlap of one half on the validation pictures, through the suite's own wrapper.

    `folder` holds WEIGHTS, or is a detector's folder itself. `data` is the folder with detection.zip; `examples` limits
    how many pictures are looked at, always the same ones.
    Returns `AP50/<class>` for every class with boxes there and `mAP50`, the mean over the classes of MEASURED; all 0–1.

    Raises:
        InvalidInput: `data` has no detection.zip.
        UnsafeCheckpoint, UnsupportedCheckpoint, DamagedFile, PrecisionNotApplicable: as `ObjectDetector.load`.
    """
    path = folder / WEIGHTS if (folder / WEIGHTS).is_file() else folder
    card = ModelCard(MODEL_ID, Task.OBJECT_DETECTION, path=path)
    detector = ObjectDetector.load(card, "cpu", precision)
    with tempfile.TemporaryDirectory() as pictures:
        unpack(data, Path(pictures), ("val",))
        return _average_precision(detector, sample(list(truths(Path(pictures)).items()), examples))


def _average_precision(detector: ObjectDetector, pictures: list[tuple[Path, list[Truth]]]) -> dict[str, float]:
    average = AveragePrecision()
    for picture, objects in pictures:
        candidates = detector.candidates(open_image(picture), detector.image_size)
        # Everything however doubtful, because average precision is about the order.
        detections = candidates.select(0.001, iou=0.7, max_detections=MOST_DETECTIONS).detections
        width, height = candidates.image_size
        scaled = [(name, (x1 * width, y1 * height, x2 * width, y2 * height)) for name, (x1, y1, x2, y2) in objects]
        average.add([(one.label, one.confidence, one.box) for one in detections], scaled)
    by_class = average.by_class()
    measured = [by_class[name] for name in MEASURED if name in by_class]
    return {"mAP50": sum(measured) / len(measured), **{f"AP50/{name}": by_class[name] for name in sorted(by_class)}}


def fit(pictures: Pictures, run: Run, size: int = SIZE, start_from: Path | None = None) -> None:
    """Train until the budget is spent or a signal comes; the best weights are then in the run folder."""
    import cv2
    import torch

    from training.detection_trainer import LAST, NETWORK, BudgetTrainer, safe_globals_kept

    budget = Budget(run.minutes, run.steps)
    settings = {**_settings(pictures, run, size), "model": NETWORK}
    if run.resume and (run.folder / LAST).is_file():
        budget.resume(run.folder)
        if budget.fraction(steps_done(run.folder)) >= 1.0:
            return
        settings["resume"] = str(run.folder / LAST)
    else:
        (run.folder / NAME).unlink(missing_ok=True)  # the events of an earlier training are not of this one
        settings["pretrained"] = str(start_from / WEIGHTS) if start_from else False
    settings["lr0"] = LEARNING_RATE_OF_TRAINED if start_from else LEARNING_RATE
    events = Events(run.folder)
    with safe_globals_kept():
        trainer = BudgetTrainer(settings, budget, events, MEASURED)
        if run.threads:  # after ultralytics, which chooses its own numbers
            torch.set_num_threads(run.threads)
            cv2.setNumThreads(run.threads)
        with _stopped_by_signal(trainer):
            trainer.train()
    reason = "stopped" if trainer.stopped_by_signal else "budget"
    events.end(reason, trainer.steps, events.best("mAP50", greater_is_better=True))


def finish(pictures: Pictures, run: Run, data: Path, output: Path, size: int = SIZE) -> dict[str, float]:
    """Write the best weights of a run in half precision with their card; returns their figures."""
    from training.detection_trainer import BEST, save_weights

    output.mkdir(parents=True, exist_ok=True)
    parameters = save_weights(run.folder / BEST, output / WEIGHTS, size)
    figures = evaluate(output, data)
    training = Training(run, _command(run, size), _hardware(run), size, figures, MEASURED, parameters)
    write_detection_card(output, MODEL_ID, pictures, training)
    return figures


def _command(run: Run, size: int) -> str:
    """The command of this training, without the folders of the machine it ran on."""
    options = {"minutes": f"{run.minutes:g}", "steps": run.steps, "seed": run.seed, "device": run.device}
    options |= {"threads": run.threads, "size": size}
    given = [f"--{name} {value}" for name, value in options.items() if value is not None]
    return " ".join(["python -m training.object_detection --data DATA --output MODEL", *given])


def _hardware(run: Run) -> str:
    import torch

    if run.device != "cpu":
        return torch.cuda.get_device_name()
    threads = run.threads or torch.get_num_threads()
    return f"{threads} processor {'thread' if threads == 1 else 'threads'}"


def _settings(pictures: Pictures, run: Run, size: int) -> dict[str, object]:
    return {
        "data": str(pictures.description),
        "project": str(run.folder.resolve().parent),
        "name": run.folder.name,
        "imgsz": size,
        "batch": BATCH,
        "nbs": BATCH,  # a step for every batch
        "seed": run.seed,
        "device": run.device,
        "workers": 0 if run.device == "cpu" else 4,
        "optimizer": "AdamW",
        "weight_decay": WEIGHT_DECAY,
    }


@contextlib.contextmanager
def _stopped_by_signal(trainer: "BudgetTrainer") -> Iterator[None]:
    """While this lasts, Ctrl-C and SIGTERM end the training after the current step."""

    def stop(number: int, frame: object) -> None:
        trainer.stopped_by_signal = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@with_run_options("runs/training/object_detection", minutes=120)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    size: Annotated[int, typer.Option(help="Longer side of the pictures in pixels, a multiple of 32.")] = SIZE,
) -> None:
    """Train the detector, measure it and write it with its card."""
    pictures = unpack(data, run.folder / "dataset")
    fit(pictures, run, size, start_from)
    figures = finish(pictures, run, data, output, size)
    print(f"mAP50 {figures['mAP50']:.3f}. The model and its card are in {output}.")


if __name__ == "__main__":
    run_command(main)
