"""Two machines beside each other: what both have measured alike, and how many times as fast the second one is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.wording import count_text
from quantization.race.report import SpeedReport
from quantization.race.row import SpeedRow, measured

NAMES = ("A", "B")


@dataclass(frozen=True)
class Pair:
    """The same work in the same precision on machine A and on machine B."""

    a: SpeedRow
    b: SpeedRow

    @property
    def times(self) -> float:
        """How many times as much B gets done in a second, each the suite's own way."""
        return (self.b.here_per_second or 0.0) / (self.a.here_per_second or 1.0)


@dataclass(frozen=True)
class Comparison:
    """Two reports, and the work that both have measured."""

    a: SpeedReport
    b: SpeedReport
    pairs: tuple[Pair, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types: both reports, and for each shared piece of work both speeds and `times`, B's by A's."""
        shared = [
            {
                "model_id": pair.a.model_id,
                "precision": pair.a.precision,
                "work": pair.a.work,
                "unit": pair.a.unit,
                "a_per_second": pair.a.here_per_second,
                "b_per_second": pair.b.here_per_second,
                "a_ratio": pair.a.ratio,
                "b_ratio": pair.b.ratio,
                "times": pair.times,
            }
            for pair in self.pairs
        ]
        return {"a": self.a.as_dict(), "b": self.b.as_dict(), "shared": shared}


def compare(a: SpeedReport, b: SpeedReport) -> Comparison:
    """What two reports share, in the order of the first."""
    others = {row.same_work: row for row in measured(b.rows)}
    shared = (Pair(row, others[row.same_work]) for row in measured(a.rows) if row.same_work in others)
    return Comparison(a, b, tuple(shared))


def remarks(found: Comparison) -> list[str]:
    """What a reader has to know before comparing: other threads, other versions, nothing in common."""
    sentences = []
    if not found.pairs:
        sentences.append(
            "The two files share no work: measure the same models in the same precisions on both machines."
        )
    threads = [report.conditions["threads"] for report in (found.a, found.b)]
    if len(set(threads)) > 1:
        told = [count_text(count, "thread") for count in threads]
        sentences.append(f"A computed with {told[0]}, B with {told[1]}.")
    differing = _differing_versions([report.conditions["versions"] for report in (found.a, found.b)])
    if differing:
        sentences.append(f"The versions differ: {', '.join(differing)}. A part of the difference may come from that.")
    return sentences


def _differing_versions(versions: Sequence[dict[str, str]]) -> list[str]:
    a, b = versions
    return [f"{name} {a[name]} and {b[name]}" for name in a if name in b and a[name] != b[name]]
