"""Parquet files, which are compressed: a small one can claim any size, so it is read in pieces until a limit."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import InvalidInput
from models.wording import size_text
from training.text_files import MAX_BYTES, Record, Table

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

PARQUET = "Parquet"
MOST_COLUMNS = 2_000
MOST_DECODED = 400_000_000  # bytes that a group of rows may need once decompressed, as the file says
MOST_READ = 2 * MAX_BYTES  # bytes of values that are kept
_BATCH, _BATCH_OF_NESTED = 1_000, 20  # rows; a value of 10 MB may be repeated in each
_TOO_MUCH = "Write it again with smaller row groups, or save the first rows as CSV."


def read_parquet(source: Path | bytes, name: str, most_rows: int) -> tuple[Table, tuple[str, ...]]:
    """The first rows of a file as a table, and remarks. A row's `line` is its number, from 1.

    Raises:
        InvalidInput: the file is damaged, has no columns, thousands of them or no rows, or would need too much memory.
    """
    import pyarrow as pa

    try:
        file = _opened(source)
        _require_bounds(file, name)
        rows, stopped = _rows(file, most_rows)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{name} is a damaged Parquet file, or only a part of one. Get it again.") from error
    if not rows:
        raise InvalidInput(f"{name} has columns and no rows. Choose a file with something in it.")
    columns = tuple(_all_different(file.schema_arrow.names))
    records = tuple(Record(number, dict(zip(columns, row, strict=True))) for number, row in enumerate(rows, 1))
    return Table(name, PARQUET, None, columns, records, ()), _remarks(name, file.metadata.num_rows, len(rows), stopped)


def _opened(source: Path | bytes) -> "pq.ParquetFile":
    import pyarrow.parquet as pq

    limits: dict[str, Any] = {"thrift_string_size_limit": 50_000_000, "thrift_container_size_limit": 500_000}
    given = io.BytesIO(source) if isinstance(source, bytes) else source
    plain = pq.ParquetFile(given, **limits)
    # As codes into a dictionary, a long text that comes in each row is in memory once.
    texts = [field.name for field in plain.schema_arrow if _is_text(field.type)]
    given = io.BytesIO(source) if isinstance(source, bytes) else source
    return pq.ParquetFile(given, read_dictionary=texts, **limits)


def _is_text(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _require_bounds(file: "pq.ParquetFile", name: str) -> None:
    about = file.metadata
    if not len(file.schema_arrow.names):
        raise InvalidInput(f"{name} has no columns. Choose a file with something in it.")
    if len(file.schema_arrow.names) > MOST_COLUMNS:
        raise InvalidInput(f"{name} has {len(file.schema_arrow.names):,} columns; the limit is {MOST_COLUMNS:,}.")
    if about.num_row_groups:
        claimed = max(_group_bytes(about.row_group(0)), about.row_group(0).total_byte_size)
        if claimed > MOST_DECODED:
            raise InvalidInput(
                f"The first rows of {name} would need {size_text(claimed)} of memory; the limit is "
                f"{size_text(MOST_DECODED)}. {_TOO_MUCH}"
            )


def _group_bytes(group: Any) -> int:
    return sum(int(group.column(number).total_uncompressed_size) for number in range(group.num_columns))


def _rows(file: "pq.ParquetFile", most: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Rows until a limit, and whether one was met before the end: of rows, or of bytes."""
    import pyarrow as pa

    nested = any(pa.types.is_nested(field.type) or pa.types.is_binary(field.type) for field in file.schema_arrow)
    rows: list[tuple[Any, ...]] = []
    kept = 0
    for batch in file.iter_batches(_BATCH_OF_NESTED if nested else _BATCH):
        for row in _plain(batch):
            kept += sum(len(value) if isinstance(value, str) else 8 for value in row)
            rows.append(row)
            if len(rows) >= most or kept > MOST_READ:
                return rows, len(rows) < file.metadata.num_rows
    return rows, False


def _plain(batch: "pa.RecordBatch") -> Iterator[tuple[Any, ...]]:
    """The rows of a batch as Python values; bytes are told by their size, dates as text."""
    columns = [map(_readable, column.to_pylist()) for column in batch.columns]
    return zip(*columns, strict=True)


def _readable(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"({size_text(len(value))} of bytes)"
    if isinstance(value, dict):
        return {key: _readable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_readable(one) for one in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)


def _all_different(names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        given, count = name, 2
        while name in seen:
            name, count = f"{given} ({count})", count + 1
        seen.add(name)
        yield name


def _remarks(name: str, rows: int, read: int, stopped: bool) -> tuple[str, ...]:
    if not stopped:
        return ()
    return (
        f"{name} has {rows:,} rows. The first {read:,} were looked at; all counts are of these, and what comes later "
        "may be different.",
    )
