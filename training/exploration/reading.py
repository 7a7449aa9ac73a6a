"""Opens a table to look at it: what training reads, and Parquet; of a file too large for that, its beginning."""

import re
from dataclasses import dataclass
from pathlib import Path

from models.errors import InvalidInput
from models.wording import size_text
from training.text_files import MAX_BYTES, Table, read_table

MOST_ROWS = 200_000
TABLE_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json", ".parquet")
_PARQUET_MARK = b"PAR1"
_MOST_LINES_BACK = 2_000


@dataclass(frozen=True)
class Opened:
    """A table, and sentences about what has to be known of it: that it is only a part of the file, for instance."""

    table: Table
    remarks: tuple[str, ...] = ()


def open_table(
    source: Path | bytes,
    name: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: bool | None = None,
    most_rows: int = MOST_ROWS,
) -> Opened:
    """Read a CSV, TSV, JSON lines or Parquet file, or its bytes with the name they came under.

    Of a file with more than 50 MB or `most_rows` rows, the beginning is read, and a remark says so.

    Raises:
        InvalidInput: as `read_table`, or a Parquet file that is damaged or would need too much memory.
    """
    name = name or (source.name if isinstance(source, Path) else "The file")
    if _starts_with(source, name, _PARQUET_MARK):
        from training.exploration.parquet import read_parquet

        return Opened(*read_parquet(source, name, most_rows))
    content, remarks = _beginning(source, name, most_rows)
    return Opened(read_table(content, name, encoding, delimiter, header), remarks)


def _starts_with(source: Path | bytes, name: str, mark: bytes) -> bool:
    if isinstance(source, bytes):
        return source.startswith(mark)
    if source.is_dir():
        raise InvalidInput(f"{name} is a folder, not a table. Name a file in it.")
    try:
        with source.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {error.strerror or error}. Check its path.") from error


def _beginning(source: Path | bytes, name: str, most_rows: int) -> tuple[bytes, tuple[str, ...]]:
    """The bytes to read, and what to say where they are not all."""
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if isinstance(source, bytes):
        content = source[:MAX_BYTES]
    else:
        with source.open("rb") as file:
            content = file.read(MAX_BYTES)
    lines = content.count(b"\n")
    if size <= MAX_BYTES and lines <= most_rows + 10:
        return content, ()
    content = _whole_lines(_in_utf8(content), most_rows)
    lines = content.count(b"\n")
    if not lines:
        raise InvalidInput(
            f"{name} has {size_text(size)} and not one line that ends in the first {size_text(MAX_BYTES)}."
        )
    return content, (
        f"{name} has {size_text(size)}. Its first {lines:,} lines were looked at; all counts are of these, and what "
        "comes later may be different.",
    )


def _in_utf8(content: bytes) -> bytes:
    """The same text with one byte for each end of line, where two or four stood for a sign."""
    mark = content[:4]
    wide = "utf-32" if mark in (b"\xff\xfe\0\0", b"\0\0\xfe\xff") else "utf-16"
    if wide == "utf-16" and mark[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return content
    return content.decode(wide, errors="ignore").encode()


def _whole_lines(content: bytes, most: int) -> bytes:
    """At most so many lines, ending where no cell is open: there, quotation marks are even in number."""
    ends = [found.end() for found in re.finditer(b"\n", content)][:most]
    if not ends:
        return b""
    marks = content.count(b'"', 0, ends[-1])
    for place in range(len(ends) - 1, max(0, len(ends) - _MOST_LINES_BACK), -1):
        if marks % 2 == 0:
            return content[: ends[place]]
        marks -= content.count(b'"', ends[place - 1], ends[place])
    return content[: ends[-1]]
