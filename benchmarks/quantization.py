"""How much faster and smaller than plain transformers in fp32 each precision is, in one run on this machine.

    python -m benchmarks.quantization
    python -m benchmarks.quantization --models gpt2 --precision int8,int8-tied --repeats 9 --json

The models have real shapes and random weights, so nothing is downloaded. Each precision runs in turn with the plain
side (`benchmarks.sides` says what the two do), and the figures that the suite asks of itself stand beside those that
were reached. It reports and does not judge: the exit code is 1 only where something failed. `fp32` among the precisions
shows what the suite's own way of running a model does without any quantization.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import random_model, sides, table
from benchmarks.race import race
from benchmarks.subjects import NAMES, Subject, find_subjects
from benchmarks.table import RaceRow
from models.device import release_memory
from models.errors import InvalidInput
from models.precision import Precision, require_applicable
from models.threads import pinned_threads
from quantization.measure.conditions import conditions
from quantization.measure.failures import failure_sentence
from quantization.measure.speed import file_bytes, require_threads
from quantization.recipes import PRECISION_NAMES, PRECISIONS, find_precision
from training.command import run_command

EVERY_MODEL = ",".join(NAMES)
PRECISIONS_MEASURED = "fp32,int8,int8-embeddings"

Models = Annotated[str, typer.Option(help="Names separated by commas.", metavar="NAMES")]
Names = Annotated[str, typer.Option("--precision", help=f"Of {', '.join(PRECISION_NAMES)}.", metavar="NAMES")]
Repeats = Annotated[int, typer.Option(help="Counted runs of each side.")]
Threads = Annotated[int, typer.Option(help="Threads that torch computes with, on both sides.")]
Seed = Annotated[int, typer.Option(help="The seed of the random weights.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


def main(
    models: Models = EVERY_MODEL,
    precision: Names = PRECISIONS_MEASURED,
    repeats: Repeats = 7,
    threads: Threads = 2,
    seed: Seed = 0,
    as_json: AsJson = False,
) -> None:
    """Measure each precision against plain transformers in fp32, and print a Markdown table."""
    subjects = find_subjects(_list(models))
    precisions = [find_precision(name) for name in _list(precision)]
    if repeats < 1:
        raise InvalidInput(f"The number of repetitions must be at least 1. It is {repeats}.")
    require_threads(threads)
    with pinned_threads(threads):
        facts = conditions() | {"repeats": repeats, "seed": seed, "plain_dtype": "float32"}
        rows = [row for subject in subjects for row in measure(subject, precisions, repeats, seed)]
    print(table.to_json(facts, rows) if as_json else table.to_markdown(facts, rows), end="")
    if any(row.error for row in rows):
        raise SystemExit(1)


def measure(subject: Subject, precisions: Sequence[Precision], repeats: int, seed: int = 0) -> Iterator[RaceRow]:
    """One row for each precision; what fails is a row with a sentence. Two models are in memory at a time."""
    with tempfile.TemporaryDirectory(prefix="aula-") as name:
        folder = Path(name)
        random_model.save(subject, folder, seed)
        plain = sides.plain(subject, folder)
        for precision in precisions:
            print(f"{subject.title}, {precision.name} …", file=sys.stderr, flush=True)
            yield _row(subject, precision, folder, plain, repeats)
            release_memory()


def _row(subject: Subject, precision: Precision, folder: Path, plain: sides.Side, repeats: int) -> RaceRow:
    measured: dict[str, Any] = {}
    try:
        require_applicable(precision, "cpu", subject.task, PRECISIONS)
        ours = sides.ours(subject, folder, precision)
        measured["file_bytes"] = file_bytes(ours.model, precision)  # before the first run, which may repack weights
        measured["race"] = race(plain.work, ours.work, repeats)
    except Exception as error:  # one precision's libraries must not take the other rows with them
        measured["error"] = failure_sentence(precision.name, error)
    return RaceRow(subject, precision.name, **measured)


def _list(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


if __name__ == "__main__":
    run_command(main)
