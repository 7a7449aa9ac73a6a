"""What stands in each column of a table: its type, what is missing, how many different values, the commonest."""

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from training.exploration.steps import Steps
from training.text_data import SIGNS_OF_MISSING
from training.text_files import Table
from training.text_header import is_index, is_number

MOST_SHOWN = 5  # values
SHOWN_CHARACTERS = 60
_MOST_CATEGORIES = 50
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?|\d{1,2}[./-]\d{1,2}[./-](\d{4}|\d{2})")
_TRUTH = ({"true", "false"}, {"yes", "no"}, {"sí", "no"}, {"si", "no"})


@dataclass(frozen=True)
class ColumnFacts:
    """One column.

    `kind` is what its values are: empty, row number, whole number, number, date, true or false, category, text, list,
    object, or mixed. `missing` counts the rows with nothing in it, `distinct` the different values, `commonest` the
    rows of the most frequent ones (cut after 60 characters). `signs` counts cells that look like a sign of something
    missing, such as “NA”. `low`, `middle` and `high` are of numbers themselves, of texts the characters, else None.
    """

    name: str
    kind: str
    missing: int
    distinct: int
    commonest: dict[str, int]
    signs: dict[str, int]
    low: float | None = None
    middle: float | None = None
    high: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def explore_columns(table: Table, steps: Steps | None = None) -> tuple[ColumnFacts, ...]:
    """Facts about each column, in the order of the table."""
    columns = (steps or Steps()).through("Reading the columns", table.columns, every=1)
    return tuple(column_facts(name, [record.cells.get(name) for record in table.records]) for name in columns)


def column_facts(name: str, values: Sequence[Any]) -> ColumnFacts:
    """Facts about the values of one column, one for each row; None, NaN and blank texts are missing."""
    filled = [value for value in values if not _is_missing(value)]
    texts = [_text(value) for value in filled]
    counts = Counter(texts)
    kind = _kind(filled, texts, len(counts))
    measured = _measured(kind, texts)
    return ColumnFacts(
        name,
        kind,
        len(values) - len(filled),
        len(counts),
        {_cut(text): count for text, count in counts.most_common(MOST_SHOWN)},
        {text: count for text, count in counts.items() if text.casefold() in SIGNS_OF_MISSING},
        *((min(measured), statistics.median(measured), max(measured)) if measured else ()),
    )


def _is_missing(value: Any) -> bool:
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def _kind(values: Sequence[Any], texts: Sequence[str], distinct: int) -> str:
    if not values:
        return "empty"
    kinds = {_python_kind(value) for value in values}
    if len(kinds) > 1:
        return "number" if kinds <= {"whole number", "number"} else "mixed"
    kind = kinds.pop()
    return _kind_of_texts(texts, distinct) if kind == "text" else kind


def _python_kind(value: Any) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "whole number" if isinstance(value, int) else "number"
    return "object" if isinstance(value, dict) else "list" if isinstance(value, (list, tuple)) else "other"


def _kind_of_texts(texts: Sequence[str], distinct: int) -> str:
    if is_index(texts):
        return "row number"
    if {text.casefold() for text in texts[:1000]} in _TRUTH:
        return "true or false"
    if all(_DATE.fullmatch(text) for text in texts):
        return "date"
    if all(map(_is_float, texts)):
        return "whole number" if all(re.fullmatch(r"[+-]?\d+", text) for text in texts) else "number"
    return "category" if distinct <= min(_MOST_CATEGORIES, len(texts) / 2) else "text"


def _is_float(text: str) -> bool:
    try:
        return is_number(text) and float(text) == float(text)
    except ValueError:
        return False


def _measured(kind: str, texts: Sequence[str]) -> list[float]:
    """What can be put in order: numbers, or the lengths of texts in characters."""
    if kind in ("whole number", "number"):
        return [float(text) for text in texts]
    return [float(len(text)) for text in texts] if kind == "text" else []
