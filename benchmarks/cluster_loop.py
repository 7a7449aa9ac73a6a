"""The plain loop over pictures against `--cluster local`, in turns: python -m benchmarks.cluster_loop

Each side is a fresh process, so that reading the libraries, loading the model and starting Ray count. From the times of
several numbers of pictures follow what a start and what a picture cost, and from how many pictures on the cluster pays.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from benchmarks.ratio_rows import copied
from models.errors import AulaError, InvalidInput
from models.wording import count_text
from quantization.measure.conditions import conditions, flat
from quantization.result_files import json_text, markdown_table
from training.command import run_command

ROOT = Path(__file__).resolve().parents[1]
SIDES = PLAIN, CLUSTER = "plain", "cluster"
HEADER = ("pictures", "plain loop (s)", "--cluster local (s)", "ratio")
Times = dict[int, dict[str, list[float]]]  # seconds of each round by side, by the number of pictures

Numbers = Annotated[str, typer.Option(help="How many pictures, separated by commas; two numbers or more.")]
Repeats = Annotated[int, typer.Option(min=1, help="Rounds of both sides for each number.")]
Workers = Annotated[int, typer.Option(min=1, help="Of the cluster, one thread each. The plain loop has all threads.")]
Model = Annotated[str, typer.Option(help="A detector.", metavar="ID|FOLDER")]
Precision = Annotated[str, typer.Option(metavar="NAME")]
Side = Annotated[str, typer.Option(hidden=True)]
Folder = Annotated[Path, typer.Option(hidden=True)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


def main(
    pictures: Numbers = "100,400,1600",
    repeats: Repeats = 3,
    workers: Workers = 2,
    model: Model = "aula/yolov5s",
    precision: Precision = "fp32",
    as_json: AsJson = False,
    side: Side = "",
    folder: Folder = Path(),
) -> None:
    """Measure both sides in turns, and print a Markdown table with what a start and a picture cost."""
    settings = {"model": model, "precision": precision}
    if side:
        print({PLAIN: _plain, CLUSTER: _cluster}[side](folder, settings, workers))
        return
    numbers = _numbers(pictures)
    with TemporaryDirectory(prefix="aula-") as name:
        times = {number: _turns(Path(name), number, repeats, settings, workers) for number in numbers}
    facts = conditions() | settings | {"workers": workers, "repeats": repeats}
    lines = {side: line({number: statistics.median(each[side]) for number, each in times.items()}) for side in SIDES}
    told = {"times": times, "lines": lines, "pays_from": pays_from(lines[PLAIN], lines[CLUSTER])}
    print(json_text(facts | told) if as_json else _table(facts, times, told), end="")


def _numbers(text: str) -> list[int]:
    try:
        numbers = sorted({int(each) for each in text.split(",")})
    except ValueError:
        numbers = []
    if len(numbers) < 2 or numbers[0] < 1:
        raise InvalidInput(f"--pictures is “{text}”. Give two numbers or more, separated by commas: 100,400.")
    return numbers


def _turns(room: Path, number: int, repeats: int, settings: dict[str, str], workers: int) -> dict[str, list[float]]:
    folder = room / f"{number}"
    copied(folder, number)
    found: dict[str, list[float]] = {side: [] for side in SIDES}
    for turn in range(repeats):
        for side in SIDES if turn % 2 == 0 else SIDES[::-1]:
            found[side].append(_seconds(side, folder, number, settings, workers))
            print(f"{count_text(number, 'picture')}, {side}: {found[side][-1]:.1f} s", file=sys.stderr, flush=True)
    return found


def _seconds(side: str, folder: Path, number: int, settings: dict[str, str], workers: int) -> float:
    """From the start of a fresh process to its end. Raises AulaError where it did not do all pictures."""
    command = [sys.executable, "-m", "benchmarks.cluster_loop", "--side", side, "--folder", str(folder)]
    command += ["--workers", str(workers), "--model", settings["model"], "--precision", settings["precision"]]
    began = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - began
    if ended.returncode != 0:
        raise AulaError(f"Nothing was measured: the side “{side}” ended with an error, which stands above.")
    if (done := int(ended.stdout.split()[-1])) != number:
        raise AulaError(f"Nothing was measured: the side “{side}” did {done} of {count_text(number, 'picture')}.")
    return seconds


def _plain(folder: Path, settings: dict[str, Any], workers: int) -> int:
    """As the command does it, without drawing: all threads of the machine, the next pictures read meanwhile."""
    from models.catalog import Task
    from serving.loading import ModelKey, load

    detector = load(ModelKey(Task.OBJECT_DETECTION, settings["model"], "auto", settings["precision"]))
    with (folder.parent / "plain.jsonl").open("w") as file:
        done = [file.write(json.dumps(each.as_dict())) for each in detector.detect_files(sorted(folder.iterdir()))]
    return len(done)


def _cluster(folder: Path, settings: dict[str, Any], workers: int) -> int:
    from serving.cluster.engine import LOCAL, connect, disconnect
    from serving.cluster.jobs import Job, begin

    with TemporaryDirectory(prefix="aula-") as results:
        begun = begin(Job("detect", settings, [str(folder)], results, workers=workers))
        connect(LOCAL)
        done = sum(each.error is None for each in begun.missing_done())
        disconnect()
    return done


# What follows from the times


def line(seconds: dict[int, float]) -> tuple[float, float]:
    """What a start costs and what a picture costs, in seconds: the line through these times, by least squares."""
    numbers, times = zip(*seconds.items(), strict=True)
    slope, start = statistics.linear_regression(numbers, times)
    return start, slope


def pays_from(plain: tuple[float, float], cluster: tuple[float, float]) -> int | None:
    """From how many pictures on the cluster is the faster one; None where it never is."""
    saved = plain[1] - cluster[1]
    return None if saved <= 0 else max(0, int((cluster[0] - plain[0]) / saved) + 1)


def _table(facts: dict[str, Any], times: Times, told: dict[str, Any]) -> str:
    words = flat(facts)
    head = f"{words['date']}, {words['processor']}, {words['machine']}; {words['model']}, {words['precision']}, "
    head += f"{words['workers']} workers; {count_text(facts['repeats'], 'round')} in turns, medians."
    rows = [_row(number, *(statistics.median(each[side]) for side in SIDES)) for number, each in times.items()]
    costs = [
        f"{side}: {start:.1f} s to start, {1000 * slope:.1f} ms a picture"
        for side, (start, slope) in told["lines"].items()
    ]
    pays = told["pays_from"]
    ends = "never, on this machine alone" if pays is None else f"from {count_text(pays, 'picture')} on"
    return f"{head}\n\n{markdown_table(HEADER, rows, words=0)}\n{'; '.join(costs)}. The cluster pays: {ends}.\n"


def _row(number: int, plain: float, cluster: float) -> Sequence[str]:
    return str(number), f"{plain:.1f}", f"{cluster:.1f}", f"{plain / cluster:.2f} ×"


if __name__ == "__main__":
    run_command(main)
