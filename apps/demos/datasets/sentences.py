"""What was found in a dataset, in words: the same on the page, in the terminal and in the Markdown report."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from apps.demos.datasets.words import PARTS_FROM
from apps.demos.transfer_learning.reading import listed, reading_text
from models.wording import size_text
from training.exploration.steps import counted

if TYPE_CHECKING:
    from training.exploration.leaks import Leak
    from training.exploration.pictures import PictureReport
    from training.exploration.texts import Parts, TextReport
    from training.text_data import TextData

MOST_NAMED = 8


def how_read(data: "TextData") -> str:
    """How one file was read."""
    table = data.table
    if table.encoding in ("Parquet", "the Hugging Face hub"):
        return f"{table.name} was read from {_origin(table.encoding)}. Its columns are: {listed(table.columns)}."
    return reading_text(table, data.missing)


def _origin(encoding: str) -> str:
    return "a Parquet file" if encoding == "Parquet" else encoding


def parts_text(parts: "Parts") -> str:
    """Which parts there are, how large, and where they are from."""
    counts = ", ".join(f"{count:,} for {name}" for name, count in _in_order(counted(parts.names)).items())
    if parts.source == "seed":
        return (
            f"The split: {counts}. Each label has its share in every part, and rows with the same text stay together."
        )
    return f"{PARTS_FROM[parts.source]}: {counts}."


def _in_order(counts: Mapping[str, int]) -> dict[str, int]:
    usual = ("train", "validation", "test")
    return dict(sorted(counts.items(), key=lambda pair: usual.index(pair[0]) if pair[0] in usual else len(usual)))


def languages_text(report: "TextReport") -> str | None:
    """The languages that were guessed, the most frequent first; None where nobody asked."""
    if report.languages is None:
        return None
    counts = report.languages.counts
    total = sum(counts.values())
    seen = f" of {total:,} texts that were looked at" if total < len(report.rows) else ""
    words = [f"{name} {count:,}" if name == "not clear" else f"{count:,} {name}" for name, count in counts.items()]
    return f"Language, guessed{seen}: {listed(words, MOST_NAMED)}."


def leak_texts(leaks: "tuple[Leak, ...]") -> list[str]:
    """A sentence for each two parts that have something in common."""
    return [_leak_text(leak) for leak in leaks]


def _leak_text(leak: "Leak") -> str:
    share = (leak.same + leak.near) / leak.total
    return f"{_found_text(leak)} ({share:.1%}). What is measured on {leak.second} will look better than it is."


def _found_text(leak: "Leak") -> str:
    if not leak.same:
        have = "has" if leak.near == 1 else "have"
        return f"{leak.near:,} of {leak.total:,} in {leak.second} {have} a near-duplicate in {leak.first}"
    more = f", and {leak.near:,} more nearly so" if leak.near else ""
    stand = "stands" if leak.same == 1 else "stand"
    return f"{leak.same:,} of {leak.total:,} in {leak.second} {stand} in {leak.first}, too{more}"


def no_leak_text(report: "TextReport | PictureReport") -> str | None:
    """That nothing stands in two parts, and as much of what nearly does as was looked at."""
    if report.parts is None or report.leaks:
        return None
    nearly = ", nor nearly." if report.compared_all else ". What nearly does was not looked for everywhere."
    return f"Nothing stands in two parts at once{nearly}"


def sizes_text(report: "PictureReport") -> str | None:
    """Widths and heights, and the room that the files need."""
    if report.widths is None or report.heights is None:
        return None
    content = sum(len(picture.content) for picture in report.data.pictures)
    sides = [
        f"{name} {one.smallest} pixels"
        if one.smallest == one.largest
        else f"{name} {one.smallest}–{one.largest} pixels (median {one.median:.0f})"
        for name, one in (("Width", report.widths), ("height", report.heights))
    ]
    return f"{', '.join(sides)}; {size_text(content)} in memory."
