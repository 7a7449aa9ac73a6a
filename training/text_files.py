"""Tables of texts from people's machines: CSV, TSV and JSON lines, whatever the program that wrote them.

Encoding and delimiter are detected, and said. What cannot be read is kept with its line number. Knows no labels.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from models.errors import InvalidInput
from models.wording import size_text
from training.text_encoding import decoded

MAX_BYTES = 50_000_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_PREFERRED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_LOOKED_AT = 200  # records from which the delimiter is told


@dataclass(frozen=True)
class Fault:
    """A line that was left out, and why; `line` counts from 1."""

    line: int
    reason: str


@dataclass(frozen=True)
class Record:
    """The cells of one record by column, and the line where it begins. A value is None where JSON says null."""

    line: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A file that was read.

    `encoding` is Python's name of it; `delimiter` is the character between cells, None for JSON lines. `columns` are
    their names, “column 1” and so on where the file has no line of names.
    """

    name: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]


def read_table(
    source: Path | bytes, name: str | None = None, encoding: str | None = None, delimiter: str | None = None
) -> Table:
    """Read a file, or its bytes with the name they came under. What is not named is detected.

    Raises:
        InvalidInput: no such file, larger than 50 MB, not a table, an encoding that cannot be told, one column only.
    """
    name = name or (source.name if isinstance(source, Path) else "The file")
    content = _content(source, name)
    text, encoding = decoded(content, name, encoding)
    if not text.strip():
        raise InvalidInput(f"{name} is empty. Choose a file with a text and a label in each line.")
    suffix = Path(name).suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".json") or text.lstrip()[0] == "{":
        return _json_table(name, encoding, text)
    return _delimited_table(name, encoding, text, delimiter, _PREFERRED.get(suffix))


def _content(source: Path | bytes, name: str) -> bytes:
    try:
        size = len(source) if isinstance(source, bytes) else source.stat().st_size
        if size > MAX_BYTES:
            raise InvalidInput(
                f"{name} has {size_text(size)}; the limit is {size_text(MAX_BYTES)}. "
                "Take a part of it: a few thousand texts are enough to learn from."
            )
        return source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror or error}. Check its path.") from error


def _json_table(name: str, encoding: str, text: str) -> Table:
    records: list[Record] = []
    faults: list[Fault] = []
    columns: dict[str, None] = {}  # in the order in which they first occur
    if text.lstrip()[0] == "[":
        raise InvalidInput(f"{name} is one JSON list. Write one object a line instead (JSON lines).")
    for line, content in enumerate(text.rstrip().split("\n"), 1):
        try:
            cells = json.loads(content) if content.strip() else None
        except (ValueError, RecursionError):
            cells = content
        if isinstance(cells, dict):
            records.append(Record(line, cells))
            columns |= dict.fromkeys(cells)
        else:
            faults.append(Fault(line, "the line is empty" if cells is None else "the line is not a JSON object"))
    if not records:
        raise InvalidInput(f"{name} holds no JSON objects. Write one a line, each with a text and a label.")
    return Table(name, encoding, None, tuple(columns), tuple(records), tuple(faults))


def _delimited_table(name: str, encoding: str, text: str, delimiter: str | None, preferred: str | None) -> Table:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    delimiter = _delimiter(name, lines, delimiter, preferred)
    faults: list[Fault] = []
    numbered = list(_records(lines, delimiter, faults))
    columns = _header(numbered)
    records = []
    for line, cells in numbered[1:] if columns == tuple(numbered[0][1]) else numbered:
        if len(cells) == len(columns):
            records.append(Record(line, dict(zip(columns, cells, strict=True))))
        else:
            wrong = f"the line has {len(cells)} cells instead of {len(columns)}"
            faults.append(Fault(line, wrong if cells else "the line is empty"))
    faults.sort(key=lambda fault: fault.line)
    return Table(name, encoding, delimiter, columns, tuple(records), tuple(faults))


def _delimiter(name: str, lines: list[str], named: str | None, preferred: str | None) -> str:
    """The delimiter that was named, by its sign or its name, or else the one that fits best."""
    signs = {word: sign for sign, word in DELIMITERS.items()} | {"\\t": "\t"}
    named = signs.get(named, named) if named else None
    if named and named not in DELIMITERS:
        raise InvalidInput(
            f"“{named}” is not a delimiter that we know. Choose one of {', '.join(DELIMITERS.values())}."
        )
    fits = {sign: _fit(lines, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: (fits[sign], sign == preferred))
    if not fits[best]:
        raise InvalidInput(
            f"{name} has one column only. It needs a column of texts and one of labels, "
            "with commas, semicolons, tabs or bars between them."
        )
    if named and not fits[named]:
        raise InvalidInput(
            f"{name} has one column only when it is cut at each {DELIMITERS[named]}. "
            f"Its cells look as if separated by a {DELIMITERS[best]}: choose that."
        )
    return named or best


def _fit(lines: list[str], delimiter: str) -> float:
    """The share of records that have the most frequent number of cells, if that is above one; else 0."""
    widths = Counter(len(cells) for _, cells in islice(_records(lines, delimiter, []), _LOOKED_AT) if cells)
    width, count = widths.most_common(1)[0] if widths else (0, 0)
    return count / widths.total() if width > 1 else 0.0


class _Lines:
    """Lines for `csv.reader`, which may be asked to go back."""

    def __init__(self, lines: list[str]) -> None:
        self.lines, self.next = lines, 0  # the index of the line that comes next

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.next >= len(self.lines):
            raise StopIteration
        self.next += 1
        return self.lines[self.next - 1] + "\n"


def _records(lines: list[str], delimiter: str, faults: list[Fault]) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each record; after a wrong quotation mark, the next line begins a new record."""
    feed = _Lines(lines)
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if delimiter != "\t" or _quoted(lines) else csv.QUOTE_NONE
    while feed.next < len(lines):
        begin = feed.next
        try:
            yield begin + 1, next(csv.reader(feed, delimiter=delimiter, quoting=quoting, strict=True))
        except csv.Error:
            feed.next = begin + 1
            faults.append(Fault(begin + 1, "a quotation mark opens or closes in the wrong place"))


def _quoted(lines: list[str]) -> bool:
    """Whether the quotation marks of a TSV file enclose cells, as spreadsheets write them, or belong to texts."""
    cells = [cell for line in lines for cell in line.split("\t") if cell.startswith('"')]
    inner = [cell[1:-1].replace('""', "") for cell in cells if len(cell) > 1 and cell.endswith('"')]
    return bool(cells) and len(inner) == len(cells) and not any('"' in cell for cell in inner)


def _header(records: list[tuple[int, list[str]]]) -> tuple[str, ...]:
    """Names of the columns: the first line, unless one of its cells is a number or comes again, as a label would."""
    width = Counter(len(cells) for _, cells in records).most_common(1)[0][0]
    first = [cell.strip() for cell in records[0][1]]
    repeated = any(
        len(cells) == len(first) and any(one and one == other.strip() for one, other in zip(first, cells, strict=True))
        for _, cells in records[1:]
    )
    if repeated or any(map(_is_number, first)) or len(first) != width or len(set(first)) != width or not all(first):
        return tuple(f"column {number}" for number in range(1, width + 1))
    return tuple(records[0][1])


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
