"""Looks into data from the terminal: explore."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from apps.demos.datasets.sentences import how_read, languages_text, leak_texts, no_leak_text, parts_text, sizes_text
from apps.demos.transfer_learning.command import Encoding, Header, LabelColumn, Missing, TextColumn
from apps.demos.transfer_learning.reading import doubts, left_out_texts, listed
from apps.terminal.options import AsJson, names_in
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import end, silence_libraries, stoppable
from apps.terminal.written import require_apart, require_writable, write_result
from apps.words.amounts import count_text
from models.errors import Cancelled, InvalidInput
from models.folders import place_named

if TYPE_CHECKING:
    from training.exploration.columns import ColumnFacts
    from training.exploration.pictures import PictureReport
    from training.exploration.steps import Steps
    from training.exploration.tables import TableReport
    from training.exploration.texts import TextReport

Paths = Annotated[
    list[str],
    typer.Argument(
        help="A table (CSV, TSV, JSON lines, Parquet), two that belong together, or a folder or ZIP file of pictures "
        "with one subfolder a class. With --hub, the id of a dataset.",
        metavar="PATH…",
    ),
]
SplitColumn = Annotated[
    str | None,
    typer.Option(help="The column that says in which part a row is. Left out: guessed, or the seeded split."),
]
Seed = Annotated[int, typer.Option(help="Seed of the split that a training would make.")]
Hub = Annotated[bool, typer.Option("--hub", help="Fetch the first rows of a dataset of the Hugging Face hub.")]
Config = Annotated[str | None, typer.Option(help="With --hub: its configuration. Left out: the default one.")]
Splits = Annotated[
    list[str] | None,
    typer.Option("--split", help="With --hub: a split, as train; repeat it. Left out: the first five.", metavar="NAME"),
]
Rows = Annotated[int, typer.Option(min=1, help="With --hub: how many rows of each split, at most.")]
File = Annotated[
    Path | None, typer.Option("--report", help="Write the report here, as .md, .csv or .json.", metavar="FILE")
]

MOST_SHOWN = 5
SHOWN_CHARACTERS = 90


def explore(
    paths: Paths,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    split_column: SplitColumn = None,
    header: Header = None,
    missing: Missing = None,
    encoding: Encoding = None,
    seed: Seed = 0,
    hub: Hub = False,
    config: Config = None,
    split: Splits = None,
    rows: Rows = 1_000,
    report: File = None,
    as_json: AsJson = False,
) -> None:
    """Look at data before training on it: columns, labels, lengths, duplicates, leaks, languages.

    Several tables are parts of one set of data, as train.csv and test.csv. Nothing is fetched without --hub. The exit
    code is 1 where pictures of a class cannot be read; they are named, and the rest is explored.
    \f
    With --json: the report. Of tables: `name`, `kind` (“table”), `files` (how each was read, `left_out_lines`),
    `records`, `text_column`, `label_column`, `split_column`, `columns` (`name`, `kind`, `missing`, `distinct`,
    `commonest`, `signs`, `low`, `middle`, `high`), `texts` (null without any; else `rows`, `classes`, `characters` and
    `words` with a histogram each, `parts`, `parts_from`, `duplicates`, `copies`, `conflicts`, `near_duplicates`,
    `near_pairs`, `languages`, `leaks`, `remarks`), `problem` (why no classifier can be trained on it, or null) and
    `remarks`. Of pictures: `kind` (“pictures”), `pictures`, `classes`, `widths`, `heights`, `left_out`, `duplicates`,
    `copies`, `conflicts`, `near_duplicates`, `near_pairs` (`bits` of 64 that differ), `parts`, `parts_from`, `leaks`,
    `problem` and `remarks`. Lists hold the first hundred of what was found; counts are of all.
    """
    require_writable(report, "--report", (".md", ".csv", ".json"))
    require_apart(report, filter(None, map(place_named, paths)), "--report")
    silence_libraries()
    line = ProgressLine()
    with stoppable() as cancelled:
        try:
            looked = _look(paths, (text_column, label_column, split_column), names_in(missing), header, encoding, seed,
                           (hub, config, split or [], rows), cancelled, _patient(line))  # fmt: skip
        except Cancelled:
            end(stopped=True)
        finally:
            line.close()
    if as_json:
        result_json(looked.as_dict())
    else:
        _show(looked)
    if report is not None:
        _write(looked, report)
    end(stopped=False, failed=_has_unreadable(looked))


def _patient(line: ProgressLine) -> Callable[[str, float], None]:
    """Shows steps from the second second on: what is done at once needs no bar."""
    since = time.monotonic()

    def update(what: str, fraction: float) -> None:
        if time.monotonic() - since > 1:
            line.update(what, fraction)

    return update


def _look(
    paths: Sequence[str],
    columns: tuple[str | None, str | None, str | None],
    missing: Sequence[str],
    header: bool | None,
    encoding: str | None,
    seed: int,
    hub: tuple[bool, str | None, Sequence[str], int],
    cancelled: threading.Event,
    on_step: Callable[[str, float], None],
) -> "TableReport | PictureReport":
    from training.exploration.reading import open_table
    from training.exploration.steps import Steps
    from training.exploration.tables import chosen_columns, explore_tables

    steps = Steps(on_step, cancelled)
    if hub[0]:
        return _look_on_hub(paths, columns, missing, seed, hub[1:], steps, cancelled, on_step)
    given = _places(paths)
    if any(path.is_dir() or path.suffix.lower() == ".zip" for path in given):
        return _look_at_pictures(given, seed, steps)
    opened = [open_table(path, None, encoding, header=header) for path in given]
    return explore_tables(opened, chosen_columns(opened[0].table, *columns), missing, seed, steps)


def _places(paths: Sequence[str]) -> list[Path]:
    """The files and folders that were named. Raises InvalidInput where there is none of a name."""
    places = []
    for path in paths:
        place = place_named(path)
        if place is None:
            raise InvalidInput(
                f"There is no file or folder {path}. Check the name; if it is the id of a dataset on the Hugging Face "
                "hub, add --hub."
            )
        places.append(place)
    return places


def _look_at_pictures(paths: Sequence[Path], seed: int, steps: "Steps") -> "PictureReport":
    from training.exploration.pictures import explore_pictures
    from training.pictures.reading import read_pictures

    if len(paths) > 1:
        raise InvalidInput("Name one folder or ZIP file of pictures; parts are folders “train” and “test” in it.")
    data = read_pictures(paths[0], on_step=lambda done, total: steps.tell("Opening pictures", done / total))
    return explore_pictures(data, seed, steps)


def _look_on_hub(
    paths: Sequence[str],
    columns: tuple[str | None, str | None, str | None],
    missing: Sequence[str],
    seed: int,
    wanted: tuple[str | None, Sequence[str], int],
    steps: "Steps",
    cancelled: threading.Event,
    on_step: Callable[[str, float], None],
) -> "TableReport | PictureReport":
    from training.exploration.hub_datasets import first_rows
    from training.exploration.pictures import explore_pictures
    from training.exploration.tables import chosen_columns, explore_tables

    if len(paths) > 1:
        raise InvalidInput("Name one dataset of the hub at a time.")
    config, splits, most = wanted
    found = first_rows(paths[0], config, names_in(list(splits)), most, on_step, cancelled)
    others = [name for name in found.dataset.configs if name != found.dataset.config]
    if others and config is None:
        note(f"The configuration “{found.dataset.config}” is read. Others, with --config: {listed(others)}.")
    if found.pictures is not None:
        return explore_pictures(found.pictures, seed, steps)
    return explore_tables(found.tables, chosen_columns(found.tables[0].table, *columns), missing, seed, steps)


def _write(looked: "TableReport | PictureReport", file: Path) -> None:
    from apps.demos.datasets.report_files import csv_text, json_text, markdown_text

    write = {".md": markdown_text, ".csv": csv_text, ".json": json_text}[file.suffix.lower()]
    write_result(file, write(looked), "--report")
    note(f"The report is in {file}.")


def _has_unreadable(looked: "TableReport | PictureReport") -> bool:
    from training.exploration.pictures import PictureReport

    return isinstance(looked, PictureReport) and any(one.label for one in looked.data.left_out)


def _show(looked: "TableReport | PictureReport") -> None:
    from training.exploration.pictures import PictureReport

    if isinstance(looked, PictureReport):
        _show_pictures(looked)
    else:
        _show_table(looked)
    for remark in looked.remarks:
        note(remark)
    if looked.problem:
        note(f"To train on it: {looked.problem}")


def _show_table(looked: "TableReport") -> None:
    for data in looked.data:
        for sentence in (how_read(data), *left_out_texts(data.faults), *doubts(data)):
            note(sentence)
    result_table(
        ("COLUMN", "TYPE", "MISSING", "DIFFERENT", "COMMONEST"),
        [_column_row(one) for one in looked.facts],
        numbers=("MISSING", "DIFFERENT"),
    )
    if looked.texts is not None:
        _show_texts(looked.texts)


def _column_row(one: "ColumnFacts") -> tuple[str, ...]:
    commonest = ", ".join(f"{_cut(value, 24)} ({count:,})" for value, count in list(one.commonest.items())[:3])
    return one.name, one.kind, f"{one.missing:,}", f"{one.distinct:,}", commonest


def _show_texts(texts: "TextReport") -> None:
    words = texts.facts.words
    result(f"\n{texts.facts.rows:,} rows, of {words.shortest} to {words.longest:,} words (median {words.median:.0f})")
    _show_labels(texts.facts.classes, "ROWS")
    result("")
    if texts.parts is not None:
        result(parts_text(texts.parts))
    _show_sentences(*leak_texts(texts.leaks), no_leak_text(texts), languages_text(texts))
    result(f"Duplicates: {len(texts.facts.duplicates):,}. Same text, different labels: {len(texts.facts.conflicts):,}.")
    for group in texts.facts.conflicts[:MOST_SHOWN]:
        result("  " + " / ".join(f"line {row.line} {row.label}" for row in group) + f": {_cut(group[0].text)}")
    if texts.near is not None:
        result(f"Near-duplicates: {count_text(len(texts.near.pairs), 'pair')}.")
        for pair in texts.near.pairs[:MOST_SHOWN]:
            rows = [texts.rows[place] for place in (pair.first, pair.second)]
            result(f"  {pair.similarity:.2f}  " + "\n        ".join(f"line {r.line}: {_cut(r.text)}" for r in rows))
    for remark in texts.remarks:
        note(remark)


def _show_pictures(looked: "PictureReport") -> None:
    for one in looked.data.left_out:
        note(f"Left out: {one.reason}")
    result(f"{len(looked.data.pictures):,} pictures")
    _show_labels(looked.classes, "PICTURES")
    result("")
    parts = parts_text(looked.parts).split(". Each label")[0].rstrip(".") + "." if looked.parts else None
    _show_sentences(sizes_text(looked), parts, *leak_texts(looked.leaks), no_leak_text(looked))
    result(f"Duplicates: {looked.duplicates:,}. Same picture, different labels: {len(looked.conflicts):,}.")
    for group in looked.copies[:MOST_SHOWN]:
        result("  " + " = ".join(looked.data.pictures[place].name for place in group))
    result(f"Near-duplicates: {count_text(len(looked.near), 'pair')}.")
    for pair in looked.near[:MOST_SHOWN]:
        names = [looked.data.pictures[place].name for place in (pair.first, pair.second)]
        result(f"  {pair.bits} of 64 bits: {' and '.join(names)}")


def _show_labels(classes: dict[str, int], what: str) -> None:
    if not classes:
        return
    total = sum(classes.values())
    most = Counter(classes).most_common(20)
    result("")
    result_table(
        ("LABEL", what, "SHARE"),
        [(_cut(label, 40), f"{count:,}", f"{count / total:.1%}") for label, count in most],
        numbers=(what, "SHARE"),
    )
    if len(classes) > len(most):
        result(f"and {len(classes) - len(most):,} more labels")


def _show_sentences(*sentences: str | None) -> None:
    for sentence in sentences:
        if sentence:
            result(sentence)


def _cut(text: str, most: int = SHOWN_CHARACTERS) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
