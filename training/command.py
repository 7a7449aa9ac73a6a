"""What the commands of this package share: how they end, and how they draw examples to measure on."""

import random
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import typer

from models.errors import sentence_for

Row = TypeVar("Row")


def run_command(main: Callable[..., Any]) -> None:
    """Run `main` with the options of the command line.

    An error that a person can meet becomes its sentence on standard error and exit code 1, without a traceback.
    """
    try:
        typer.run(main)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
        raise SystemExit(1) from error


def sample(rows: Sequence[Row], count: int | None) -> list[Row]:
    """At most `count` of the rows, always the same ones, in their order; all of them for None."""
    if count is None or count >= len(rows):
        return list(rows)
    return [rows[index] for index in sorted(random.Random(0).sample(range(len(rows)), count))]
