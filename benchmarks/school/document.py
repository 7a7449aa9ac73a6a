"""The tables of docs/scale.md, from the measured figures: `python -m benchmarks.school_day --write` puts them there."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.school.costs import Pictures, Prices
from benchmarks.school.measured import Inputs
from benchmarks.school.plan import Plan, Report, Waits, last_of_class
from benchmarks.school.timetable import Day
from models.wording import count_text
from quantization.measure.bystanders import MOST_BUSY
from quantization.result_files import markdown_table, replaced

FILE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"
NOTHING = "–"
LESSONS = 2  # of the simulated days: one is like another, and two of 34 classes are enough to tell 95 %
CLASSES = (10, 20, 30, 60, 90, 120, 150)  # students on one machine
SHARES = (0.25, 1.0)
ROUTINGS = {"class": "each class keeps to one machine", "cluster": "whoever clicks goes where the fewest are"}
SECONDS = (5.0, 10.0)
MILLION, DETECTOR, FEW, BATCH = 1_000_000, "object_detection", (2, 4, 8), 8
HOURS = 5.0  # of lessons a day: six of 50 minutes


def write(inputs: Inputs, file: Path = FILE) -> None:
    """Put the tables into the document."""
    file.write_text(written(inputs, file.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def written(inputs: Inputs, document: str) -> str:
    """The document with its tables."""
    for name, table in tables(inputs):
        document = replaced(document, name, table)
    return document


def tables(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Each with its name."""
    yield "inputs", inputs_table(inputs)
    yield "check", check_table(inputs)
    yield "one machine", one_machine_table(inputs)
    yield "school", school_table(inputs)
    yield "million", million_table(inputs)
    yield "ray", ray_table(inputs)


def inputs_table(inputs: Inputs) -> str:
    """What a click takes, and on which machine that was measured."""
    suite = inputs.facts["suite"]
    lines = [
        (each.page, each.work, f"{each.mean:.3f}", f"{each.script:.2f}", f"{each.load:.2f}", f"{each.crowd:.2f} ×")
        for each in inputs.measured
    ]
    head = ("page", "a click", "model", "page", "first use: loading", "one of eight, against one alone")
    busy = f"Others used {suite['others_used']:.0%} of the processor meanwhile."
    if suite["others_used"] > MOST_BUSY:
        busy += " **These figures are provisional**: they are seconds that were computed, and yet too many."
    where = f"`{suite['command']}`, {suite['date']}, {suite['processor']}, {inputs.cores} cores, {suite['precision']}"
    return f"{markdown_table(head, lines, words=2)}\nSeconds of a core. {where}. {busy}\n"


def check_table(inputs: Inputs) -> str:
    """What the simulation says of a class, beside what was measured."""
    suite, published = inputs.facts["suite"], inputs.facts["classroom"]
    quiet = suite["others_used"] <= MOST_BUSY
    lines = []
    for each in inputs.measured:
        last, core = last_of_class(inputs, each.page, suite["students"])
        there, here = published["last"][each.page], suite["class"][each.page]
        same_run = f"{here['last']:.1f} s" if quiet else NOTHING
        simulated = f"{core:.1f} s, {here['processor_seconds']:.1f} s ({core / here['processor_seconds']:.2f} ×)"
        lines.append((each.page, f"{last:.1f} s", f"{there:g} s ({last / there:.2f} ×)", same_run, simulated))
    head = ("page", "simulated", f"measured {published['date']}", "measured in this run", "core: simulated, this run")
    return markdown_table(head, lines)


def one_machine_table(inputs: Inputs) -> str:
    """So many students on the machine that was measured."""
    lines = []
    for students in CLASSES:
        report = Plan(inputs, Day(students=students, lessons=LESSONS * 4), inputs.cores).run(1)
        lines.append((str(students), *waits_text(report.first), *waits_text(report.every), f"{report.busy:.0%}"))
    now, all_day = "“now click”: ", "all clicks: "
    head = ("students", *(f"{now}{each}" for each in WAITS), *(f"{all_day}{each}" for each in WAITS), "busy")
    return markdown_table(head, lines, words=0)


WAITS = ("median", "95 %", "worst")


def waits_text(waits: Waits) -> tuple[str, ...]:
    """Median, 95 % and worst."""
    return tuple(f"{each:.1f} s" for each in (waits.median, waits.most, waits.worst))


def school_table(inputs: Inputs) -> str:
    """The fewest machines for a school of 1,000, and what they cost."""
    lines = [
        (f"{share:.0%}", ROUTINGS[routing], f"{within:g} s", *_enough(smallest(inputs, share, routing, within)))
        for share in SHARES
        for routing in ROUTINGS
        for within in SECONDS
    ]
    head = (
        "classes that use Aula",
        "who goes where",
        "95 % within",
        "machines",
        "busy",
        "own, a year",
        "rented, a year",
    )
    return markdown_table(head, lines, words=3)


def smallest(inputs: Inputs, share: float, routing: str, within: float, students: int = 1000) -> Report | None:
    """The fewest machines of the kind that was measured, in use for a while: their models are loaded."""
    day = Day(students=students, lessons=LESSONS, share=share)
    return Plan(inputs, day, inputs.cores, routing, loaded=True).smallest(within)


def _enough(report: Report | None) -> tuple[str, ...]:
    if report is None:
        return "no number is enough", NOTHING, NOTHING, NOTHING
    prices, count = Prices(), report.machines
    own, rented = prices.own_year(count, HOURS), prices.cloud_year(count, HOURS)
    return str(count), f"{report.busy:.0%}", f"{own:,.0f} €", f"{rented:,.0f} $"


def million_table(inputs: Inputs) -> str:
    """Machine hours, machines for a night, what that costs, and from when on a cluster pays."""
    work, prices = pictures(inputs), Prices()
    night = work.machines_for(prices.night)
    electricity = work.hours * prices.watts / 1000 * prices.kilowatt_hour
    lines = [
        ("seconds of a core for a picture", f"{work.seconds:.3f}"),
        (f"hours of one machine of {inputs.cores} cores", f"{work.hours:.1f}"),
        (f"machines for one night of {prices.night:g} hours", str(night)),
        ("electricity on machines of one's own", f"{electricity:.2f} €"),
        ("the same hours rented", f"{work.hours * prices.cloud_hour:.2f} $"),
        *((f"{few} machines are faster than one from", f"{work.pays_from(few):,} pictures") for few in FEW),
    ]
    return markdown_table(("a million pictures, YOLOv5s", ""), lines)


def pictures(inputs: Inputs) -> Pictures:
    """A million of them, on machines of the kind that was measured."""
    return Pictures(MILLION, inputs.one(DETECTOR).mean, inputs.cores, inputs.facts["cluster"]["start_seconds"])


def ray_table(inputs: Inputs) -> str:
    """What Ray's makers have tried, beside what is needed here."""
    night = pictures(inputs).machines_for(Prices().night)
    most = max(night, len(Day().sizes))
    needed = {
        "nodes": count_text(most, "machine"),
        "actors": f"{most * inputs.cores} (one a core)",
        "tasks at once": str(most * inputs.cores),
        "tasks queued on a node": f"{MILLION // BATCH:,} (a million pictures by {BATCH})",
    }
    limits = inputs.facts["ray"]["limits"]
    return markdown_table(("", "tried by Ray", "needed here"), [(name, limits[name], needed[name]) for name in needed])
