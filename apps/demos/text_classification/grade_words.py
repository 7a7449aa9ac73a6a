"""What has to be said beside a grade: of which rows it is, what was left out, what it does not show. Page and terminal.

Knows neither.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from apps.words.amounts import count_text, percent_text
from models.errors import InvalidInput
from models.failures import Failure
from serving.gold_work import MOST_LABELS

if TYPE_CHECKING:
    from models.text.grading import Grade
    from models.text.label_names import Matching
    from models.text_classification import Classification
    from training.text_data import TextData


def require_gold(data: "TextData") -> None:
    """Raise InvalidInput for a file in which nothing can be graded: no rows, or labels that are numbers or ids."""
    if not data.rows:
        raise InvalidInput(f"No row of {data.table.name} has both a text and a label. Choose other columns.")
    labels = {row.label for row in data.rows}
    if len(labels) > MOST_LABELS:
        raise InvalidInput(
            f"The column “{data.label_column}” has {len(labels):,} different values: it looks like a number or an id, "
            "not like a label. Choose another label column."
        )


def matching_text(matching: "Matching") -> str:
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


def rows_text(grade: "Grade") -> str:
    """Which rows the figures are of: 180 rows; the first 3,200 rows of 10,000."""
    if grade.seen < grade.total:
        return f"the first {grade.seen:,} rows of {grade.total:,}"
    return f"{grade.total:,} rows"


def accuracy_text(grade: "Grade") -> str:
    """How many are right, with the margin that so few rows leave."""
    right, of = sum(answer.right for answer in grade.answers), len(grade.answers)
    return (
        f"{right:,} of {of:,} are right: {percent_text(grade.accuracy, 3)}, known to about "
        f"± {100 * grade.margin:.0f} points from so many rows."
    )


def remarks(grade: "Grade") -> Iterator[str]:
    """What was left out of the figures, what counts as a mistake by itself, and where the rows are one-sided."""
    for label, count in grade.left_out.items():
        yield (
            f"{_rows(count)} with the label “{label}” {_be(count)} left out of every figure: the model has no label "
            "that counts as it."
        )
    if grade.failed:
        yield f"{_rows(grade.failed)} could not be read by the model and {_be(grade.failed)} left out of every figure."
    if grade.nothing_said:
        said = ", ".join(f"“{label}”" for label in dict.fromkeys(
            answer.said for answer in grade.answers if answer.counts_as is None
        ))  # fmt: skip
        yield (
            f"On {count_text(grade.nothing_said, 'row')} the model said {said}, which counts as no label of the file: "
            "these are mistakes."
        )
    missing = [figures.label for figures in grade.figures if not figures.rows]
    if missing and grade.seen < grade.total:
        yield (
            f"None of these rows is {' or '.join(f'“{label}”' for label in missing)}: perhaps the file is sorted by "
            "label. Then these figures say little about the whole."
        )
    if grade.accuracy <= grade.majority and len(grade.figures) > 1:
        yield (
            f"Always saying the most frequent label would be right as often ({percent_text(grade.majority, 3)}) or "
            "more often."
        )


def _rows(count: int) -> str:
    return count_text(count, "row")


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def cut_text(results: "Iterable[Classification | Failure]") -> str | None:
    """That of some rows only the beginning was judged; None where each was read whole."""
    cut = sum(not isinstance(one, Failure) and one.truncated for one in results)
    if not cut:
        return None
    return f"{_rows(cut)} {_be(cut)} longer than the model reads: what counts there is what it said of the beginning."
