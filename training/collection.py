"""The collection of data that trainings learn from and are measured on: its files, and samples of them."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from models.errors import InvalidInput

Example = TypeVar("Example")


def existing(file: Path) -> Path:
    """A file of the collection. Raises InvalidInput where there is no such file."""
    if not file.is_file():
        raise InvalidInput(f"There is no {file}. Give --data a folder laid out like the collection.")
    return file


def sample(examples: Sequence[Example], count: int | None) -> list[Example]:
    """At most `count` of the examples, always the same ones, in their order; all of them for None."""
    if count is None or count >= len(examples):
        return list(examples)
    return [examples[index] for index in sorted(random.Random(0).sample(range(len(examples)), count))]
