"""A classifier's answers against gold labels: how often it is right, where it is wrong, and whether it knows when.

Which of its labels counts as which of the file's is a `Matching`, never assumed in silence. A row whose gold label
counts as nothing is left out of every figure and told of. Knows no models: it takes what one said.

Calibration: answers are put into ten bins by the probability that came with them. Where a model is well calibrated, of
those at 0.8 four fifths are right. The expected calibration error (ECE; Guo et al., 2017,
https://arxiv.org/abs/1706.04599) is the mean distance of both, each bin with the weight of its rows.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidInput
from models.failures import Failure
from models.text.label_names import Matching
from models.text.labelled_row import Row

BINS = 10
MOST_MISTAKES = 20
NO_LABEL = "(none of these)"  # an answer that counts as no label of the file


@dataclass(frozen=True)
class Answer:
    """What a model said of one row: its label, what that counts as (None: nothing), and how sure it was, 0 to 1."""

    row: Row
    gold: str
    said: str
    counts_as: str | None
    confidence: float

    @property
    def right(self) -> bool:
        """Whether that is the row's gold label."""
        return self.counts_as == self.gold

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "line": self.row.line, "text": self.row.text, "label": self.row.label, "said": self.said,
            "counts_as": self.counts_as, "confidence": self.confidence,
        }  # fmt: skip


@dataclass(frozen=True)
class Ungraded:
    """A row that no figure counts: what the model said of it, and why it does not count."""

    row: Row
    said: str
    why: str


@dataclass(frozen=True)
class LabelFigures:
    """One label: its gold `rows`, how often it was `said`, and how many of these were `right`."""

    label: str
    rows: int
    said: int
    right: int

    @property
    def precision(self) -> float | None:
        """Of the rows that were called so, the share that is; None where none was."""
        return self.right / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        """Of the rows that are so, the share that was called so; None where none is."""
        return self.right / self.rows if self.rows else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None for a label that neither is nor was said."""
        return 2 * self.right / (self.rows + self.said) if self.rows + self.said else None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "label": self.label, "rows": self.rows, "said": self.said, "right": self.right,
            "precision": self.precision, "recall": self.recall, "f1": self.f1,
        }  # fmt: skip


@dataclass(frozen=True)
class Bin:
    """Answers whose confidence is above `low` and at most `high`: how many, their mean confidence, their accuracy."""

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "low": self.low, "high": self.high, "rows": self.rows, "confidence": self.confidence,
            "accuracy": self.accuracy,
        }  # fmt: skip


@dataclass(frozen=True)
class Grade:
    """How good the answers are.

    `seen` rows were answered of `total`; `answers` are those among them whose gold label counts, at least one, and
    `ungraded` the others. `left_out` are the rows of each gold label that counts as nothing, `failed` those that the
    model could not read. `confusion` has a row for each label and a column for each answer: the labels, and the answers
    that count as none of them where there are some.
    """

    seen: int
    total: int
    matching: Matching
    answers: tuple[Answer, ...]
    ungraded: tuple[Ungraded, ...]
    left_out: Mapping[str, int]
    failed: int
    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    figures: tuple[LabelFigures, ...]
    bins: tuple[Bin, ...]

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0 to 1."""
        return sum(answer.right for answer in self.answers) / len(self.answers)

    @property
    def margin(self) -> float:
        """Half the width of the interval that holds the accuracy with 95 % certainty (Wilson)."""
        n, p, z = len(self.answers), self.accuracy, 1.96
        return z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels that are or were said: a rare one counts as much as a frequent one."""
        return mean_f1(self.confusion)

    @property
    def majority(self) -> float:
        """The accuracy of always saying the most frequent label of these rows."""
        return max(figures.rows for figures in self.figures) / len(self.answers)

    @property
    def ece(self) -> float:
        """The expected calibration error, 0 to 1; 0 is best."""
        return sum(each.rows * abs(each.accuracy - each.confidence) for each in self.bins) / len(self.answers)

    @property
    def nothing_said(self) -> int:
        """Answers that count as no label of the file. They are mistakes."""
        return sum(answer.counts_as is None for answer in self.answers)

    @property
    def answer_labels(self) -> tuple[str, ...]:
        """The names of the columns of `confusion`."""
        return (*self.labels, NO_LABEL) if self.nothing_said else self.labels

    @property
    def mistakes(self) -> tuple[Answer, ...]:
        """The wrong answers of which the model was surest, these first; at most 20."""
        wrong = [answer for answer in self.answers if not answer.right]
        return tuple(sorted(wrong, key=lambda answer: -answer.confidence)[:MOST_MISTAKES])

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, without the single answers."""
        return {
            "seen": self.seen, "total": self.total, "graded": len(self.answers), "failed": self.failed,
            "left_out": dict(self.left_out), "nothing_said": self.nothing_said,
            "matching": {
                "by": self.matching.by, "model": dict(self.matching.first), "file": dict(self.matching.second),
            },
            "accuracy": self.accuracy, "margin": self.margin, "macro_f1": self.macro_f1, "majority": self.majority,
            "labels": [each.as_dict() for each in self.figures],
            "confusion": {"rows": list(self.labels), "columns": list(self.answer_labels),
                          "counts": [list(row) for row in self.confusion]},
            "calibration": {"ece": self.ece, "bins": [each.as_dict() for each in self.bins]},
            "mistakes": [answer.as_dict() for answer in self.mistakes],
        }  # fmt: skip


def require_matched(matching: Matching) -> None:
    """Raise InvalidInput unless some label of the file is one that the model can say."""
    if not matching.classes:
        raise InvalidInput(
            f"None of the file's labels ({_listed(matching.second)}) counts as one of the model's "
            f"({_listed(matching.first)}). Say which counts as which, or choose another model."
        )


def grade(
    rows: Sequence[Row], said: Sequence[Mapping[str, float] | Failure], matching: Matching, total: int | None = None
) -> Grade:
    """Compare gold labels with what a model said: the scores of its labels for each row, or why there are none.

    `rows` are the first of `total`.

    Raises:
        InvalidInput: no label of the file is one that the model can say, or no row has such a label.
    """
    require_matched(matching)
    classes = matching.classes
    first, second = (
        {label: name if name in classes else None for label, name in each.items()}
        for each in (matching.first, matching.second)
    )
    judged = [_judged(row, each, first, second) for row, each in zip(rows, said, strict=True)]
    answers = tuple(each for each in judged if isinstance(each, Answer))
    if not answers:
        raise InvalidInput(
            f"None of the {len(rows):,} rows has both an answer and a label that counts ({_listed(classes)}). Let more "
            "rows be answered, or say of more labels what they count as."
        )
    left_out = Counter(row.label for row in rows if second[row.label] is None)
    confusion = _confusion(answers, classes)
    return Grade(
        seen=len(rows),
        total=len(rows) if total is None else total,
        matching=matching,
        answers=answers,
        ungraded=tuple(each for each in judged if isinstance(each, Ungraded)),
        left_out=dict(left_out.most_common()),
        failed=sum(
            isinstance(each, Failure) and second[row.label] is not None for row, each in zip(rows, said, strict=True)
        ),
        labels=classes,
        confusion=confusion,
        figures=tuple(_figures(confusion, number, label) for number, label in enumerate(classes)),
        bins=calibration(answers),
    )


def _judged(
    row: Row,
    said: Mapping[str, float] | Failure,
    first: Mapping[str, str | None],
    second: Mapping[str, str | None],
) -> Answer | Ungraded:
    if isinstance(said, Failure):
        return Ungraded(row, "", said.error)
    gold = second[row.label]
    if gold is None:
        return Ungraded(row, max(said, key=said.__getitem__), "The model has no label that counts as this one.")
    return _answer(row, gold, said, first)


def _answer(row: Row, gold: str, scores: Mapping[str, float], counts_as: Mapping[str, str | None]) -> Answer:
    """Scores of labels that count as the same are added up; what has the highest sum is the answer.

    Labels that count as nothing stand each for itself.
    """
    exclusive = abs(sum(scores.values()) - 1) < 0.01
    sums: dict[tuple[str | None, str], float] = defaultdict(float)
    for label, score in scores.items():
        key = (counts_as[label], label if counts_as[label] is None else "")
        sums[key] = sums[key] + score if exclusive else max(sums[key], score)
    best = max(sums, key=sums.__getitem__)
    name = best[0]
    said = best[1] or max((label for label in scores if counts_as[label] == name), key=scores.__getitem__)
    return Answer(row, gold, said, name, min(1.0, sums[best]))


def _confusion(answers: Sequence[Answer], classes: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Counts by gold label and answer; a last column for answers that count as nothing, where there are some."""
    columns: list[str | None] = [*classes]
    if any(answer.counts_as is None for answer in answers):
        columns.append(None)
    counts = Counter((answer.gold, answer.counts_as) for answer in answers)
    return tuple(tuple(counts[label, column] for column in columns) for label in classes)


def _figures(confusion: Sequence[Sequence[int]], number: int, label: str) -> LabelFigures:
    said = sum(row[number] for row in confusion)
    return LabelFigures(label, sum(confusion[number]), said, confusion[number][number])


def mean_f1(confusion: Sequence[Sequence[int]]) -> float:
    """The mean of F1 = 2 right / (rows of the class + rows taken for it), over the classes that occur."""
    scores = []
    for label, counts in enumerate(confusion):
        occurs = sum(counts) + sum(row[label] for row in confusion)
        if occurs:
            scores.append(2 * counts[label] / occurs)
    return sum(scores) / len(scores)


def calibration(answers: Sequence[Answer]) -> tuple[Bin, ...]:
    """The answers in ten bins of equal width by their confidence; bins without an answer are left out."""
    by_bin: dict[int, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_bin[max(1, math.ceil(round(answer.confidence * BINS, 9)))].append(answer)
    return tuple(
        Bin(
            (number - 1) / BINS,
            number / BINS,
            len(several),
            sum(answer.confidence for answer in several) / len(several),
            sum(answer.right for answer in several) / len(several),
        )
        for number, several in sorted(by_bin.items())
    )


def _listed(labels: Sequence[str] | Mapping[str, Any], most: int = 5) -> str:
    names = [f"“{label}”" for label in labels]
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
