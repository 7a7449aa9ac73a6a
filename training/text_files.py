"""Tables of texts from people's machines: CSV, TSV and JSON, whatever the program that wrote them.

Encoding, delimiter, quotation marks and the line of names are detected, and said. What cannot be read is kept with its
line number. Knows no labels.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from models.pictures.file_names import shown_name
from models.wording import count_text, size_text
from training.json_records import json_records, looks_like_json
from training.text_cells import DELIMITERS as DELIMITERS
from training.text_cells import Fault, Raw, find_delimiter, find_quoting, is_about_delimiter, records
from training.text_encoding import decoded
from training.text_header import is_index, is_usual, names_columns

MAX_BYTES = 50_000_000
_PREFERRED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
_MOST_ABOVE = 10  # lines above the names: a title, a comment, blank ones
_SHOWN = 6  # records that a person is shown as they were read
_RULE = re.compile(r":?-{3,}:?|={3,}")  # what draws a line below the names, as in Markdown


@dataclass(frozen=True)
class Record:
    """The cells of one record by column, and the line where it begins. A value is None where JSON says null."""

    line: int
    cells: dict[str, Any]


@dataclass(frozen=True)
class Table:
    """A file that was read.

    `encoding` is Python's name of it; `delimiter` is the character between cells, None for JSON. `columns` are their
    names, each another; “column 1” and so on where the file gives none, which `unnamed` tells. `header_line` is the
    line of names, from 1; None without one. `first` are the first records as they were read, that line among them.
    `doubt` is a sentence about the encoding where it is not sure.
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
    doubt: str = ""


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
    text, encoding, doubt = decoded(content, name, encoding)
    if not text.strip("\0\ufeff \t\r\n"):
        raise InvalidInput(f"{name} is empty. Choose a file with a text and a label in each line.")
    suffix = Path(name).suffix.lower()
    if suffix in (".jsonl", ".ndjson", ".json") or looks_like_json(text):
        if header is not None:
            raise InvalidInput(f"{name} has no line of names: in JSON every object names its own columns.")
        return _json_table(name, encoding, text, doubt)
    table = _delimited_table(name, encoding, text, delimiter, _PREFERRED.get(suffix), header, doubt)
    _require_rows(table)
    return table


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


def _json_table(name: str, encoding: str, text: str, doubt: str) -> Table:
    found, left = json_records(name, text)
    columns = dict.fromkeys(column for _, cells in found for column in cells)  # in the order in which they first occur
    rows = tuple(Record(line, cells) for line, cells in found)
    return Table(name, encoding, None, tuple(columns), rows, tuple(Fault(*one) for one in left), doubt=doubt)


def _delimited_table(
    name: str, encoding: str, text: str, delimiter: str | None, preferred: str | None, header: bool | None, doubt: str
) -> Table:
    lines = [line.removeprefix("\ufeff") for line in re.split("\r\n|\r|\n", text.rstrip("\0\r\n "))]
    delimiter = find_delimiter(name, lines, delimiter, preferred)
    faults: list[Fault] = []
    numbered = list(records(lines, delimiter, find_quoting(lines, delimiter), faults))
    filled = list(_filled(numbered, lines, faults))
    if not filled:
        raise InvalidInput(f"{name} holds nothing in its cells. Choose a file with a text and a label in each line.")
    width = Counter(len(cells) for _, cells in filled).most_common(1)[0][0]
    place, names = _header(filled, width, header)
    if place is not None:
        faults += [Fault(line, "it stands above the names of the columns") for line, _ in filled[:place]]
    columns, unnamed = _named(names)
    rows = tuple(_rows(filled if place is None else filled[place + 1 :], columns, unnamed, names, faults))
    faults.sort(key=lambda fault: fault.line)
    first = tuple((line, tuple(map(shown_name, cells))) for line, cells in numbered[:_SHOWN])
    found = None if place is None else filled[place][0]
    return Table(name, encoding, delimiter, columns, rows, tuple(faults), found, unnamed, first, doubt)


def _require_rows(table: Table) -> None:
    """Raise InvalidInput where every line was left out, with the commonest reason: it is that of the whole file."""
    if table.records:
        return
    names = f" beside its names of columns ({', '.join(table.columns)})" if table.header_line else ""
    below = [fault for fault in table.faults if fault.line > (table.header_line or 0) and "empty" not in fault.reason]
    if not below:
        raise InvalidInput(f"{table.name} holds no rows{names}. Choose a file with a text and a label in each line.")
    reason, count = Counter(fault.reason for fault in below).most_common(1)[0]
    sign = DELIMITERS.get(table.delimiter or "", "sign")
    raise InvalidInput(
        f"{table.name} holds no row that can be read{names}: of {count_text(count, 'line')}, {reason}. If the texts "
        f"hold a {sign}, save it with each text in quotation marks, or with tabs between the cells."
    )


def _filled(numbered: list[Raw], lines: list[str], faults: list[Fault]) -> Iterator[Raw]:
    """The records that hold something, without Excel's lines about the delimiter."""
    for line, cells in numbered:
        if not any(map(str.strip, cells)):
            faults.append(Fault(line, "the line is empty"))
        elif all(_RULE.fullmatch(cell) for cell in map(str.strip, cells) if cell):
            faults.append(Fault(line, "it only draws a line"))
        elif is_about_delimiter(lines[line - 1]):
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
            faults.append(Fault(line, f"the line has {count_text(len(cells), 'cell')} instead of {len(columns)}"))
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
    for number, name in enumerate(map(shown_name, _stripped(names)), 1):
        name, count = name or f"column {number}", 2
        given = name
        while name in columns or (not names[number - 1].strip() and name in _stripped(names)):
            name, count = f"{given} ({count})", count + 1
        columns.append(name)
        if not names[number - 1].strip():
            unnamed.append(name)
    return tuple(columns), tuple(unnamed)
