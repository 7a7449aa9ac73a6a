"""What was measured, as a Markdown table and as JSON, with everything that a reader needs to repeat it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.race import Race, Times
from benchmarks.subjects import Subject
from models.wording import size_text
from quantization.measure.conditions import flat
from quantization.result_files import json_text, markdown_table

HEADER = (
    "model and work", "precision", "plain fp32, tokens/s", "here, tokens/s", "ratio", "ratio asked",
    "ratio of the fastest", "weight file", "file asked",
)  # fmt: skip
NOTHING = "–"


@dataclass(frozen=True)
class RaceRow:
    """One model in one precision. Where it failed, `error` is a sentence and only what came before is there."""

    subject: Subject
    precision: str
    file_bytes: int | None = None
    race: Race | None = None
    error: str | None = None

    @property
    def asked_ratio(self) -> float | None:
        """How many times as fast as plain fp32 it should be; only int8 is asked."""
        return self.subject.asked_ratio if self.precision == "int8" else None

    @property
    def asked_bytes(self) -> int | None:
        """How large the weight file may be."""
        return self.subject.asked_bytes.get(self.precision)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; what was not measured or is not asked is None."""
        return {
            "model": self.subject.name,
            "shape": self.subject.shape,
            "work": work_text(self.subject),
            "precision": self.precision,
            "file_bytes": self.file_bytes,
            "asked_bytes": self.asked_bytes,
            "asked_ratio": self.asked_ratio,
            "race": None if self.race is None else self.race.as_dict(),
            "error": self.error,
        }


def work_text(subject: Subject) -> str:
    """The work in words: “GPT-2 124 M, decode: 16 tokens read, 64 written”."""
    written = f", {subject.writes} written" if subject.writes else ""
    return f"{subject.title}: {subject.reads} tokens read{written}"


def to_json(facts: dict[str, Any], rows: Sequence[RaceRow]) -> str:
    """Conditions and rows; seconds are those of each repetition, sizes bytes."""
    return json_text(facts | {"rows": [row.as_dict() for row in rows]})


def to_markdown(facts: dict[str, Any], rows: Sequence[RaceRow]) -> str:
    """The conditions in a few lines, one line of the table for each row, and what failed."""
    return "\n".join(
        ("\n".join(_conditions(facts)), markdown_table(HEADER, map(_cells, rows), words=2), *_failures(rows))
    )


def _conditions(facts: dict[str, Any]) -> Iterator[str]:
    words = flat(facts)
    yield f"{words['date']}, {words['processor']}, {words['machine']}; {words['cpu_features']}."
    yield f"{words['versions']}."
    yield (
        f"Threads: {words['threads']}. Plain side: float32, pinned. Repetitions: {words['repeats']}, in turn, after "
        f"one that is not counted; medians, with slowest and fastest in brackets. Random weights, seed {words['seed']}."
    )
    yield ""


def _cells(row: RaceRow) -> tuple[str, ...]:
    return (
        work_text(row.subject),
        row.precision,
        *(_race_cells(row.race, row.asked_ratio) if row.race else ("not measured", *(NOTHING,) * 4)),
        size_text(row.file_bytes) if row.file_bytes else NOTHING,
        f"≤ {size_text(row.asked_bytes)}" if row.asked_bytes else NOTHING,
    )


def _race_cells(race: Race, asked: float | None) -> tuple[str, ...]:
    return (
        _speed(race.baseline, race.tokens),
        _speed(race.measured, race.tokens),
        f"{race.ratio:.2f} ×",
        f"≥ {asked:g} ×" if asked else NOTHING,
        f"{race.fastest_ratio:.2f} ×",
    )


def _speed(times: Times, tokens: int) -> str:
    median, slowest, fastest = (tokens / seconds for seconds in (times.median, times.slowest, times.fastest))
    return f"{median:.1f} ({slowest:.1f}–{fastest:.1f})"


def _failures(rows: Sequence[RaceRow]) -> Iterator[str]:
    for row in rows:
        if row.error:
            yield f"{row.subject.title}, {row.precision}: {row.error}\n"
