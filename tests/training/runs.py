"""What tests of several trainings share: how they are run and interrupted, and what they leave behind."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import nn

from training import text_classification
from training.classifier_data import Material
from training.events import read
from training.job_folders import Job, find, jobs_folder
from training.options import Run


def run_in(folder: Path, **options: Any) -> Run:
    """A run of so many minutes that only steps move the learning rate, which makes two trainings comparable."""
    return Run(folder / "run", **{"minutes": 10_000, "threads": 1, **options})


def train_classifier(rows: Material, folder: Path, base: str, **options: Any) -> dict[str, Any]:
    """The result of a training of two steps, unless `options` say otherwise; its model and run are in `folder`."""
    given = {"minutes": 10_000.0, "steps": 2, "threads": 1, **options}
    own = {field.name: given.pop(field.name) for field in fields(text_classification.Settings) if field.name in given}
    return text_classification.train(
        rows, folder / "model", Run(folder / "run", **given), text_classification.Settings(base, **own)
    )


def interrupting(collate: Callable, batch: int, number: int = signal.SIGINT) -> Callable:
    """`collate`, sending a signal to this process at the given batch, counted from 1."""
    made = 0

    def interrupt(examples: list) -> Any:
        nonlocal made
        made += 1
        if made == batch:
            os.kill(os.getpid(), number)
        return collate(examples)

    return interrupt


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    """What the training in a folder told of a kind: “step”, “evaluation” or “end”."""
    return [event for event in read(folder / "run") if event["event"] == kind]


def saved_types(folder: Path) -> set[torch.dtype]:
    """The types of the numbers in the weights that the training in a folder saved."""
    with safe_open(folder / "model/model.safetensors", "pt") as file:
        return {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118


def assert_same_weights(one: nn.Module, other: nn.Module, **tolerances: float) -> None:
    """Fail where two models of one shape differ by more than rounding, or than the given tolerances."""
    for found, expected in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(found, expected, **tolerances)


def fabricated(**files: str) -> Job:
    """A training as its folder would tell of it."""
    folder = jobs_folder() / "20260101-120000-abc"
    folder.mkdir(parents=True)
    told = {"data": "reviews.csv", "settings": {"text_column": "text", "label_column": "label"}, "created": time.time()}
    for name, content in {"job.json": json.dumps(told), **files}.items():
        (folder / name).write_text(content, encoding="utf-8")
    return find(folder.name)
