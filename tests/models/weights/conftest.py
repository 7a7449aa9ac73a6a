"""Fixtures for the tests of weights: a hub on loopback, and a task whose models take pictures."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.tasks import ROWS, Kind, Task, TaskRow
from models.weights import transfer
from tests.loopback_hub import LoopbackHub
from tests.models.weights.served import REPOSITORY, write_detector, write_repository


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """A hub with one repository, as cluttered as real ones are, and one detector."""
    folder, detector = tmp_path / "served" / "tiny-gpt2", tmp_path / "served" / "yolov5su.pt"
    write_repository(folder)
    write_detector(detector)
    monkeypatch.setattr(transfer, "RETRY_PAUSE_SECONDS", 0.01)
    with LoopbackHub({REPOSITORY: folder}, {"yolov5su.pt": detector}) as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def picture_task(monkeypatch: pytest.MonkeyPatch) -> Task:
    """A task whose models take pictures: the suite's own, or until it has one another of its tasks with such a row."""
    if (own := next((task for task, row in ROWS.items() if row.kind == Kind.PICTURE), None)) is not None:
        return own
    row = TaskRow(
        Kind.PICTURE,
        "models.sentence_encoder:SentenceEncoder",  # stands in for a wrapper; nothing here loads it
        "AutoModelForImageClassification",
        re.compile(r"ForImageClassification$"),
    )
    monkeypatch.setitem(ROWS, Task.SENTENCE_SIMILARITY, row)
    return Task.SENTENCE_SIMILARITY
