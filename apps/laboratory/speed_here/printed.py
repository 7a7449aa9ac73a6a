"""What `benchmark` prints: speeds of this machine, of a class, and of two machines beside each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.written import write_result
from apps.words.amounts import seconds_text
from models.wording import size_text
from quantization.race.compared import Comparison, remarks
from quantization.race.report import METHOD, NOT_JUDGED, SpeedReport, begun
from quantization.race.row import cautions, measured, rate_text, ratio_text
from quantization.result_files import json_text

if TYPE_CHECKING:
    from apps.laboratory.speed_here.classroom import LessonRow, Waits
    from quantization.automatic.survey import Taken

NOTHING = "–"
BAR, WIDEST = "█", 24  # characters of the longest bar


def keep(results: dict[str, Any] | list[dict[str, Any]], output: Path | None) -> None:
    """Write the results to the file that was asked for."""
    if output is not None:
        write_result(output, json_text(results), "--output")
        note(f"Written to {output}.")


# Speeds of this machine


def show_speeds(report: SpeedReport, as_json: bool) -> None:
    """The report as JSON, or as a table with bars, and what to beware of."""
    if as_json:
        result_json(report.as_dict())
    else:
        for name, value in report.facts().items():
            result(f"{name}: {value}")
        result("")
        show_table(report)
        note(f"{METHOD} {NOT_JUDGED}")
    for sentence in cautions(report.rows):
        note(sentence)
    for row in report.rows:
        if row.error:
            note(f"{row.name}: {row.error}")


def show_table(report: SpeedReport) -> None:
    """A line for each row that was measured, with a bar as long as its ratio."""
    rows = measured(report.rows)
    longest = max((row.ratio or 0.0 for row in rows), default=1.0)
    headings = ("MODEL", "PRECISION", "PLAIN", "HERE", "RATIO (95 %)", "")
    lines = [
        (
            row.model_id,
            row.precision,
            rate_text(row.plain_per_second or 0.0, row.unit),
            rate_text(row.here_per_second or 0.0, row.unit),
            ratio_text(row),
            BAR * max(1, round(WIDEST * (row.ratio or 0.0) / longest)),
        )
        for row in rows
    ]
    result_table(headings, lines, numbers=("PLAIN", "HERE", "RATIO (95 %)"))


# What “auto” takes


def show_taken(found: "Sequence[Taken]", as_json: bool) -> None:
    """A line for each model, or all as JSON; then what could not be measured."""
    if as_json:
        result_json([each.as_dict() for each in found])
    else:
        result_table(("MODEL", "AUTO TAKES", "WHY"), [(each.model_id, each.precision, each.why) for each in found])
    for each in found:
        if each.error:
            note(f"{each.model_id}: {each.error}")


# A class


def class_report(students: int, rows: "Sequence[LessonRow]", finished: bool, version: str) -> dict[str, Any]:
    """Plain JSON types: the machine, and a row for each page."""
    head = {"kind": "aula-class", "version": 1, "finished": finished}
    return head | begun(None, version).conditions | {"students": students, "rows": [row.as_dict() for row in rows]}


def show_class(rows: "Sequence[LessonRow]", told: dict[str, Any], as_json: bool) -> None:
    """The class as JSON, or two lines for each page: opening it, and the answer; then who had a problem."""
    if as_json:
        result_json(told)
    else:
        headings = ("PAGE", "TOGETHER", "FIRST", "MEDIAN", "LAST", "DONE", "ALONE, FIRST USE", "MEMORY")
        result_table(headings, [line for row in rows for line in _lines(row)], numbers=headings[2:])
    for row in rows:
        for problem in row.problems:
            who = f"student {problem.student}" if problem.student else "who tried it first"
            note(f"{row.page}, {who}: {problem.sentence}")


def _lines(row: "LessonRow") -> list[tuple[str, ...]]:
    memory = f"{size_text(row.memory_before)} → {size_text(row.memory_after)}"
    alone = NOTHING if row.first_use is None else seconds_text(row.first_use)
    return [
        (row.page, "open the page", *_waits(row.opened), _done(row.opened, row.students), "", ""),
        ("", row.told, *_waits(row.answered), _done(row.answered, row.students), alone, memory),
    ]


def _waits(waits: "Waits") -> tuple[str, ...]:
    found = (waits.first, waits.median, waits.last)
    return tuple(NOTHING if each is None else seconds_text(each) for each in found)


def _done(waits: "Waits", students: int) -> str:
    return f"{len(waits.seconds)} of {students}"


# Two machines


def show_comparison(found: Comparison, as_json: bool) -> None:
    """Both machines as JSON, or their facts and a line for each piece of work that both have done."""
    if as_json:
        result_json(found.as_dict())
    else:
        for name, report in (("A", found.a), ("B", found.b)):
            facts = report.facts()
            result(f"{name}: {facts['processor']}; cores {facts['cores']}; {facts['memory']}; {facts['date']}")
        result("")
        headings = ("MODEL", "PRECISION", "A", "B", "B AGAINST A", "A AGAINST PLAIN", "B AGAINST PLAIN")
        lines = [
            (
                pair.a.model_id,
                pair.a.precision,
                rate_text(pair.a.here_per_second or 0.0, pair.a.unit),
                rate_text(pair.b.here_per_second or 0.0, pair.b.unit),
                f"{pair.times:.2f} ×",
                ratio_text(pair.a),
                ratio_text(pair.b),
            )
            for pair in found.pairs
        ]
        result_table(headings, lines, numbers=headings[2:])
    for sentence in remarks(found):
        note(sentence)
