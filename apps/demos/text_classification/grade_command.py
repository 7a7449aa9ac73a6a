"""A model against gold labels, in the terminal: grade."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.text_classification.grade_words import (
    accuracy_text,
    cut_text,
    matching_text,
    remarks,
    require_gold,
    rows_text,
)
from apps.demos.transfer_learning.command import Encoding, Header, LabelColumn, Missing, TextColumn
from apps.demos.transfer_learning.reading import doubts, left_out_texts, reading_text
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, Model, Precision, names_in
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.terminal.written import require_apart, require_writable, write_result
from models.catalog import Task
from models.failures import Failure
from models.text.grading import Grade, require_matched
from serving import records
from serving.gold_work import (
    MOST_ROWS,
    Part,
    answer_rows,
    graded,
    guessed,
    results_of,
    wishes_in,
    with_wishes,
)

if TYPE_CHECKING:
    from training.text_data import TextData

MOST_NAMED = 5  # rows that could not be read
SHOWN_MISTAKES = 5
LONGEST_TEXT = 70

File = Annotated[Path, typer.Argument(help="Rows with a text and a gold label: CSV, TSV or JSON.", metavar="FILE")]
Rows = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="At most so many, the first ones of the file.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="What a label of the model or of the file counts as: “5 stars=good”; “maybe=” counts as nothing. Repeat "
        "it. Left out: guessed by the names, and told.",
        metavar="LABEL=NAME",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Write the prediction of each row to this CSV file.", metavar="FILE")]


def grade(
    file: File,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    label_map: Map = None,
    rows: Rows = MOST_ROWS,
    out: Out = None,
    header: Header = None,
    missing: Missing = None,
    encoding: Encoding = None,
    even_if_unreadable: EvenIfUnreadable = False,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Let a model answer texts with gold labels, and tell how good it is.

    Accuracy, macro F1, figures of each label, calibration and the worst mistakes. Which label of the model counts as
    which of the file is told first. A row whose gold label the model has nothing for is left out of every figure, and
    said. Ctrl-C keeps what was answered, and grades that.
    """
    from training.text_data import read_texts

    wishes = wishes_in(label_map or ())
    require_writable(out, "--out")
    require_apart(out, [file], "--out")
    data = read_texts(
        file, None, text_column, label_column, encoding=encoding, header=header, missing=names_in(missing)
    )
    _tell_reading(data)
    require_gold(data)
    classifier = load_model(Task.TEXT_CLASSIFICATION, model, device, precision)
    matching = with_wishes(guessed(classifier.labels, data.rows), wishes)
    note(matching_text(matching))
    require_matched(matching)
    with stoppable() as cancelled:
        work = UntilStopped(answer_rows(classifier, data.rows[:rows], cancelled, even_if_unreadable))
        parts = _followed(work, min(rows, len(data.rows)))
    results = results_of(parts)
    if not results:
        end(stopped=True)
    found = graded(data.rows, results, matching, len(data.rows))
    _name_failures([one for one in results if isinstance(one, Failure)])
    cut = cut_text(results)
    if cut is not None:
        note(cut)
    if as_json:
        told = {"file": data.table.name, "text_column": data.text_column, "label_column": data.label_column}
        result_json(told | records.grade(classifier.card.model_id, found, results, not work.stopped))
    else:
        _show(found)
    if out is not None:
        _write(out, found)
    end(work.stopped, failed=found.failed > 0)


def _tell_reading(data: "TextData") -> None:
    note(reading_text(data.table, data.missing))
    note(f"The texts are in “{data.text_column}”, the gold labels in “{data.label_column}”.")
    for sentence in [*left_out_texts(data.faults), *doubts(data)]:
        note(sentence)


def _followed(work: UntilStopped, total: int) -> list[Part]:
    progress = ProgressLine(lambda speed: f"{speed * total:.0f} rows/s")
    parts: list[Part] = []
    done = 0
    try:
        for part in work:
            parts.append(part)
            done += len(part.results)
            progress.update(f"{done:,} of {total:,} rows", done / total)
    finally:
        progress.close()
    return parts


def _name_failures(failures: list[Failure]) -> None:
    for failure in failures[:MOST_NAMED]:
        note(f"Line {failure.number}: {failure.error}")
    if len(failures) > MOST_NAMED:
        note(f"{len(failures) - MOST_NAMED:,} more rows could not be read.")


def _show(found: Grade) -> None:
    result(f"Of {rows_text(found)}: {accuracy_text(found)}")
    for remark in remarks(found):
        result(remark)
    result(
        f"Macro F1 {found.macro_f1:.3f} · ECE {found.ece:.3f} (0 is best) · always the most frequent label "
        f"{found.majority:.3f}"
    )
    result("")
    names = ("ROWS", "SAID", "PRECISION", "RECALL", "F1")
    result_table(
        ("LABEL", *names),
        [
            (each.label, f"{each.rows:,}", f"{each.said:,}", *map(_share, (each.precision, each.recall, each.f1)))
            for each in found.figures
        ],
        numbers=names,
    )
    result("")
    counts = zip(found.labels, found.confusion, strict=True)
    result_table(
        ("IT IS / IT SAID", *found.answer_labels),
        [(label, *(f"{count:,}" for count in row)) for label, row in counts],
        numbers=found.answer_labels,
    )
    if found.mistakes:
        result("")
        result_table(
            ("LINE", "GOLD", "SAID", "SURE", "THE WORST MISTAKES"),
            [
                (str(one.row.line), one.row.label, one.said, f"{one.confidence:.3f}", _short(one.row.text))
                for one in found.mistakes[:SHOWN_MISTAKES]
            ],
            numbers=("LINE", "SURE"),
        )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def _write(out: Path, found: Grade) -> None:
    from apps.demos.text_classification.gold_results import predictions_csv

    write_result(out, predictions_csv(found), "--out")
    note(f"Written to {out}.")
