"""A report to take home: Markdown to paste, CSV with each finding for a spreadsheet, and all of it as JSON."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from apps.demos.datasets.sentences import (
    how_read,
    languages_text,
    leak_texts,
    no_leak_text,
    parts_text,
    sizes_text,
)
from apps.demos.transfer_learning.reading import doubts, left_out_texts
from apps.words.amounts import count_text
from models.wording import spreadsheet_text
from training.exploration.pictures import PictureReport

if TYPE_CHECKING:
    from training.exploration.tables import TableReport
    from training.exploration.texts import TextReport

Finding = tuple[str, str, str, str, str]  # what, part, line or number, label, the text or the name of the file


def json_text(report: "TableReport | PictureReport") -> str:
    """The whole report."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=2) + "\n"


def csv_text(report: "TableReport | PictureReport") -> str:
    """A line for each item of each finding."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(("finding", "part", "line", "label", "item"))
    found = _of_pictures(report) if isinstance(report, PictureReport) else _of_table(report)
    lines.writerows([spreadsheet_text(cell) for cell in finding] for finding in found)
    return out.getvalue()


def markdown_text(report: "TableReport | PictureReport") -> str:
    """The findings as a page."""
    if isinstance(report, PictureReport):
        return "\n".join(_picture_page(report)) + "\n"
    return "\n".join(_table_page(report)) + "\n"


def _of_table(report: "TableReport") -> Iterator[Finding]:
    texts = report.texts
    if texts is not None:
        for number, group in enumerate(texts.copies, 1):
            yield from (_text_finding(f"duplicate {number}", texts, place) for place in group)
        for number, pair in enumerate(texts.near.pairs if texts.near else (), 1):
            name = f"near-duplicate {number} ({pair.similarity:.2f})"
            yield from (_text_finding(name, texts, place) for place in (pair.first, pair.second))
        for leak in texts.leaks:
            for places in leak.examples:
                yield from (_text_finding(f"in {leak.first} and {leak.second}", texts, place) for place in places)
    for data in report.data:
        yield from (("left out", data.table.name, str(fault.line), "", fault.reason) for fault in data.faults)


def _text_finding(what: str, texts: "TextReport", place: int) -> Finding:
    row = texts.rows[place]
    return what, texts.parts.names[place] if texts.parts else "", str(row.line), row.label, row.text


def _of_pictures(report: PictureReport) -> Iterator[Finding]:
    groups = [(f"duplicate {number}", group) for number, group in enumerate(report.copies, 1)]
    groups += [
        (f"near-duplicate {number} ({pair.bits} bits)", (pair.first, pair.second))
        for number, pair in enumerate(report.near, 1)
    ]
    groups += [(f"in {leak.first} and {leak.second}", pair) for leak in report.leaks for pair in leak.examples]
    for what, places in groups:
        for place in places:
            picture = report.data.pictures[place]
            yield what, report.part_of(place), str(place + 1), picture.label, picture.name
    yield from (("left out", "", "", one.label, f"{one.name}: {one.reason}") for one in report.data.left_out)


def _table_page(report: "TableReport") -> Iterator[str]:
    yield f"# {_plain(report.name)}\n"
    for data in report.data:
        yield _plain(how_read(data))
        yield from (f"\n{_plain(sentence)}" for sentence in (*left_out_texts(data.faults), *doubts(data)))
    yield from (f"\n{_plain(remark)}" for remark in report.remarks)
    yield "\n## Columns\n"
    yield from _table(
        ("column", "type", "missing", "different", "commonest"),
        [
            (one.name, one.kind, f"{one.missing:,}", f"{one.distinct:,}", ", ".join(list(one.commonest)[:3]))
            for one in report.facts
        ],
    )
    if report.texts is not None:
        yield from _text_page(report.texts)
    if report.problem:
        yield f"\nTo train on it: {_plain(report.problem)}"


def _text_page(texts: "TextReport") -> Iterator[str]:
    facts = texts.facts
    near = f", {count_text(len(texts.near.pairs), 'pair')} of near-duplicates" if texts.near else ""
    yield "\n## Texts\n"
    yield (
        f"{facts.rows:,} rows of {facts.words.shortest} to {facts.words.longest:,} words (median "
        f"{facts.words.median:.0f}); {len(facts.duplicates):,} duplicates, {len(facts.conflicts):,} texts with several "
        f"labels{near}."
    )
    about = (
        parts_text(texts.parts) if texts.parts else None, *leak_texts(texts.leaks),
        no_leak_text(texts), languages_text(texts), *texts.remarks,
    )  # fmt: skip
    yield from (f"\n{_plain(sentence)}" for sentence in about if sentence)
    yield from _label_table(facts.classes)


def _picture_page(report: PictureReport) -> Iterator[str]:
    yield f"# {_plain(report.data.name)}\n"
    yield (
        f"{len(report.data.pictures):,} pictures of {len(report.classes)} classes; {report.duplicates:,} duplicates, "
        f"{count_text(len(report.near), 'pair')} of near-duplicates, {count_text(len(report.data.left_out), 'file')} "
        "left out."
    )
    about = (
        sizes_text(report), *leak_texts(report.leaks), no_leak_text(report),
        *report.remarks, *(one.reason for one in report.data.left_out),
    )  # fmt: skip
    yield from (f"\n{_plain(sentence)}" for sentence in about if sentence)
    yield from _label_table(report.classes)
    if report.problem:
        yield f"\nTo train on it: {_plain(report.problem)}"


def _label_table(classes: Mapping[str, int]) -> Iterator[str]:
    if classes:
        yield "\n## Labels\n"
        yield from _table(("label", "count"), [(label, f"{count:,}") for label, count in classes.items()])


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heading)} |"
    yield "|---" * len(heading) + "|"
    yield from (f"| {' | '.join(map(_plain, row))} |" for row in rows)


def _plain(text: str) -> str:
    """Text in one line that no table or emphasis of Markdown reads as its own."""
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("<", "\\<")
