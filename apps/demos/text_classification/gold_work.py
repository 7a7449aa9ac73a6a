"""A model answers the rows of a file, a part at a time, so that each part is kept and Stop never waits for all.

The same for page and terminal: knows neither.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.errors import InvalidInput
from models.failures import Failure
from models.text.label_names import BY_HAND, Matching, match_gold
from training.grading import Grade, grade
from training.text_data import Row, TextData

if TYPE_CHECKING:
    from models.text_classification import Classification, TextClassifier

MOST_ROWS = 10_000
MOST_LABELS = 100
A_PART = 64  # rows: about a second of the smallest model


@dataclass(frozen=True)
class Part:
    """What was said of some rows, the next ones each time; a Failure has the line of its row as its number."""

    results: "tuple[Classification | Failure, ...]"


def require_gold(data: TextData) -> None:
    """Raise InvalidInput for a file in which nothing can be graded: no rows, or labels that are numbers or ids."""
    if not data.rows:
        raise InvalidInput(f"No row of {data.table.name} has both a text and a label. Choose other columns.")
    labels = {row.label for row in data.rows}
    if len(labels) > MOST_LABELS:
        raise InvalidInput(
            f"The column “{data.label_column}” has {len(labels):,} different values: it looks like a number or an id, "
            "not like a label. Choose another label column."
        )


def answer_rows(
    model: "TextClassifier", rows: Sequence[Row], cancelled: threading.Event, even_if_unreadable: bool = False
) -> Iterator[Part]:
    """The rows in their order, in parts. Within a part, texts of like length are read together, which saves padding."""
    for start in range(0, len(rows), A_PART):
        part = rows[start : start + A_PART]
        order = sorted(range(len(part)), key=lambda number: len(part[number].text))
        answers = model.attempt_each([part[number].text for number in order], cancelled, even_if_unreadable)
        found = dict(zip(order, answers, strict=True))
        yield Part(tuple(_named(found[number], row) for number, row in enumerate(part)))


def _named(found: "Classification | Failure", row: Row) -> "Classification | Failure":
    return replace(found, number=row.line) if isinstance(found, Failure) else found


def results_of(parts: Sequence[Part]) -> "list[Classification | Failure]":
    """All results so far, in the order of the rows."""
    return [result for part in parts for result in part.results]


def graded(rows: Sequence[Row], results: "Sequence[Classification | Failure]", matching: Matching, total: int) -> Grade:
    """The grade of the rows that were answered, of `total` in the file. Raises what `grade` raises."""
    said = [result if isinstance(result, Failure) else result.scores for result in results]
    return grade(rows[: len(results)], said, matching, total)


def guessed(model_labels: Sequence[str], rows: Sequence[Row]) -> Matching:
    """Which label of the model (first) counts as which of the file (second), by their names."""
    return match_gold(model_labels, list(gold_counts(rows)))


def gold_counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows each label of the file has, in the order of their names."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.label] = counts.get(row.label, 0) + 1
    return dict(sorted(counts.items()))


def with_wishes(guess: Matching, wishes: Mapping[str, str | None]) -> Matching:
    """The same with what a person said: what a label of the model or the file counts as, None for nothing.

    A label that both have follows the wish on both sides.

    Raises:
        InvalidInput: a label that neither has.
    """
    unknown = [label for label in wishes if label not in guess.first and label not in guess.second]
    if unknown:
        raise InvalidInput(
            f"Neither the model nor the file has a label “{unknown[0]}”. The model's are {', '.join(guess.first)}; the "
            f"file's are {', '.join(guess.second)}."
        )
    if not wishes:
        return guess
    first, second = (
        {label: wishes.get(label, known) for label, known in each.items()} for each in (guess.first, guess.second)
    )
    return Matching(first, second, BY_HAND)


def matching_text(matching: Matching) -> str:
    """What counts as the same, in words: “POSITIVE” of the model and “pos” of the file count as “pos”."""
    parts = []
    for name in matching.classes:
        model = _quoted(label for label, own in matching.first.items() if own == name)
        gold = _quoted(label for label, own in matching.second.items() if own == name)
        parts.append(model if model == gold else f"{model} of the model = {gold} of the file")
    silent = [label for label, own in matching.first.items() if own not in matching.classes]
    unknown = _quoted(label for label, own in matching.second.items() if own not in matching.classes)
    said = f"Counted as the same: {'; '.join(parts)}." if parts else "No label counts as the same."
    verb = "counts" if len(silent) == 1 else "count"
    said += f" {_quoted(silent)} of the model {verb} as no label of the file." if silent else ""
    return said + (f" The model has nothing for {unknown} of the file." if unknown else "")


def _quoted(labels: Iterable[str], most: int = 6) -> str:
    names = [f"“{label}”" for label in labels]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
