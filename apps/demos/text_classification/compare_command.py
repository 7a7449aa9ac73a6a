"""Several models on the same texts, in the terminal: what `classify --model A,B` does."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apps.demos.text_classification.comparison import (
    Column,
    Comparison,
    agreement_text,
    disk_bytes,
    doubts,
    matching_lines,
)
from apps.terminal.output import note, result, result_json, result_table
from apps.terminal.work import STOPPED, UntilStopped, load_model, stoppable
from apps.words.amounts import seconds_text
from apps.words.model_names import short_names
from models.catalog import Task
from models.errors import AulaError, InvalidInput
from models.failures import Failure, printable
from models.wording import size_text
from quantization.automatic.choice import AS_SAVED

if TYPE_CHECKING:
    from models.text_classification import TextClassifier

LONGEST_TEXT = 60  # characters that a row of the table shows
NOTHING = "–"


def compare(
    texts: Mapping[int, str], models: Sequence[str], device: str, precision: str | None, as_json: bool, unreadable: bool
) -> int:
    """Ask one model after the other, print what they said; the exit code. `texts` by their number.

    Raises:
        AulaError: the first model's error, where none could be asked.
    """
    from models.device import release_memory

    columns: list[Column] = []
    problems: list[AulaError] = []
    stopped = False
    for model_id in models:
        try:
            columns.append(_ask(model_id, list(texts.values()), device, precision, unreadable))
        except AulaError as error:
            note(f"{model_id}: {error}")
            problems.append(error)
            columns.append(Column(model_id, error=str(error)))
        release_memory()
        if columns[-1].stopped:
            stopped = True
            break
    if len(problems) == len(models):
        raise InvalidInput("None of the models could be asked. Choose models that are here, or fetch them first.")
    found = Comparison(tuple(texts.values()), tuple(columns), tuple(texts))
    _name_failures(found)
    for doubt in doubts(found):
        note(doubt)
    result_json(found.as_dict()) if as_json else _show(found)
    return STOPPED if stopped else 0 if all(column.complete for column in columns) else 1


def _ask(model_id: str, texts: list[str], device: str, precision: str | None, unreadable: bool) -> Column:
    """Load one model and let it read all texts; it is dropped at the end."""
    import time

    classifier: TextClassifier = load_model(Task.TEXT_CLASSIFICATION, model_id, device, precision, unasked=AS_SAVED)
    started = time.perf_counter()
    with stoppable() as cancelled:
        work = UntilStopped(_each(classifier, texts, cancelled, unreadable))
        items = tuple(work)
    return Column(
        classifier.card.model_id,
        items,
        seconds=None if work.stopped else time.perf_counter() - started,
        load_seconds=classifier.load_seconds,
        footprint=classifier.footprint,
        disk_bytes=disk_bytes(classifier.card),
        device=classifier.device.type,
        precision=classifier.precision,
        stopped=work.stopped,
    )


def _each(classifier: "TextClassifier", texts: list[str], cancelled: threading.Event, unreadable: bool):  # type: ignore[no-untyped-def]
    return classifier.attempt_each(texts, cancelled, unreadable)


def _name_failures(found: Comparison) -> None:
    for column in found.columns:
        for place, item in enumerate(column.items):
            if isinstance(item, Failure):
                note(f"{column.model_id}, text {found.number_of(place)}: {item.error}")


def _show(found: Comparison) -> None:
    names = short_names([column.model_id for column in found.columns])
    headings = ("", "TEXT", *(names[column.model_id] for column in found.columns))
    rows = [
        ("≠" if found.differ(number) else "", _text(found.texts[number]), *(_cell(c, number) for c in found.columns))
        for number in found.order
    ]
    result_table(headings, rows)
    result("")
    result(agreement_text(found))
    for line in matching_lines(found):
        result(line)
    result("")
    result_table(
        ("MODEL", "TIME", "LOADING", "ON DISK", "FOOTPRINT"),
        [_took(column) for column in found.columns],
        numbers=("TIME", "LOADING", "ON DISK", "FOOTPRINT"),
    )


def _text(text: str) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def _cell(column: Column, number: int) -> str:
    item = column.items[number] if number < len(column.items) else None
    if item is None:
        return NOTHING
    return "not read" if isinstance(item, Failure) else f"{item.label} {item.score:.3f}"


def _took(column: Column) -> tuple[str, ...]:
    return (
        column.model_id,
        seconds_text(column.seconds) if column.seconds is not None else NOTHING,
        seconds_text(column.load_seconds) if column.load_seconds is not None else NOTHING,
        size_text(column.disk_bytes) if column.disk_bytes is not None else NOTHING,
        size_text(column.footprint) if column.footprint is not None else NOTHING,
    )
