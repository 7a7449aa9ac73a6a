"""The ratios that the suite asks of itself, measured in one run on this machine, as one Markdown table.

    python -m benchmarks.ratios --output ratios.md
    python -m benchmarks.ratios --rows yolov5s,vit --precision fp32,int8 --repeats 9 --json

Both sides are in memory and take turns, with two threads. `benchmarks.ratio_rows` says what each row does, and
`quantization.race` races, as on the page “Speed here”. It reports and does not judge: the exit code is 1 only where
something failed.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.ratio_rows import NAMES, PICTURES, ROWS, RatioRow, find_rows, folder_for_row
from models.device import release_memory
from models.errors import InvalidInput
from models.precision import Precision, applies, require_applicable
from models.threads import pinned_threads
from models.wording import count_text
from quantization.measure.conditions import conditions, flat, instruction_set_limits, library_version
from quantization.measure.failures import failure_sentence
from quantization.measure.speed import require_threads
from quantization.race.rounds import Race
from quantization.race.row import SpeedRow, rate_text, ratio_text
from quantization.race.side import Side
from quantization.recipes import PRECISION_NAMES, PRECISIONS, find_precision
from quantization.result_files import json_text, markdown_table
from training.command import run_command

EVERY_ROW = ",".join(NAMES)
HEADER = ("work", "against", "precision", "there", "here", "ratio (95 %)", "asked", "others used")
NOTHING = "–"

Rows = Annotated[str, typer.Option(help=f"Of {', '.join(NAMES)}; separated by commas.", metavar="NAMES")]
Precisions = Annotated[str, typer.Option("--precision", help=f"Of {', '.join(PRECISION_NAMES)}.", metavar="NAMES")]
Repeats = Annotated[int, typer.Option(help="Counted rounds of both sides; from 6 on there is an interval.")]
FolderRepeats = Annotated[int, typer.Option(help="The same for the folder of pictures, which takes long.")]
Threads = Annotated[int, typer.Option(help="Threads that both sides compute with.")]
Pictures = Annotated[int, typer.Option(help="Pictures in the folder of the row “folder”.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]
Output = Annotated[Path | None, typer.Option(help="Write what is printed to this file, too.", metavar="FILE")]


def main(
    rows: Rows = EVERY_ROW,
    precision: Precisions = "fp32,int8",
    repeats: Repeats = 7,
    folder_repeats: FolderRepeats = 3,
    threads: Threads = 2,
    pictures: Pictures = PICTURES,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Measure each row in each precision that its models have, and print a Markdown table.

    To imitate a laptop without AVX-512, limit the libraries by their own switches, set before the program starts:
    ONEDNN_MAX_CPU_ISA=AVX2 for oneDNN, which torch and OpenVINO compute with, and ATEN_CPU_CAPABILITY=avx2 for torch's
    own kernels. The head of the table says whether a run was limited, and by what. FBGEMM, torch's int8, obeys neither:
    its rows stay as fast as this processor. On Linux and macOS:

    ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 python -m benchmarks.ratios
    """
    chosen, precisions = find_rows(names_in(rows)), [find_precision(name) for name in names_in(precision)]
    if min(folder_repeats, pictures) < 1:
        raise InvalidInput("The numbers of rounds over the folder and of its pictures must be at least 1.")
    with measuring(repeats, threads) as facts:
        facts |= {"folder_repeats": folder_repeats, "pictures": pictures}
        found = [
            each
            for row in chosen
            for each in measure(row, precisions, folder_repeats if row.name == "folder" else repeats, pictures)
        ]
    asked = {row.name: {"against": row.against, "asked_ratio": row.asked} for row in ROWS}
    told = {"rows": [each.as_dict() | asked[each.model_id] for each in found]}
    text = json_text(facts | told) if as_json else table(facts, found)
    print(text, end="")
    if output:
        output.write_text(text, encoding="utf-8")
    end(found)


def names_in(text: str) -> list[str]:
    """The names between commas."""
    return [name.strip() for name in text.split(",") if name.strip()]


@contextmanager
def measuring(repeats: int, threads: int) -> Iterator[dict[str, Any]]:
    """Compute with so many threads meanwhile; what a reader has to know of the machine and the run.

    Raises:
        InvalidInput: less than one round, or more threads than the machine has.
    """
    if repeats < 1:
        raise InvalidInput(f"The number of repetitions must be at least 1. It is {repeats}.")
    require_threads(threads)
    with pinned_threads(threads):
        facts = conditions()
        versions = facts["versions"] | {"openvino": library_version("openvino")}
        yield facts | {"versions": versions, "limits": instruction_set_limits(), "repeats": repeats}


def measure(
    row: RatioRow, precisions: Sequence[Precision], repeats: int, pictures: int = PICTURES
) -> Iterator[SpeedRow]:
    """The row in each precision that its models have; what fails, as all do where they have none, is a sentence."""
    able = [each for each in precisions if applies(each, "cpu", row.task)] or precisions
    with folder_for_row() as name:
        prepared = cache(lambda: row.prepare(Path(name), pictures))
        for precision in able:
            print(f"{row.title}, {precision.name} …", file=sys.stderr, flush=True)
            blank = SpeedRow(row.name, str(row.task), precision.name, row.title, row.unit)
            try:
                require_applicable(precision, "cpu", row.task, PRECISIONS)
                found = _raced(blank, prepared()(precision), repeats)
            except Exception as error:  # one precision's libraries must not take the other rows with them
                found = replace(blank, error=failure_sentence(precision.name, error))
            print(f"  {found.error or ratio_text(found)}", file=sys.stderr, flush=True)
            yield found
            release_memory()


def _raced(blank: SpeedRow, sides: tuple[Side, Side], repeats: int) -> SpeedRow:
    race = Race(*sides)
    return race.row(blank, list(islice(race.rounds(), repeats)))


def end(rows: Sequence[SpeedRow]) -> None:
    """Exit code 1 where something failed."""
    if any(row.error for row in rows):
        raise SystemExit(1)


# Markdown


def table(facts: dict[str, Any], rows: Sequence[SpeedRow]) -> str:
    """The conditions, one line for each row, and what failed."""
    folder = (
        f" Over the folder of {facts['pictures']} pictures {facts['folder_repeats']}."
        if any(row.model_id == "folder" for row in rows)
        else ""
    )
    return f"{head(facts)}{folder}\n\n{markdown_table(HEADER, map(_cells, rows), words=3)}{failures(rows)}"


def head(facts: dict[str, Any]) -> str:
    """The machine, whether its instruction set was limited, and how it was measured."""
    words, limits = flat(facts), facts["limits"]
    limited = "not limited"
    if limits:
        switches = " ".join(f"{name}={value}" for name, value in limits.items())
        limited = f"limited by {switches} (torch's int8 does not obey)"
    return (
        f"{words['date']}, {words['processor']}, {words['machine']}; instruction sets {words['cpu_features']}, "
        f"{limited}; {words['versions']}. Threads: {words['threads']}. Both sides in turns, "
        f"{count_text(words['repeats'], 'round')} after one that is not counted; medians."
    )


def speeds(row: SpeedRow) -> tuple[str, str, str]:
    """Both speeds and the ratio, for a line of a table."""
    if row.plain_per_second is None or row.here_per_second is None:
        return "not measured", NOTHING, NOTHING
    return rate_text(row.plain_per_second, row.unit), rate_text(row.here_per_second, row.unit), ratio_text(row)


def failures(rows: Sequence[SpeedRow]) -> str:
    """A sentence for each row that failed, beneath the table."""
    return "".join(f"\n{row.work}, {row.precision}: {row.error}\n" for row in rows if row.error)


def _cells(row: SpeedRow) -> tuple[str, ...]:
    [asked] = find_rows([row.model_id])
    busy = NOTHING if row.busy is None else f"{row.busy:.0%}"
    return row.work, asked.against, row.precision, *speeds(row), f"≥ {asked.asked:g} ×", busy


if __name__ == "__main__":
    run_command(main)
