"""How much faster and smaller than plain transformers in fp32 each precision is, in one run on this machine.

    python -m benchmarks.quantization
    python -m benchmarks.quantization --models gpt2 --precision int8,int8-tied --repeats 9 --json

The models have real shapes and random weights, so nothing is downloaded. They are rows of `benchmarks.ratios`, measured
as there, and the sizes of their files besides; the figures that the suite asks of itself stand beside those that were
reached. `fp32` among the precisions shows what the suite's own way of running a model does without any quantization.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.ratio_rows import RatioRow, Sides, find_rows
from benchmarks.ratios import (
    NOTHING,
    AsJson,
    Precisions,
    Repeats,
    Threads,
    end,
    failures,
    head,
    measure,
    measuring,
    names_in,
    speeds,
)
from benchmarks.subjects import SUBJECTS
from models.errors import InvalidInput
from models.precision import Precision
from models.wording import size_text
from quantization.measure.speed import file_bytes
from quantization.race.row import SpeedRow
from quantization.race.side import Side
from quantization.recipes import find_precision
from quantization.result_files import json_text, markdown_table
from training.command import run_command

HEADER = ("work", "precision", "plain fp32", "here", "ratio (95 %)", "ratio asked", "weight file", "file asked")
EVERY_MODEL = ",".join(SUBJECTS)

Models = Annotated[str, typer.Option(help="Names separated by commas.", metavar="NAMES")]
Sizes = dict[str, int]  # bytes of the weight file, by precision


def main(
    models: Models = EVERY_MODEL,
    precision: Precisions = "fp32,int8,int8-embeddings",
    repeats: Repeats = 7,
    threads: Threads = 2,
    as_json: AsJson = False,
) -> None:
    """Measure each precision against plain transformers in fp32, and print a Markdown table."""
    rows, precisions = _rows(names_in(models)), [find_precision(name) for name in names_in(precision)]
    with measuring(repeats, threads) as facts:
        found = [each for row in rows for each in weighed(row, precisions, repeats)]
    told = {"rows": [row.as_dict() | {"file_bytes": size} | asked(row) for row, size in found]}
    text = f"{head(facts)} Random weights.\n\n{markdown_table(HEADER, map(_cells, found), words=2)}"
    print(json_text(facts | told) if as_json else text + failures([row for row, _ in found]), end="")
    end([row for row, _ in found])


def weighed(row: RatioRow, precisions: Sequence[Precision], repeats: int) -> Iterator[tuple[SpeedRow, int | None]]:
    """The row in each precision, with the bytes of its file; None where it could not be written."""
    sizes: Sizes = {}

    def prepare(folder: Path, pictures: int) -> Sides:
        load = row.prepare(folder, pictures)

        def sides(precision: Precision) -> tuple[Side, Side]:
            plain, ours = load(precision)
            sizes[precision.name] = file_bytes(ours.model.model, precision)  # before a run, which may repack weights
            return plain, ours

        return sides

    for found in measure(replace(row, prepare=prepare), precisions, repeats):
        yield found, sizes.get(found.precision)


def asked(row: SpeedRow) -> dict[str, Any]:
    """What the suite asks of itself: only of int8 a ratio, and of some files their bytes."""
    subject = SUBJECTS[row.model_id]
    ratio = subject.asked_int8 if row.precision == "int8" else None
    return {"asked_ratio": ratio, "asked_bytes": subject.asked_bytes.get(row.precision)}


def _rows(names: Sequence[str]) -> tuple[RatioRow, ...]:
    for name in names:
        if name not in SUBJECTS:
            raise InvalidInput(f"There is no model “{name}” to measure. Choose one of: {', '.join(SUBJECTS)}.")
    return find_rows(names or SUBJECTS)


def _cells(found: tuple[SpeedRow, int | None]) -> tuple[str, ...]:
    row, size = found
    ratio, most = asked(row).values()
    return (
        row.work, row.precision, *speeds(row), f"≥ {ratio:g} ×" if ratio else NOTHING,
        size_text(size) if size else NOTHING, f"≤ {size_text(most)}" if most else NOTHING,
    )  # fmt: skip


if __name__ == "__main__":
    run_command(main)
