"""What was raced on one machine, as JSON that can be taken to another one, and read there without trusting it."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

import psutil

from models.errors import InvalidInput
from models.failures import printable
from models.memory import machine_memory
from models.wording import count_text, size_text
from quantization.measure.conditions import conditions, in_words
from quantization.measure.turns import ROUNDS
from quantization.race.row import SpeedRow, cautions, rate_text, ratio_text
from quantization.result_files import json_text, markdown_list, markdown_table

KIND, VERSION = "aula-speed", 1
MOST_BYTES, MOST_ROWS, LONGEST = 2_000_000, 1_000, 300  # of a file from elsewhere: bytes, rows, characters of a text
AGAINST = "plain transformers or PyTorch in fp32"
_TEXTS = ("model_id", "task", "precision", "work", "unit")
_POSITIVE = ("plain_per_second", "here_per_second", "ratio", "ratio_low", "ratio_high")
_FACTS: dict[str, type | tuple[type, ...]] = {
    "threads": int, "cores": int, "memory": int, "date": str, "machine": str, "processor": str,
    "cpu_features": list, "graphics_cards": list, "versions": dict,
}  # fmt: skip
METHOD = (
    f"Both sides were in memory and took turns: the suite as its pages use it, and {AGAINST} doing the same work one "
    f"thing after the other, with as many threads. The ratio is the median over {ROUNDS} rounds, fewer where the time "
    "was short, with its 95 % interval by ranks."
)
NOT_JUDGED = "How good the answers are is not judged here."


@dataclass(frozen=True)
class SpeedReport:
    """The rows of one machine. `conditions` are its facts: processor, cores, memory in bytes, threads, versions, date.

    `finished` is False where the measuring was stopped before its end.
    """

    conditions: dict[str, Any]
    rows: tuple[SpeedRow, ...] = ()
    finished: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        head = {"kind": KIND, "version": VERSION, "finished": self.finished}
        return head | self.conditions | {"against": AGAINST, "rows": [row.as_dict() for row in self.rows]}

    def to_json(self) -> str:
        """The file that `read_report` reads."""
        return json_text(self.as_dict())

    def facts(self) -> dict[str, str]:
        """The machine in words, by name."""
        about = self.conditions
        words = in_words(about)
        return {
            "processor": about["processor"],
            "cores": f"{about['cores']}, computed with {count_text(about['threads'], 'thread')}",
            "instruction sets": words["CPU features"],
            "memory": size_text(about["memory"]),
            "system": about["machine"],
            "versions": words["versions"],
            "date": about["date"],
        }

    def to_markdown(self) -> str:
        """A table for a report, what to beware of, and how it was measured."""
        heading = ["model", "precision", "work", "plain", "here", "ratio (95 %)"]
        table = markdown_table(heading, [_cells(row) for row in self.rows if row.error is None], words=3)
        failed = "".join(f"- {row.name}: {row.error}\n" for row in self.rows if row.error)
        unsure = "".join(f"- {sentence}\n" for sentence in cautions(self.rows))
        return f"# Speed here\n\n{markdown_list(self.facts())}\n{table}\n{failed}{unsure}\n{METHOD} {NOT_JUDGED}\n"


def begun(threads: int | None, version: str) -> SpeedReport:
    """A report without rows of this machine today; `version` is the suite's."""
    about = conditions(threads)
    own = {"cores": psutil.cpu_count(logical=False) or psutil.cpu_count() or 1, "memory": machine_memory().total}
    return SpeedReport(about | own | {"versions": {"aula": version} | about["versions"]})


def with_rows(report: SpeedReport, rows: Iterable[SpeedRow], finished: bool) -> SpeedReport:
    """The same report with what has been measured."""
    return replace(report, rows=tuple(rows), finished=finished)


def _cells(row: SpeedRow) -> list[str]:
    plain, here = (rate_text(each or 0.0, row.unit) for each in (row.plain_per_second, row.here_per_second))
    return [row.model_id, row.precision, row.work, plain, here, ratio_text(row)]


# A file from elsewhere


def read_report(content: bytes, name: str) -> SpeedReport:
    """The report in a file called `name`.

    Raises:
        InvalidInput: the file is too large, no JSON, not of this kind or version, or its figures make no sense.
    """
    called = f"“{printable(name)[:80]}”"
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{called} is larger than any file of the speed benchmark. {_NEXT}")
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # RecursionError: brackets in brackets in brackets
        raise InvalidInput(f"{called} is no JSON file, or only a part of one. {_NEXT}") from error
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise InvalidInput(f"{called} does not come from the speed benchmark. {_NEXT}")
    if found.get("version") != VERSION:
        raise InvalidInput(f"{called} was written by another version of Aula. Measure again with this one.")
    try:
        facts = {field: _fact(found, field) for field in _FACTS}
        rows = found["rows"]
        _require(isinstance(rows, list) and len(rows) <= MOST_ROWS)
        return SpeedReport(facts, tuple(_row(row) for row in rows), found.get("finished") is True)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{called} is damaged: something in it is missing or makes no sense. {_NEXT}") from error


_NEXT = "Take a file that the page “Speed here” or `benchmark --output` has written."


def _require(holds: bool) -> None:
    if not holds:
        raise ValueError


def _fact(found: dict[str, Any], field: str) -> Any:
    value = found[field]
    _require(isinstance(value, _FACTS[field]) and not isinstance(value, bool))
    if isinstance(value, int):
        _require(0 < value < 2**60)
        return value
    if isinstance(value, list):
        return [_text(each) for each in value[:50]]
    if isinstance(value, dict):
        return {_text(key): _text(each) for key, each in list(value.items())[:50]}
    return _text(value)


def _text(value: Any) -> str:
    _require(isinstance(value, str))
    return " ".join(printable(value).split())[:LONGEST]


def _row(found: Any) -> SpeedRow:
    _require(isinstance(found, dict))
    known = {field.name: found.get(field.name) for field in fields(SpeedRow)}
    for name in _TEXTS:
        known[name] = _text(found[name])
        _require(bool(known[name].strip()))
    known["error"] = None if known["error"] is None else _text(known["error"])
    for name in (*_POSITIVE, "busy", "load_seconds", "footprint"):
        known[name] = _number(known[name], name in _POSITIVE)
    known["rounds"] = int(_number(known["rounds"], False) or 0)
    row = SpeedRow(**known)
    measured = (row.plain_per_second, row.here_per_second, row.ratio)
    _require(all(each is None for each in measured) if row.error else None not in measured)
    low, high = row.ratio_low, row.ratio_high
    _require((low is None) == (high is None) and (low is None or high is None or low <= high))
    return row


def _number(value: Any, positive: bool) -> float | int | None:
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError
    _require(0 < value < 1e15 if positive else 0 <= value < 1e15)
    return value
