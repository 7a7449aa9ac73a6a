"""Which examples are measured on where not all of them are."""

import random
from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")


def sample(rows: Sequence[Row], count: int | None) -> list[Row]:
    """At most `count` of the rows, always the same ones, in their order; all of them for None."""
    if count is None or count >= len(rows):
        return list(rows)
    return [rows[index] for index in sorted(random.Random(0).sample(range(len(rows)), count))]
