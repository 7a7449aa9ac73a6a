"""What the tests of weights fetch: one repository and one detector, served on loopback by the fixture `served`."""

import random
import zipfile
from pathlib import Path

from models.catalog import ModelCard, Task
from models.weights.cards import find_card
from models.weights.transfer import Progress
from tests.loopback_hub import LoopbackHub

REPOSITORY = "school/tiny-gpt2"
CARD = ModelCard(REPOSITORY, Task.TEXT_GENERATION, repository=REPOSITORY)
DETECTOR = find_card("yolov5su", Task.OBJECT_DETECTION)
WEIGHT_BYTES = 1_000_000


def write_repository(folder: Path) -> None:
    """A repository of a text generator, as cluttered as real ones are."""
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text('{"architectures": ["GPT2LMHeadModel"]}')
    (folder / "vocab.json").write_text('{"a": 0}')
    (folder / "merges.txt").write_text("#version: 0.2\n")
    (folder / "model.safetensors").write_bytes(random.Random(0).randbytes(WEIGHT_BYTES))
    for clutter in ("pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx", "run.py", "README.md"):
        (folder / clutter).write_bytes(b"not needed")


def write_detector(file: Path) -> None:
    """A file that is a sound archive, as YOLOv5 files are."""
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", random.Random(1).randbytes(300_000))


def ignore(progress: Progress) -> None:
    """For tests that do not look at progress."""


def content(folder: Path) -> dict[str, bytes]:
    """Name and bytes of each file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def content_of_served(served: LoopbackHub) -> dict[str, bytes]:
    """Name and bytes of each file of the repository."""
    return {name: path.read_bytes() for name, path in served.content(REPOSITORY).items()}
