"""A folder of results: files that are written as results come, and that a second start goes on from.

`job.json` says what was asked for, so that nothing else is mixed in. Each file (a shard) is written under another name
and takes its own when it is whole. A row that failed is done again by the next start, and goes from the files then.
"""

import csv
import io
import json
import posixpath
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from models.errors import InvalidInput
from models.failures import printable
from models.wording import spreadsheet_text
from serving.cluster.places import Place, first_line, locate, read, reading, suffix
from serving.records import Record

PARQUET, CSV = "parquet", "csv"
FORMATS = (PARQUET, CSV)
JOB = "job.json"
KEY, NUMBER, ERROR, RECORD = "key", "number", "error", "record"
MOST_ROWS = 10_000  # that wait in memory for their file
FIRST_SECONDS = 5.0  # after which a file is written
SHARE = 0.02  # of the time that it took so far: ten hours make some 300 files, and lose minutes at most


class Results:
    """The rows in a folder. `columns` are those of the task beside key, number, error and record, with their types."""

    def __init__(self, place: Place, folder: str, form: str, columns: Mapping[str, str]):
        self._place, self._folder, self._form = place, folder.rstrip("/"), form
        self._columns = {KEY: "text", NUMBER: "whole", ERROR: "text", **columns, RECORD: "text"}
        self._rows: list[Record] = []
        self._mark, self._written = secrets.token_hex(3), 0  # of this start: two at once overwrite nothing
        self._began = self._last = time.monotonic()
        self.done: set[str] = set()

    @property
    def name(self) -> str:
        return self._place.name(self._folder)

    @classmethod
    def open(cls, address: str, form: str, columns: Mapping[str, str], job: Record) -> "Results":
        """The folder, made if need be, for this job; `done` are the keys that need not be done again.

        Raises:
            InvalidInput: it holds another job or something else, or cannot be written.
        """
        if form not in FORMATS:
            raise InvalidInput(f"There is no format “{form}”. Choose one of: {', '.join(FORMATS)}.")
        results = cls(*locate(address), form, columns)
        with results._writing():
            results._place.system.create_dir(results._folder, recursive=True)
        results._claim(job | {"format": form})
        for shard in results._shards():
            results._take(shard)
        return results

    def add(self, row: Record) -> None:
        """Keep a row: key, number (None where the file is the thing), error, record (any JSON), and columns.

        Raises InvalidInput where the folder can no longer be written, for instance because the disk is full.
        """
        self._rows.append(row)
        now = time.monotonic()
        due = max(FIRST_SECONDS, SHARE * (now - self._began))
        if len(self._rows) >= MOST_ROWS or now - self._last > due:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Raises InvalidInput as `add`."""
        if self._rows:
            self._written += 1
            self._write(f"{self._folder}/{self._mark}-{self._written:05}.{self._form}", self._rows)
            self._rows = []
        self._last = time.monotonic()

    # What lies there

    def _claim(self, job: Record) -> None:
        """Write what was asked for; where it was written before, it must be the same."""
        path = f"{self._folder}/{JOB}"
        names = {name for info in self._infos() if not (name := posixpath.basename(info.path)).startswith(".")}
        if JOB in names:
            self._require_same(job, path)
        elif names:
            raise InvalidInput(f"{self.name} holds something else. Choose a new or empty folder for --results.")
        self._put(path, json.dumps(job, ensure_ascii=False, indent=2).encode())

    def _require_same(self, job: Record, path: str) -> None:
        try:
            before = json.loads(read(self._place, path))
            odd = differences(before, job)
        except (ValueError, AttributeError) as error:
            raise InvalidInput(f"{self._place.name(path)} is broken. Choose a new folder for --results.") from error
        if odd:
            raise InvalidInput(
                f"{self.name} was begun otherwise ({'; '.join(odd)}). "
                "Go on as it was begun, or choose a new folder for --results."
            )
        job["texts"] = before.get("texts", {}) | job.get("texts", {})

    def _infos(self) -> list[Any]:
        from pyarrow.fs import FileSelector

        with reading(self.name):
            return list(self._place.system.get_file_info(FileSelector(self._folder, allow_not_found=True)))

    def _shards(self) -> list[str]:
        return [info.path for info in self._infos() if suffix(info.path) == f".{self._form}"]

    def _take(self, shard: str) -> None:
        """Note what is done in a file. What failed is to be done again, and goes from it first."""
        rows = self._read(shard, [KEY, ERROR])
        good = {row[KEY] for row in rows if not row[ERROR]}
        self.done |= good
        if not good:
            with self._writing():
                self._place.system.delete_file(shard)
        elif len(good) < len(rows):
            whole = [row for row in self._read(shard) if row[KEY] in good]
            self._write(shard, [{**row, RECORD: json.loads(row[RECORD])} for row in whole])

    def _read(self, shard: str, names: list[str] | None = None) -> list[Record]:
        from pyarrow import ArrowException, BufferReader
        from pyarrow.parquet import read_table

        content = read(self._place, shard)
        try:
            if self._form == PARQUET:
                return list(read_table(BufferReader(content), columns=names).to_pylist())
            return [self._from_csv(line) for line in _lines(content.decode("utf-8"))]
        except (ArrowException, csv.Error, ValueError, KeyError, TypeError) as error:
            sentence = f"{self._place.name(shard)} is broken. Take it away: what was in it is done again."
            raise InvalidInput(sentence) from error

    def _from_csv(self, line: dict[str, str]) -> Record:
        types = {"whole": int, "real": float, "text": str}
        return {name: types[kind](line[name]) if line[name] else None for name, kind in self._columns.items()}

    # Writing

    def _write(self, path: str, rows: Sequence[Record]) -> None:
        whole = [{name: _plain(row.get(name)) for name in self._columns} | {RECORD: _json(row[RECORD])} for row in rows]
        self._put(path, self._as_parquet(whole) if self._form == PARQUET else self._as_csv(whole))

    def _as_parquet(self, rows: list[Record]) -> bytes:
        import pyarrow as pa
        from pyarrow.parquet import write_table

        types = {"whole": pa.int64(), "real": pa.float64(), "text": pa.string()}
        schema = pa.schema([(name, types[kind]) for name, kind in self._columns.items()])
        file = io.BytesIO()
        write_table(pa.Table.from_pylist(rows, schema), file)
        return file.getvalue()

    def _as_csv(self, rows: list[Record]) -> bytes:
        file = io.StringIO()
        writer = csv.DictWriter(file, self._columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _cell(name, value) for name, value in row.items()} for row in rows)
        return file.getvalue().encode("utf-8")

    def _put(self, path: str, content: bytes) -> None:
        """Under another name first: whoever looks at the folder never sees half of a file."""
        folder, name = posixpath.split(path)
        part = f"{folder}/.{name}.{self._mark}"
        with self._writing():
            with self._place.system.open_output_stream(part) as file:
                file.write(content)
            self._place.system.move(part, path)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = first_line(error)
            raise InvalidInput(f"{self.name} cannot be written: {reason}. Choose another with --results.") from error


def _json(record: Any) -> str | None:
    return None if record is None else printable(json.dumps(record, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


def _cell(name: str, value: Any) -> Any:
    """What a spreadsheet would take for a formula gets an apostrophe; keys and records cannot begin like one."""
    return spreadsheet_text(value) if isinstance(value, str) and name not in (KEY, RECORD) else value


def begun_with(address: str, task: str) -> Record:
    """The settings that an earlier start of this task has written into a folder; none where there was no such start."""
    place, folder = locate(address)
    try:
        before = json.loads(read(place, f"{folder.rstrip('/')}/{JOB}"))
        return dict(before["settings"]) if before["task"] == task else {}
    except (ValueError, KeyError, TypeError):  # not there, or broken, which `Results.open` tells
        return {}


def differences(before: Record, now: Record) -> list[str]:
    """In which points two jobs differ, in words. Files of texts may be added; one that has changed counts."""
    texts = before.get("texts", {})
    old = {**before, **before.get("settings", {}), "settings": None, "texts": None}
    new = {**now, **now.get("settings", {}), "settings": None, "texts": None}
    other = [
        f"{name.replace('_', ' ')}: {_shown(old.get(name))}, now {_shown(new.get(name))}"
        for name in old | new
        if old.get(name) != new.get(name)
    ]
    changed = [name for name, state in now.get("texts", {}).items() if texts.get(name, state) != state]
    return other + [f"{name} has changed since, and the numbers of its lines with it" for name in changed]


def _shown(value: Any) -> str:
    return "left out" if value is None else json.dumps(value, ensure_ascii=False)


def _lines(text: str) -> list[dict[str, str]]:
    """The lines of a CSV file by its header. A record may be longer than the 128 kB that Python's own reader takes."""
    import pandas

    table = pandas.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    return cast(list[dict[str, str]], table.to_dict("records"))
