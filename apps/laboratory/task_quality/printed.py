"""What precisions cost in points, for question answering and translation: what `quantize` prints for such models."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, silence_libraries, stoppable
from models.catalog import ModelCard, Task
from models.device import choose_device
from models.weights import hub
from models.wording import size_text

if TYPE_CHECKING:
    from models.precision import Precision
    from quantization.experiments.task_quality import QualityRow
    from quantization.experiments.task_report import TaskReport

TASKS = (Task.QUESTION_ANSWERING, Task.TEXT_TO_TEXT)


def compare_quality(
    card: ModelCard,
    precisions: Sequence["Precision"],
    device: str = "auto",
    threads: int | None = None,
    as_json: bool = False,
) -> "TaskReport":
    """Examine a question answering or translation model in several precisions, print what came of it, and return it.

    Prints a table (scores, speed, file, footprint) and one sentence for each precision beside fp32 (“int8 costs 0.4
    points of F1 …”), or with `as_json` the whole report as one JSON object. Ctrl-C keeps the precisions that are done.

    Args:
        card: a model whose task is one of `TASKS`.
        precisions: fp32 is measured first, the others in this order; costs are told where fp32 is among them.
        device: `auto`, `cpu` or `cuda`.
        threads: of torch on the CPU; its own number where None.
        as_json: print JSON instead of a table.

    Raises:
        InvalidInput: no precisions, a model for another task, or one that does not translate English to French.
        ModelNotHere, DeviceUnavailable: as every command that runs a model.
        typer.Exit: 1 where a precision failed, 130 after Ctrl-C; the report is returned where all went well.
    """
    hub.require(card)
    silence_libraries()
    from quantization.experiments import task_quality
    from quantization.experiments.task_report import task_report
    from quantization.measure.exams import exam_for

    exam = exam_for(card)
    begun = task_report(card, exam, choose_device(device).type, threads=threads)
    progress, rows = ProgressLine(), []
    with stoppable() as cancelled:
        steps = UntilStopped(task_quality.compare_quality(card, precisions, device, threads, cancelled, exam))
        for step in steps:
            if isinstance(step, task_quality.QualityRow):
                rows.append(step)
            else:
                progress.update(f"{card.model_id}, {step.text}", step.fraction)
    progress.close()
    report = replace(begun, rows=tuple(rows))
    show(report, as_json)
    end(steps.stopped, failed=any(row.error for row in rows))
    return report


def show(report: "TaskReport", as_json: bool) -> None:
    """The report as JSON, or as a table with its sentences."""
    if as_json:
        result_json(report.as_dict())
    else:
        show_table([row for row in report.rows if row.error is None], report.exam.unit)
        show_sentences(report)
    for row in report.rows:
        if row.error:
            note(row.error)


def show_table(rows: Sequence["QualityRow"], unit: str) -> None:
    """One line for each precision that was measured."""
    names = list(rows[0].figures) if rows else []
    headings = ("PRECISION", *(name.upper() for name in names), f"{unit.upper()}S/S", "FILE", "FOOTPRINT")
    lines = [
        (
            row.precision,
            *(f"{row.figures[name]:.1f}" for name in names),
            f"{row.rows_per_second:.1f}",
            size_text(row.file_bytes),
            size_text(row.footprint),
        )
        for row in rows
    ]
    result_table(headings, lines, numbers=headings[1:])


def show_sentences(report: "TaskReport") -> None:
    """What each precision costs, what to beware of, and how it was measured."""
    from quantization.experiments.speeds import cautions
    from quantization.experiments.task_quality import costs
    from quantization.experiments.task_report import cost_sentence, warning

    every_cost = costs(report.exam, report.rows)
    result("".join(f"\n{cost_sentence(cost)}" for cost in every_cost))
    for unsure in cautions(report.rows):
        note(unsure)
    for cost in every_cost:
        if sentence := warning(cost):
            note(sentence)
    note(report.method())
