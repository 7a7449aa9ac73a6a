"""Texts with labels: which rows of a table are used and why others are not, what the data looks like, and its split.

Knows nothing of files (`training.text_files` does) and nothing of models.
"""

import random
import re
import statistics
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from models.text.labelled_row import Row
from models.wording import count_text
from training.parts import SMALLEST_CLASS, require_fractions, share_out
from training.text_cells import Fault
from training.text_encoding import is_text
from training.text_files import Record, Table, read_table
from training.text_header import is_index, is_number

SAMPLE = Path(__file__).parent / "samples" / "reviews.csv"
SMALLEST = 8  # rows in all
TEXT_NAMES = (
    "text", "texto", "review", "reseña", "sentence", "frase", "comment", "comentario", "opinion", "opinión",
    "message", "mensaje", "tweet", "sms",
)  # fmt: skip
LABEL_NAMES = (
    "label", "etiqueta", "sentiment", "sentimiento", "class", "clase", "category", "categoría", "polarity", "target",
)  # fmt: skip
# What programs write where a value is missing. Each can be the name of a class, so it is only asked about.
SIGNS_OF_MISSING = frozenset(("nan", "null", "na", "n/a", "#n/a", "<na>", "none", "-", "--", "?", "nil", "\\n"))
_GARBLED = re.compile("[ÃÂÐÑ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ]|â€[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œ¢¦]")
_NO_WIDTH = "\u200b\u200e\u200f\u2060\ufeff\0"  # as good as blanks at the ends of a cell, and not seen by anybody
_MOST_STEPS = 10  # different whole numbers that a label may have, to be guessed


@dataclass(frozen=True)
class TextData:
    """The usable rows of a file, and the lines that were left out with the reason of each.

    `missing` are the signs that count as nothing, beside empty cells, because a person said so. `used` are the records
    that the rows were made of, one for each: by its line none can be found, as JSON may have all of them in one line.
    """

    table: Table
    text_column: str
    label_column: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    missing: tuple[str, ...] = ()
    used: tuple[Record, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Lengths:
    """The shortest, the median and the longest."""

    shortest: int
    median: float
    longest: int


@dataclass(frozen=True)
class Facts:
    """What an explorer shows of the usable rows.

    `classes` counts the rows of each label, the most frequent first; `duplicates` are rows whose text was in an earlier
    row already; `conflicts` are groups of rows with the same text and different labels.
    """

    rows: int
    classes: dict[str, int]
    characters: Lengths
    words: Lengths
    duplicates: tuple[Row, ...]
    conflicts: tuple[tuple[Row, ...], ...]


@dataclass(frozen=True)
class Split:
    """Three parts of the rows, each in the order of the file. No text is in two of them."""

    train: tuple[Row, ...]
    validation: tuple[Row, ...]
    test: tuple[Row, ...]


def read_texts(
    source: Path | bytes,
    name: str | None = None,
    text_column: str | None = None,
    label_column: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    missing: Sequence[str] = (),
) -> TextData:
    """Read a file, or its bytes with the name they came under. Columns that are not named are guessed.

    A column goes by its name, or by its number from 1. Empty cells are missing, and those that hold one of the signs
    in `missing`, exactly; nothing else is.

    Raises:
        InvalidInput: as `read_table`, there is no such column, or none that can be guessed to hold labels.
    """
    table = read_table(source, name, encoding, delimiter, header)
    return usable(table, *_columns(table, text_column, label_column), missing)


def usable(table: Table, text_column: str, label_column: str | None, missing: Sequence[str] = ()) -> TextData:
    """The rows of a table that has been read, and its columns chosen. Without a label column, all labels are empty."""
    signs = tuple(dict.fromkeys(sign.strip() for sign in missing if sign.strip()))
    checked = [_row(record, text_column, label_column, frozenset(signs)) for record in table.records]
    rows = tuple(row for row in checked if isinstance(row, Row))
    used = tuple(record for record, row in zip(table.records, checked, strict=True) if isinstance(row, Row))
    faults = [*table.faults, *(fault for fault in checked if isinstance(fault, Fault))]
    faults.sort(key=lambda fault: fault.line)
    return TextData(table, text_column, label_column or "", rows, tuple(faults), signs, used)


def require_trainable(data: TextData) -> None:
    """Check that a classifier can be trained on these rows.

    Raises:
        InvalidInput: fewer than 8 rows, one class only, a class with fewer than 3 different texts, or labels that are
            nearly all different, as numbers and ids are.
    """
    rows, name = data.rows, data.table.name
    texts: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        texts[row.label].add(same_text(row.text))
    if len(rows) < SMALLEST:
        was = "was" if len(data.faults) == 1 else "were"
        left_out = f" ({count_text(len(data.faults), 'line')} {was} left out)" if data.faults else ""
        usable = count_text(len(rows), "usable row")
        raise InvalidInput(f"{name} has {usable}{left_out}; at least {SMALLEST} are needed. Add more.")
    if len(texts) == 1:
        raise InvalidInput(f"All rows of {name} have the label “{rows[0].label}”. Add texts of a second class.")
    if len(texts) > len(rows) / 2:
        raise InvalidInput(
            f"The column “{data.label_column}” has {len(texts)} different values in {len(rows)} rows: it looks like "
            "a number or an id, not like a class. Choose another label column."
        )
    for label, different in texts.items():
        if len(different) < SMALLEST_CLASS:
            raise InvalidInput(
                f"The class “{label}” has only {count_text(len(different), 'different text')}; at least "
                f"{SMALLEST_CLASS} are needed, one for each part. Add some, or leave that class out."
            )


def facts(rows: Sequence[Row]) -> Facts:
    """Facts about usable rows, of which there is at least one."""
    groups = _groups(rows)
    return Facts(
        rows=len(rows),
        classes=dict(Counter(row.label for row in rows).most_common()),
        characters=_lengths(len(row.text) for row in rows),
        words=_lengths(len(row.text.split()) for row in rows),
        duplicates=tuple(sorted((row for group in groups for row in group[1:]), key=lambda row: row.line)),
        conflicts=tuple(tuple(group) for group in groups if len({row.label for row in group}) > 1),
    )


def split(rows: Sequence[Row], seed: int = 0, fractions: tuple[float, float, float] = (0.8, 0.1, 0.1)) -> Split:
    """Train, validation and test rows: every class in these fractions, all rows of the same text in one part.

    Each class has at least one row in each part where it has three different texts. The same seed gives the same parts.

    Raises:
        InvalidInput: the fractions are not above 0, or their sum is not 1.
    """
    require_fractions(fractions)
    by_label: dict[str, list[list[Row]]] = defaultdict(list)
    for group in _groups(rows):
        # A text with two labels counts as the more frequent one.
        by_label[Counter(row.label for row in group).most_common(1)[0][0]].append(group)
    parts: tuple[list[Row], ...] = ([], [], [])
    for label, groups in sorted(by_label.items()):
        random.Random(f"{seed} {label}").shuffle(groups)
        share_out(sorted(groups, key=len, reverse=True), fractions, parts)
    return Split(*(tuple(sorted(part, key=lambda row: row.line)) for part in parts))


def same_text(text: str) -> str:
    """What two texts have in common that count as the same: everything but case and white space.

    An accent may be a sign of its own, as macOS writes it: a model reads both alike.
    """
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _groups(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of the same text together, in the order of the file."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[same_text(row.text)].append(row)
    return list(groups.values())


def _lengths(values: Iterable[int]) -> Lengths:
    counts = sorted(values)
    return Lengths(counts[0], statistics.median(counts), counts[-1])


def _row(record: Record, text_column: str, label_column: str | None, missing: frozenset[str]) -> Row | Fault:
    text = record.cells.get(text_column)
    if text is None or text == "" or (isinstance(text, str) and text.strip() in missing):
        return Fault(record.line, "the text is missing")
    if not isinstance(text, str) or not _trimmed(text):
        return Fault(record.line, "the text is blank or not a text")
    if not is_text(text):
        return Fault(record.line, f"the text holds {_wrong(text)}")
    if label_column is None:
        return Row(record.line, _trimmed(text), "")
    label = record.cells.get(label_column)
    if isinstance(label, (list, dict)):
        return Fault(record.line, "the label is not a single value")
    is_nothing = label is None or label != label  # JSON's NaN
    label = _trimmed(str(label))
    if is_nothing or not label or label in missing:
        return Fault(record.line, "the label is missing")
    if not is_text(label):
        return Fault(record.line, f"the label holds {_wrong(label)}")
    return Row(record.line, _trimmed(text), label)


def _wrong(cell: str) -> str:
    return "a zero byte" if "\0" in cell else "bytes of another encoding"


def _trimmed(text: str) -> str:
    return text.strip().strip(_NO_WIDTH).strip()


def doubtful_labels(data: TextData) -> dict[str, int]:
    """The labels that look like a sign of something missing, “NA” for instance, and how many rows have each."""
    counts = Counter(row.label for row in data.rows)
    return {label: count for label, count in counts.items() if label.casefold() in SIGNS_OF_MISSING}


def alike_labels(data: TextData) -> list[tuple[str, ...]]:
    """Labels that are different classes, and would be one if case, blanks and forms of numbers did not count."""
    groups: dict[str, list[str]] = defaultdict(list)
    for label in Counter(row.label for row in data.rows):
        groups[_alike(label)].append(label)
    return [tuple(sorted(group)) for group in groups.values() if len(group) > 1]


def _alike(label: str) -> str:
    if is_number(label):
        try:
            return str(float(label.replace(",", ".")))
        except ValueError:
            return label
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", label).casefold()) or label


def garbled_rows(data: TextData) -> list[Row]:
    """The rows with signs such as “Ã©” and “â€™”: UTF-8 that was once read as something else, and kept like that."""
    return [row for row in data.rows if _GARBLED.search(row.text)]


def unread_lines(data: TextData) -> list[int]:
    """The lines with something in a column that has no name and is nearly empty: often the rest of a text."""
    used = (data.text_column, data.label_column)
    columns = [c for c in data.table.unnamed if c not in used and _filled(data.table, c) < 0.5]
    return [record.line for record in data.table.records if any(record.cells[column].strip() for column in columns)]


def _columns(table: Table, text_column: str | None, label_column: str | None) -> tuple[str, str]:
    asked_text = None if text_column is None else column_named(table, text_column)
    asked_label = None if label_column is None else column_named(table, label_column)
    text, label = guessed_columns(table, asked_text, asked_label)
    if label is None:
        raise InvalidInput(
            f"No column of {table.name} looks like labels: beside “{text}” they are nearly empty, or numbers that "
            f"hardly ever come again. Its columns are: {', '.join(table.columns)}. Choose the label column."
        )
    if text == label:
        raise InvalidInput(f"“{text}” is named as texts and as labels. Choose two different columns.")
    return text, label


def guessed_columns(table: Table, text: str | None = None, label: str | None = None) -> tuple[str, str | None]:
    """The columns of the texts and of the labels, where they are not given; None where no column looks like labels."""
    text = text or _text_column(table, label)
    return text, label or _label_column(table, text)


def column_named(table: Table, wish: str) -> str:
    """The column that a person means: by its name, by its name in other case, or by its number from 1.

    Raises:
        InvalidInput: there is none, or there are several.
    """
    if wish in table.columns:
        return wish
    alike = [column for column in table.columns if column.strip().casefold() == wish.strip().casefold()]
    if len(alike) == 1:
        return alike[0]
    number = wish.strip().removeprefix("#")
    if not alike and number.isdecimal() and 1 <= int(number) <= len(table.columns):
        return table.columns[int(number) - 1]
    raise InvalidInput(
        f"{table.name} has {'several columns' if alike else 'no column'} “{wish}”. "
        f"Its columns are: {', '.join(table.columns)}."
    )


def _text_column(table: Table, taken: str | None) -> str:
    """The column with a usual name, or else the one with most to read; a nearly empty one or numbers never."""
    free = [column for column in table.columns if column != taken]
    likely = [column for column in free if _filled(table, column) >= 0.5 and not _is_numeric(table, column)]
    # Each different text once: a name of a class may be longer than a text of one word, but it comes again and again.
    return _named(likely, TEXT_NAMES) or max(
        likely or free, key=lambda column: sum(map(len, set(_values(table, column)))), default=taken or ""
    )


def _label_column(table: Table, taken: str) -> str | None:
    """The column with a usual name, or else the one with the fewest different values, above one.

    A column that is nearly empty is never taken, nor one that counts or measures, unless it has a usual name.
    """
    free = [column for column in table.columns if column != taken]
    if not free:
        raise InvalidInput(f"{table.name} has only the column “{taken}”. Add a column with the label of each text.")
    likely = [column for column in free if _can_be_labels(table, column)]
    named = _named(likely, LABEL_NAMES) or _named([c for c in free if _filled(table, c) >= 0.5], LABEL_NAMES)
    if named or not likely:
        return named
    different = {column: len(set(_values(table, column))) for column in likely}
    return min(likely, key=lambda column: (different[column] < 2, different[column]))


def _can_be_labels(table: Table, column: str) -> bool:
    """Whether a column may be taken for labels without being named: filled, and neither a count nor a measure."""
    values = _values(table, column)
    if _filled(table, column) < 0.5 or is_index(values):
        return False
    return not _is_numeric(table, column) or len(set(values)) <= _MOST_STEPS


def _named(columns: list[str], names: tuple[str, ...]) -> str | None:
    return next((column for name in names for column in columns if column.strip().casefold() == name), None)


def _is_numeric(table: Table, column: str) -> bool:
    values = _values(table, column)
    return bool(values) and sum(map(is_number, values)) > 0.9 * len(values)


def _filled(table: Table, column: str) -> float:
    """The share of records with something in this column, 0 to 1."""
    return len(_values(table, column)) / max(1, len(table.records))


def _values(table: Table, column: str) -> list[str]:
    """What stands in a column, without what is empty."""
    values: list[Any] = [record.cells.get(column) for record in table.records]
    return [str(value).strip() for value in values if value is not None and str(value).strip()]
