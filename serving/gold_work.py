"""A model answers texts with gold labels, a part at a time, so that each part is kept and Stop never waits for all.

The same for page, terminal and API: knows none of them.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from models.errors import InvalidInput
from models.failures import Failure
from models.text.grading import Grade, grade
from models.text.label_names import BY_HAND, Matching, match_gold
from models.text.labelled_row import Row
from models.wording import count_text

if TYPE_CHECKING:
    from models.text_classification import Classification, TextClassifier

MOST_ROWS = 10_000
MOST_LABELS = 100
A_PART = 64  # rows: about a second of the smallest model


def gold_rows(texts: Sequence[str], labels: Sequence[str]) -> list[Row]:
    """Texts with their gold labels as rows, from 1 on.

    Raises:
        InvalidInput: no text, not one label for each, or labels that are numbers or ids.
    """
    if not texts:
        raise InvalidInput("There is no text. Give one or more, each with its gold label.")
    if len(texts) != len(labels):
        counts = f"{count_text(len(texts), 'text')} and {count_text(len(labels), 'label')}"
        raise InvalidInput(f"These are {counts}. Give one label for each text.")
    if (different := len(set(labels))) > MOST_LABELS:
        raise InvalidInput(
            f"The labels have {different:,} different values, and at most {MOST_LABELS} are taken: they look like "
            "numbers or ids, not like labels. Give others."
        )
    return [Row(number, *each) for number, each in enumerate(zip(texts, labels, strict=True), start=1)]


def wishes_in(given: Iterable[str]) -> dict[str, str | None]:
    """What labels shall count as, of “5 stars=good”; None for nothing, as in “maybe=”. Raises InvalidInput."""
    wishes: dict[str, str | None] = {}
    for wish in given:
        label, sign, name = wish.rpartition("=")
        if not sign or not label.strip():
            raise InvalidInput(
                f"“{wish}” does not say what a label counts as. Write LABEL=NAME, or LABEL= for nothing."
            )
        wishes[label.strip()] = name.strip() or None
    return wishes


@dataclass(frozen=True)
class Part:
    """What was said of some rows, the next ones each time; a Failure has the line of its row as its number."""

    results: "tuple[Classification | Failure, ...]"


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
