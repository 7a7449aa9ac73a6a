"""The ratios that the suite asks of itself, measured in one run on this machine, as one Markdown table.

    python -m benchmarks.ratios
    python -m benchmarks.ratios --rows yolov5s,vit --precision fp32,int8 --repeats 9 --json

Both sides are in memory and take turns, with two threads. `benchmarks.ratio_rows` says what each row does. It reports
and does not judge: the exit code is 1 only where something failed.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.race import Race, race
from benchmarks.ratio_rows import NAMES, PICTURES, RatioRow, find_rows, folder_for_row
from models.device import release_memory
from models.errors import InvalidInput
from models.precision import Precision, applies
from models.threads import pinned_threads
from quantization.measure.bystanders import read, use_between
from quantization.measure.conditions import conditions, flat
from quantization.measure.failures import failure_sentence
from quantization.measure.speed import require_threads
from quantization.measure.turns import median_interval
from quantization.race.row import rate_text
from quantization.race.side import Side
from quantization.recipes import PRECISION_NAMES, find_precision
from quantization.result_files import json_text, markdown_table
from training.command import run_command

EVERY_ROW = ",".join(NAMES)
HEADER = ("work", "against", "precision", "there", "here", "ratio (95 %)", "asked", "others used")
NOTHING = "–"

Rows = Annotated[str, typer.Option(help=f"Of {', '.join(NAMES)}; separated by commas.", metavar="NAMES")]
Precisions = Annotated[str, typer.Option("--precision", help=f"Of {', '.join(PRECISION_NAMES)}.", metavar="NAMES")]
Repeats = Annotated[int, typer.Option(help="Counted runs of each side.")]
FolderRepeats = Annotated[int, typer.Option(help="The same for the folder of pictures, which takes long.")]
Threads = Annotated[int, typer.Option(help="Threads that both sides compute with.")]
Pictures = Annotated[int, typer.Option(help="Pictures in the folder of the row “folder”.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


@dataclass(frozen=True)
class Measured:
    """One row in one precision; `busy` is what others used of the processor meanwhile, `error` why there is no race."""

    row: RatioRow
    precision: str
    race: Race | None = None
    busy: float | None = None
    error: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "row": self.row.name,
            "work": self.row.title,
            "against": self.row.against,
            "unit": self.row.unit,
            "precision": self.precision,
            "asked_ratio": self.row.asked,
            "busy": self.busy,
            "race": None if self.race is None else self.race.as_dict(),
            "error": self.error,
        }


def main(
    rows: Rows = EVERY_ROW,
    precision: Precisions = "fp32,int8",
    repeats: Repeats = 7,
    folder_repeats: FolderRepeats = 3,
    threads: Threads = 2,
    pictures: Pictures = PICTURES,
    as_json: AsJson = False,
) -> None:
    """Measure each row in each precision that its models have, and print a Markdown table."""
    chosen, precisions = find_rows(_list(rows)), [find_precision(name) for name in _list(precision)]
    for name, number in (("repetitions", min(repeats, folder_repeats)), ("pictures", pictures)):
        if number < 1:
            raise InvalidInput(f"The number of {name} must be at least 1. It is {number}.")
    require_threads(threads)
    with pinned_threads(threads):
        facts = conditions() | {"repeats": repeats, "folder_repeats": folder_repeats, "pictures": pictures}
        found = []
        for row in chosen:
            for each in measure(row, precisions, folder_repeats if row.name == "folder" else repeats, pictures):
                found.append(each)
                print(f"  {_ratio(each.race) if each.race else each.error}", file=sys.stderr, flush=True)
    print(json_text(facts | {"rows": [each.as_dict() for each in found]}) if as_json else table(facts, found), end="")
    if any(each.error for each in found):
        raise SystemExit(1)


def measure(
    row: RatioRow, precisions: Sequence[Precision], repeats: int, pictures: int = PICTURES
) -> Iterator[Measured]:
    """The row in each precision that it has; what fails is a row with a sentence."""
    able = [each for each in precisions if applies(each, "cpu", row.task)]
    with folder_for_row() as name:
        try:
            load_plain, load_ours = row.prepare(Path(name), pictures)
            plain = None if row.of_precision else load_plain()
        except Exception as error:  # one row's libraries must not take the others with them
            yield Measured(row, NOTHING, error=failure_sentence(row.name, error))
            return
        for precision in able:
            print(f"{row.title}, {precision.name} …", file=sys.stderr, flush=True)
            try:
                yield _raced(row, precision, load_ours, plain or load_plain, repeats)
            except Exception as error:
                yield Measured(row, precision.name, error=failure_sentence(precision.name, error))
            release_memory()


def _raced(
    row: RatioRow,
    precision: Precision,
    load_ours: Callable[[Precision], Side],
    plain: Side | Callable[[], Side],
    repeats: int,
) -> Measured:
    ours = load_ours(precision)
    other = plain if isinstance(plain, Side) else plain()  # the suite itself, which then has been loaded
    before = read()
    raced = race(_rounded(other.work), _rounded(ours.work), repeats)
    return Measured(row, precision.name, raced, use_between(before, read()).share)


def _rounded(work: Any) -> Any:
    return lambda: round(work())


def table(facts: dict[str, Any], rows: Sequence[Measured]) -> str:
    """The conditions in a few lines, one line for each row, and what failed."""
    words = flat(facts)
    head = (
        f"{words['date']}, {words['processor']}, {words['machine']}; {words['cpu_features']}; {words['versions']}. "
        f"Threads: {words['threads']}. Both sides in turns, {words['repeats']} times each after one that is not "
        f"counted ({words['folder_repeats']} over the folder of {words['pictures']} pictures); medians.\n\n"
    )
    failed = "".join(f"\n{row.row.title}, {row.precision}: {row.error}\n" for row in rows if row.error)
    return head + markdown_table(HEADER, map(_cells, rows), words=3) + failed


def _cells(row: Measured) -> tuple[str, ...]:
    asked = f"≥ {row.row.asked:g} ×"
    if row.race is None:
        return row.row.title, row.row.against, row.precision, "not measured", NOTHING, NOTHING, asked, NOTHING
    times = (row.race.baseline.median, row.race.measured.median)
    there, here = (rate_text(row.race.tokens / seconds, row.row.unit) for seconds in times)
    busy = NOTHING if row.busy is None else f"{row.busy:.0%}"
    return row.row.title, row.row.against, row.precision, there, here, _ratio(row.race), asked, busy


def _ratio(race: Race) -> str:
    """The median of the rounds' ratios, with its interval where the rounds are enough for one."""
    sides = zip(race.baseline.seconds, race.measured.seconds, strict=True)
    ratios = sorted(there / here for there, here in sides)
    found = median_interval(ratios)
    low, high = (found.low, found.high) if found else (ratios[0], ratios[-1])
    return f"{statistics.median(ratios):.2f} × ({low:.2f}–{high:.2f})"


def _list(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


if __name__ == "__main__":
    run_command(main)
