"""A school day simulated: how long clicks wait, how busy machines are, and how many are enough.

    python -m benchmarks.school_day --students 1000 --machines 4
    python -m benchmarks.school_day --students 1000 --share 0.25 --within 5 --routing cluster
    python -m benchmarks.school_day --check
    python -m benchmarks.school_day --measure && python -m benchmarks.school_day --write

The queue is that of `benchmarks.school.queues`, the day that of `benchmarks.school.timetable`, seconds are those of
`benchmarks/school/measured.json`. The same seed gives the same day.
"""

import sys
from typing import Annotated, Any

import typer

from benchmarks.school import document
from benchmarks.school.measured import FILE, read_inputs, write_suite
from benchmarks.school.plan import Plan, Report
from benchmarks.school.timetable import Day
from models.errors import InvalidInput
from quantization.measure.speed import require_threads
from quantization.recipes import find_precision
from quantization.result_files import json_text, markdown_table
from training.command import run_command

NORMAL = Day()

Students = Annotated[int, typer.Option(help="In the school, in classes of --class-size.")]
ClassSize = Annotated[int, typer.Option(help="Students of a class.")]
Machines = Annotated[
    int | None, typer.Option(help="How many there are. Left out: the fewest with which 95 % wait less than --within.")
]
Within = Annotated[float, typer.Option(help="Seconds within which 95 % shall have the answer to the first click.")]
Cores = Annotated[int | None, typer.Option(help="Of each machine. Left out: as many as the measured one has.")]
Routing = Annotated[
    str,
    typer.Option(help="“class”: each class keeps to one machine; “cluster”: who clicks goes where the fewest are."),
]
Loaded = Annotated[bool, typer.Option("--loaded", help="Models are in memory when the day begins.")]
Lessons = Annotated[int, typer.Option(help="Of the day.")]
Minutes = Annotated[float, typer.Option(help="Of a lesson.")]
Share = Annotated[float, typer.Option(help="The part of classes that uses Aula in a lesson, 0 to 1.")]
Talk = Annotated[float, typer.Option(help="Seconds after the bell by which each teacher has said “now click”.")]
Reaction = Annotated[float, typer.Option(help="Seconds within which the class has clicked then.")]
Pause = Annotated[float, typer.Option(help="Seconds between two further clicks of a student, on average.")]
Seed = Annotated[int, typer.Option(help="Another number is another day.")]
Check = Annotated[bool, typer.Option("--check", help="Simulate the class of 30 that was measured, beside it.")]
Measure = Annotated[bool, typer.Option("--measure", help="Measure the inputs anew, on a machine that rests.")]
Write = Annotated[bool, typer.Option("--write", help="Write the tables of docs/scale.md anew.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")]


def main(
    students: Students = NORMAL.students,
    class_size: ClassSize = NORMAL.class_size,
    machines: Machines = None,
    within: Within = 10.0,
    cores: Cores = None,
    routing: Routing = "class",
    loaded: Loaded = False,
    lessons: Lessons = NORMAL.lessons,
    minutes: Minutes = NORMAL.minutes,
    share: Share = NORMAL.share,
    talk: Talk = NORMAL.talk,
    reaction: Reaction = NORMAL.reaction,
    pause: Pause = NORMAL.pause,
    seed: Seed = 0,
    check: Check = False,
    measure: Measure = False,
    write: Write = False,
    as_json: AsJson = False,
) -> None:
    """Simulate a school day and print waiting times; or measure its inputs; or write docs/scale.md's tables."""
    if measure + write + check > 1:
        raise InvalidInput("Choose one of --check, --measure and --write.")
    if measure:
        renew(cores or 2)
        return
    inputs = read_inputs()
    if write:
        document.write(inputs)
    elif check:
        print(document.check_table(inputs), end="")
    else:
        day = Day(students, class_size, lessons, minutes, share, talk, reaction, pause)
        plan = Plan(inputs, day, cores or inputs.cores, routing, loaded, seed)
        show(plan, planned(plan, machines, within), as_json)


def planned(plan: Plan, machines: int | None, within: float) -> Report:
    """With so many machines, or with the fewest that are enough. Raises InvalidInput where no number is."""
    found = plan.smallest(within) if machines is None else plan.run(machines)
    if found is None:
        raise InvalidInput(
            f"No number of such machines answers 95 % of first clicks within {within:g} s. Allow more seconds, give "
            "each machine more cores, or try --routing cluster."
        )
    return found


def show(plan: Plan, report: Report, as_json: bool) -> None:
    """Print a table, or all of it as JSON."""
    if as_json:
        print(json_text(told(plan, report)), end="")
        return
    print(
        f"{plan.day.students} students in {len(plan.day.sizes)} classes, {plan.day.lessons} lessons, "
        f"{report.clicks} clicks; {report.machines} × {plan.cores} cores, {report.busy:.0%} busy\n"
    )
    rows = (("after “now click”", report.first), ("all clicks", report.every))
    lines = [(name, *document.waits_text(waits)) for name, waits in rows]
    print(markdown_table(("from click to answer", *document.WAITS), lines), end="")


def told(plan: Plan, report: Report) -> dict[str, Any]:
    """Plain JSON types."""
    asked = {"cores": plan.cores, "routing": plan.routing, "loaded": plan.loaded, "seed": plan.seed}
    return {"day": vars(plan.day)} | asked | report.as_dict()


def renew(cores: int) -> None:
    """Measure, and keep it in measured.json."""
    require_threads(cores)
    from benchmarks.school.measuring import measure_suite  # brings torch

    for item in measure_suite(find_precision("fp32"), cores):  # as a suite is installed
        if isinstance(item, dict):
            write_suite(item)
        else:
            print(item, file=sys.stderr, flush=True)
    print(f"Written to {FILE.name}.", file=sys.stderr)


if __name__ == "__main__":
    run_command(main)
