"""How fast the suite is on this machine: benchmark."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from apps.laboratory.speed_here.classroom import MOST_STUDENTS, require_students
from apps.laboratory.speed_here.lessons import LESSONS, lessons_on
from apps.terminal.about import aula_version
from apps.terminal.options import AsJson, names_in
from apps.terminal.output import ProgressLine
from apps.terminal.work import UntilStopped, end, silence_libraries, stoppable
from apps.terminal.written import require_apart, require_writable
from models.errors import InvalidInput, UnknownModel
from quantization.experiments.steps import Step
from quantization.race.models import models_here, racing_models
from quantization.recipes import PRECISION_NAMES, find_precision

if TYPE_CHECKING:
    from models.catalog import ModelCard

Result = TypeVar("Result")

FIRST_CHOICE = ["fp32", "int8"]
MINUTES = 3.0

Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        help="A model on this machine; repeat it, or separate several by commas. Left out: those that come with Aula, "
        "and complete downloads.",
        metavar="ID",
    ),
]
Precisions = Annotated[
    list[str] | None,
    typer.Option(
        "--precision",
        help=f"Of {', '.join(PRECISION_NAMES)}; repeat it, or separate them by commas. Left out: fp32 and int8.",
        metavar="NAME",
    ),
]
Threads = Annotated[int | None, typer.Option(help="How many threads both sides compute with. Left out: torch's own.")]
Minutes = Annotated[
    float,
    typer.Option(help="A slow line is cut short to keep within these, and says so; what no time is left for is named."),
]
Students = Annotated[
    int | None,
    typer.Option(
        help=f"Measure a class instead: so many students (1 to {MOST_STUDENTS}) at once in a suite that is started for "
        "them, without network or downloads.",
    ),
]
Pages = Annotated[
    list[str] | None,
    typer.Option(
        "--page",
        help=f"With --students, only this page: {', '.join(lesson.page for lesson in LESSONS)}. May be repeated.",
        metavar="NAME",
    ),
]
Auto = Annotated[
    bool,
    typer.Option(
        "--auto",
        help="Measure instead, and remember, which precision “auto” takes for each model. Nothing else should run.",
    ),
]
Compare = Annotated[
    tuple[Path, Path] | None,
    typer.Option(help="Measure nothing; show the files of two machines side by side.", metavar="A.json B.json"),
]
Output = Annotated[Path | None, typer.Option(help="Write the results to this JSON file, too.", metavar="FILE")]


def benchmark(
    model: Models = None,
    precision: Precisions = None,
    threads: Threads = None,
    minutes: Minutes = MINUTES,
    students: Students = None,
    page: Pages = None,
    auto: Auto = False,
    compare: Compare = None,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Measure how fast models answer here, against plain PyTorch; a whole class at once; or compare two machines.

    With --auto, measure which precision is fastest here among those that cost a model little: from then on, pages and
    commands take it by themselves.

    Both sides do the same work in turns: the suite as its pages use it, and plain transformers or PyTorch in fp32.
    Ctrl-C keeps what is measured. How good the answers are is not judged: `quantize` does that.
    \f
    With --json: an object with `kind`, `version`, `finished`, the machine as for `quantize` with `cores` and `memory`
    (bytes), `against`, and `rows`, a list of `model_id`, `task`, `precision`, `work`, `unit`, `plain_per_second`,
    `here_per_second`, `ratio` with `ratio_low` and `ratio_high` (its 95 % interval), `rounds`, `busy` (the part of the
    processor that others used), `load_seconds`, `footprint` (bytes), `error` (a sentence, or null) and `verdict`. With
    --students: an object with `kind`, `version`, `finished`, the machine, `students` and `rows`, a list of `page`,
    `work`, `students`, `first_use`, `opened` and `answered` (each `first`, `median` and `last`, in seconds),
    `answers`, `problems` (each `student` and `problem`; student 0 is who tried the page first), `memory_before`,
    `memory_after` (bytes) and `processor_seconds`. With --compare: an object with `a`, `b` (both files) and `shared`, a
    list of `model_id`, `precision`, `work`, `unit`, `a_per_second`, `b_per_second`, `a_ratio`, `b_ratio` and `times`
    (how many times as fast B is). With --auto: a list of `model_id`, `precision`, `reason` and `error` (why it was not
    measured anew, or null).
    """
    if auto and (compare is not None or students is not None):
        raise InvalidInput("Choose one of --auto, --compare and --students: each is a measurement of its own.")
    if compare is not None and students is not None:
        raise InvalidInput("Choose one of --compare and --students: a comparison measures nothing.")
    if page and students is None:
        raise InvalidInput("--page says where a class is measured. Add --students 30, or leave it out.")
    if compare is not None:
        _compare(compare, output, as_json)
    elif students is not None:
        _class(students, names_in(page), output, as_json)
    elif auto:
        _auto(names_in(model), output, as_json)
    else:
        _race(_cards(names_in(model)), names_in(precision) or FIRST_CHOICE, threads, minutes, output, as_json)


def _cards(names: list[str]) -> "list[ModelCard]":
    """The models named, of those on this machine. Raises UnknownModel for one that cannot be raced here."""
    here = {card.model_id: card for card in racing_models()}
    return [_here(name, here) for name in names or here]


def _here(name: str, here: "dict[str, ModelCard]") -> "ModelCard":
    if name not in here:
        raise UnknownModel(f"{name} cannot be measured here. Choose one of: {', '.join(here)}.")
    return here[name]


def _race(
    cards: "list[ModelCard]",
    precisions: list[str],
    threads: int | None,
    minutes: float,
    output: Path | None,
    as_json: bool,
) -> None:
    from apps.laboratory.speed_here.printed import keep, show_speeds

    chosen = [find_precision(name) for name in precisions]
    require_writable(output, "--output")
    silence_libraries()
    from quantization.race.report import begun, with_rows
    from quantization.race.row import SpeedRow
    from quantization.race.run import race_models

    report = begun(threads, aula_version())
    with stoppable() as cancelled:
        items = UntilStopped(race_models(cards, chosen, threads, minutes, cancelled))
        rows = _followed(items, SpeedRow)
    report = with_rows(report, rows, not items.stopped)
    keep(report.as_dict(), output)
    show_speeds(report, as_json)
    end(items.stopped, failed=any(row.error for row in rows))


def _auto(names: list[str], output: Path | None, as_json: bool) -> None:
    from apps.laboratory.speed_here.printed import keep, show_taken
    from quantization.automatic.survey import Taken, survey

    here = {card.model_id: card for card in models_here()}
    cards = [_here(name, here) for name in names or here]
    require_writable(output, "--output")
    silence_libraries()
    with stoppable() as cancelled:
        items = UntilStopped(survey(cards, cancelled))
        found = _followed(items, Taken)
    keep([each.as_dict() for each in found], output)
    show_taken(found, as_json)
    end(items.stopped, failed=any(each.error for each in found))


def _followed(items: Iterable[object], kind: type[Result], progress: ProgressLine | None = None) -> list[Result]:
    """The results of a kind, while the steps between them are shown."""
    found, progress = [], progress or ProgressLine()
    for item in items:
        if isinstance(item, kind):
            found.append(item)
        elif isinstance(item, Step):
            progress.update(item.text, item.fraction)
    progress.close()
    return found


def _class(students: int, pages: list[str], output: Path | None, as_json: bool) -> None:
    from apps.laboratory.speed_here.classroom import LessonRow, class_visits
    from apps.laboratory.speed_here.printed import class_report, keep, show_class
    from serving.visits.suite import running_suite

    require_students(students)
    lessons = lessons_on(pages)
    require_writable(output, "--output")
    progress = ProgressLine()
    progress.update("Starting a suite for the class", 0.0)
    with stoppable() as cancelled, running_suite() as suite:
        items = UntilStopped(class_visits(suite, lessons, students, cancelled))
        rows = _followed(items, LessonRow, progress)
    told = class_report(students, rows, not items.stopped, aula_version())
    keep(told, output)
    show_class(rows, told, as_json)
    end(items.stopped, failed=any(row.problems for row in rows))


def _compare(files: tuple[Path, Path], output: Path | None, as_json: bool) -> None:
    from apps.laboratory.speed_here.printed import keep, show_comparison
    from quantization.race.compared import compare
    from quantization.race.report import MOST_BYTES, read_report

    def read(path: Path) -> bytes:
        with path.open("rb") as file:  # no more than says that it is too much
            return file.read(MOST_BYTES + 1)

    require_apart(output, files, "--output")
    a, b = (read_report(read(path), path.name) for path in files)
    found = compare(a, b)
    keep(found.as_dict(), output)
    show_comparison(found, as_json)
