"""Tables of texts from people's machines: CSV, TSV and JSON lines, whatever the program that wrote them.

Encoding, delimiter and the line of names are detected, and said. What cannot be read is kept with its line number.
Knows no labels.
"""

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from models.errors import InvalidInput
from models.wording import size_text
from training.text_encoding import decoded
from training.text_header import is_index, is_usual, names_columns

MAX_BYTES = 50_000_000
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_PREFERRED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_LOOKED_AT = 200  # records from which the delimiter is told
_MOST_ABOVE = 10  # lines above the names: a title, a comment, blank ones
_SHOWN = 6  # records that a person is shown as they were read
_SEP = re.compile(r'"?sep=(.)"?[,;|\t ]*', re.IGNORECASE)  # Excel's line that says what stands between the cells

Raw = tuple[int, list[str]]  # the line where a record begins, from 1, and its cells


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
    their names, each another; “column 1” and so on where the file gives none, which `unnamed` tells. `header_line` is
    the line of names, from 1; None without one. `first` are the first records as they were read, that line among them.
    """

    name: str
    encoding: str
    delimiter: str | None
    columns: tuple[str, ...]
    records: tuple[Record, ...]
    faults: tuple[Fault, ...]
    header_line: int | None = None
    unnamed: tuple[str, ...] = ()
    first: tuple[tuple[int, tuple[str, ...]], ...] = ()


def read_table(
    source: Path | bytes,
    name: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
) -> Table:
    """Read a file, or its bytes with the name they came under. What is not named is detected.

    `header` says whether the first line that can be one names the columns; None finds out.

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
        if header is not None:
            raise InvalidInput(f"{name} has no line of names: in JSON lines every object names its own columns.")
        return _json_table(name, encoding, text)
    return _delimited_table(name, encoding, text, delimiter, _PREFERRED.get(suffix), header)


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


def _delimited_table(
    name: str, encoding: str, text: str, delimiter: str | None, preferred: str | None, header: bool | None
) -> Table:
    lines = [line.removeprefix("\ufeff") for line in re.split("\r\n|\r|\n", text.rstrip("\r\n "))]
    delimiter = _delimiter(name, lines, delimiter, preferred)
    faults: list[Fault] = []
    numbered = list(_records(lines, delimiter, faults))
    filled = list(_filled(numbered, lines, faults))
    width = Counter(len(cells) for _, cells in filled).most_common(1)[0][0]
    place, names = _header(filled, width, header)
    if place is not None:
        faults += [Fault(line, "it stands above the names of the columns") for line, _ in filled[:place]]
    columns, unnamed = _named(names)
    records = tuple(_rows(filled if place is None else filled[place + 1 :], columns, unnamed, names, faults))
    faults.sort(key=lambda fault: fault.line)
    first = tuple((line, tuple(cells)) for line, cells in numbered[:_SHOWN])
    found = None if place is None else filled[place][0]
    return Table(name, encoding, delimiter, columns, records, tuple(faults), found, unnamed, first)


def _filled(numbered: list[Raw], lines: list[str], faults: list[Fault]) -> Iterator[Raw]:
    """The records that hold something, without Excel's lines about the delimiter."""
    for line, cells in numbered:
        if not any(map(str.strip, cells)):
            faults.append(Fault(line, "the line is empty"))
        elif _SEP.fullmatch(lines[line - 1]):
            faults.append(Fault(line, "it only says what stands between the cells"))
        else:
            yield line, cells


def _rows(
    numbered: list[Raw], columns: tuple[str, ...], unnamed: tuple[str, ...], names: list[str], faults: list[Fault]
) -> Iterator[Record]:
    """The records as rows. A line of names that comes again, as in joined files, also says the order from there on."""
    wanted = max((place + 1 for place, column in enumerate(columns) if column not in unnamed), default=len(columns))
    order, signs = list(columns), _stripped(names)
    for line, cells in numbered:
        row = _fitted(cells, len(columns), wanted)
        if row is None:
            faults.append(Fault(line, f"the line has {len(cells)} cells instead of {len(columns)}"))
        elif _is_again(_stripped(row), signs):
            again = dict(zip(signs, columns, strict=True))
            order = list(columns) if _stripped(row) == signs else [again[sign] for sign in _stripped(row)]
            faults.append(Fault(line, "it names the columns again"))
        else:
            yield Record(line, dict(zip(order, row, strict=True)))


def _is_again(cells: list[str], names: list[str]) -> bool:
    """Whether a row holds the names of the columns, perhaps in another order."""
    if cells == names:
        return any(names)
    return sorted(cells) == sorted(names) and len(set(names)) == len(names)


def _fitted(cells: list[str], width: int, wanted: int) -> list[str] | None:
    """The cells of a row in so many columns: only empty ones may be too many, only columns without names may lack."""
    if len(cells) < wanted or any(map(str.strip, cells[width:])):
        return None
    return [*cells, *[""] * (width - len(cells))][:width]


def _stripped(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells]


def _delimiter(name: str, lines: list[str], named: str | None, preferred: str | None) -> str:
    """The delimiter that was named, by its sign or its name, or by the file itself, or else the one that fits best."""
    signs = {word: sign for sign, word in DELIMITERS.items()} | {"\\t": "\t"}
    named = signs.get(named, named) if named else None
    if named and named not in DELIMITERS:
        raise InvalidInput(
            f"“{named}” is not a delimiter that we know. Choose one of {', '.join(DELIMITERS.values())}."
        )
    told = _SEP.fullmatch(next(line for line in lines if line.strip()))
    if told and not named and told[1] not in '"\\' and _fit(lines, told[1]):
        return told[1]
    fits = {sign: _fit(lines, sign) for sign in DELIMITERS}
    best = max(DELIMITERS, key=lambda sign: (fits[sign], sign == "\t", sign == preferred))  # texts hold no tabs
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
        except csv.Error as error:
            feed.next = begin + 1
            faults.append(Fault(begin + 1, _wrong_with(error)))


def _wrong_with(error: csv.Error) -> str:
    if "field limit" in str(error):
        return f"a cell has more than {csv.field_size_limit():,} characters"
    return "a quotation mark opens or closes in the wrong place"


def _quoted(lines: list[str]) -> bool:
    """Whether the quotation marks of a TSV file enclose cells, as spreadsheets write them, or belong to texts."""
    cells = [cell for line in lines for cell in line.split("\t") if cell.startswith('"')]
    inner = [cell[1:-1].replace('""', "") for cell in cells if len(cell) > 1 and cell.endswith('"')]
    return bool(cells) and len(inner) == len(cells) and not any('"' in cell for cell in inner)


def _header(numbered: list[Raw], width: int, wanted: bool | None) -> tuple[int | None, list[str]]:
    """The place of the line of names among the records, or None, and its cells: as many as there are columns.

    Above it may stand what is neither names nor a row: a title, a comment.
    """
    first = None
    for place, (_, cells) in enumerate(numbered[:_MOST_ABOVE]):
        below = [row for _, row in numbered[place + 1 :]]
        names = _as_names(cells, width, below)
        if names is None or _is_comment(cells, below) or _is_title(cells, width, below):
            continue
        if wanted is not False and _names_columns(names, below):
            return place, names
        first = place, names
        break
    return first if wanted and first is not None else (None, [""] * width)


def _names_columns(names: list[str], below: list[list[str]]) -> bool:
    fitting = (_fitted(row, len(names), len(names)) for row in below)
    return names_columns(names, [row for row in fitting if row is not None])


def _is_title(cells: list[str], width: int, below: list[list[str]]) -> bool:
    """Whether a record with something in one cell only stands above a line of names."""
    if sum(map(bool, _stripped(cells))) > 1 or not below:
        return False
    names = _as_names(below[0], width, below[1:])
    return names is not None and _names_columns(names, below[1:])


def _is_comment(cells: list[str], below: list[list[str]]) -> bool:
    """Whether a record with a cross in front is a comment: one cell only, or above a line with a usual name."""
    if not re.match(r"\s*#.", cells[0]):
        return False
    after = next((row for row in below[:_MOST_ABOVE] if not row[0].lstrip().startswith("#")), [])
    return len(cells) == 1 or (any(map(is_usual, after)) and not any(map(is_usual, cells)))


def _as_names(cells: list[str], width: int, below: list[list[str]]) -> list[str] | None:
    """The cells as names of so many columns, or None where they cannot be.

    Programs leave out the name of the first column where it only counts, and those of empty columns at the end.
    """
    fitted = _fitted(cells, width, width)
    if fitted is not None:
        return fitted
    rows = [row for row in below if len(row) == width]
    if len(cells) == width - 1 and rows and is_index([row[0] for row in rows]):
        return ["", *cells]
    if len(cells) < width and not any(any(map(str.strip, row[len(cells) :])) for row in rows):
        return _fitted(cells, width, len(cells))
    # Commas within the texts make more cells than there are names: then the names say how many columns there are.
    return cells if len(cells) > 1 and sum(map(is_usual, cells)) > 1 else None


def _named(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A name of its own for each column, and which of them the file does not name."""
    columns: list[str] = []
    unnamed = []
    for number, name in enumerate(_stripped(names), 1):
        name, count = name or f"column {number}", 2
        given = name
        while name in columns or (not names[number - 1].strip() and name in _stripped(names)):
            name, count = f"{given} ({count})", count + 1
        columns.append(name)
        if not names[number - 1].strip():
            unnamed.append(name)
    return tuple(columns), tuple(unnamed)
