"""Cuts the lines of a table into cells: what stands between them, and what encloses those that hold it.

Knows the cells of a line, not what they mean.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from models.errors import InvalidInput

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_LOOKED_AT = 200  # records from which the delimiter is told
_SEP = re.compile(r'"?sep=(.)"?[,;|\t ]*', re.IGNORECASE)  # Excel's line that says what stands between the cells

Raw = tuple[int, list[str]]  # the line where a record begins, from 1, and its cells


@dataclass(frozen=True)
class Fault:
    """A line that was left out, and why; `line` counts from 1."""

    line: int
    reason: str


@dataclass(frozen=True)
class Quoting:
    """How cells are enclosed: the mark around them, None for none, and what stands before a mark within a text.

    Without an `escape`, a mark within a text is written twice.
    """

    mark: str | None = '"'
    escape: str | None = None

    def reader(self, feed: Iterator[str], delimiter: str) -> Iterator[list[str]]:
        """The records of `feed`, strictly."""
        how: dict[str, Any] = {"quoting": csv.QUOTE_NONE} if self.mark is None else {"quotechar": self.mark}
        if self.escape is not None:
            how["escapechar"] = self.escape
        return csv.reader(feed, delimiter=delimiter, strict=True, **how)


PLAIN = Quoting()


def is_about_delimiter(line: str) -> bool:
    """Whether a line only says what stands between the cells, as Excel's `sep=;`."""
    return _SEP.fullmatch(line) is not None


def find_delimiter(name: str, lines: list[str], named: str | None, preferred: str | None) -> str:
    """The delimiter that was named, by its sign or its name, or by the file itself, or else the one that fits best.

    Raises:
        InvalidInput: a delimiter that is not known, or one column only.
    """
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
    widths = Counter(len(cells) for _, cells in islice(records(lines, delimiter, PLAIN, []), _LOOKED_AT) if cells)
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


def find_quoting(lines: list[str], delimiter: str) -> Quoting:
    """What encloses cells: quotation marks, unless they belong to the texts of a TSV file, or fewer lines break.

    Databases write `\\"` within a text and not `""`, and R may enclose with `'`.
    """
    if delimiter == "\t" and not _quoted(lines):
        return Quoting(None)
    if _enclosed(lines, delimiter, "'") and not any('"' in line for line in lines):
        return Quoting("'")
    backslash = Quoting(escape="\\")
    if any('\\"' in line for line in lines) and _broken(lines, delimiter, backslash) < _broken(lines, delimiter, PLAIN):
        return backslash
    return PLAIN


def _enclosed(lines: list[str], delimiter: str, mark: str) -> bool:
    """Whether nearly every line holds a cell within such marks: an apostrophe alone encloses nothing."""
    between = re.escape(delimiter)
    cell = re.compile(rf"(^|{between})\s*{mark}([^{mark}]|{mark}{mark})*{mark}\s*($|{between})")
    filled = [line for line in lines[1 : _LOOKED_AT + 1] if line.strip()]
    return bool(filled) and sum(cell.search(line) is not None for line in filled) > 0.9 * len(filled)


def _broken(lines: list[str], delimiter: str, quoting: Quoting) -> int:
    faults: list[Fault] = []
    for _ in islice(records(lines[:_LOOKED_AT], delimiter, quoting, faults), _LOOKED_AT):
        pass
    return len(faults)


def records(lines: list[str], delimiter: str, quoting: Quoting, faults: list[Fault]) -> Iterator[Raw]:
    """Line number and cells of each record; after a wrong quotation mark, the next line begins a new record."""
    feed = _Lines(lines)
    if delimiter == "\t" and quoting == PLAIN and not _quoted(lines):
        quoting = Quoting(None)
    while feed.next < len(lines):
        begin = feed.next
        try:
            yield begin + 1, next(quoting.reader(feed, delimiter))
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
