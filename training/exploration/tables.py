"""What is in a table, or in several that belong together, such as train.csv and test.csv."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

from models.errors import InvalidInput
from training.exploration.columns import ColumnFacts, column_facts, explore_columns
from training.exploration.leaks import part_names
from training.exploration.reading import Opened
from training.exploration.steps import Steps
from training.exploration.texts import Parts, TextReport, explore_texts, seeded_parts
from training.text_data import TextData, column_named, guessed_columns, require_trainable, usable
from training.text_files import Table

MOST_FAULTS = 100
_SPLIT_NAMES = ("split", "set", "subset", "part", "partition", "fold", "dataset", "partición", "conjunto")


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; None where there is none."""

    text: str | None
    label: str | None
    split: str | None


@dataclass(frozen=True)
class TableReport:
    """What was found in one table or several.

    `data` are the tables with their usable rows, `facts` those of each column over all tables. `texts` is None where no
    column holds texts. `problem` says why no classifier can be trained on the rows; None where one can. `remarks` are
    sentences: what was read of the files, and what deserves a thought.
    """

    name: str
    data: tuple[TextData, ...]
    columns: Columns
    facts: tuple[ColumnFacts, ...]
    texts: TextReport | None
    problem: str | None
    remarks: tuple[str, ...]

    @property
    def records(self) -> int:
        """All records that were read, usable or not."""
        return sum(len(one.table.records) for one in self.data)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "name": self.name,
            "kind": "table",
            "files": [_told_file(one) for one in self.data],
            "records": self.records,
            "text_column": self.columns.text,
            "label_column": self.columns.label,
            "split_column": self.columns.split,
            "columns": [one.as_dict() for one in self.facts],
            "texts": self.texts.as_dict() if self.texts else None,
            "problem": self.problem,
            "remarks": list(self.remarks),
        }


def explore_tables(
    opened: Sequence[Opened],
    columns: Columns | None = None,
    missing: Sequence[str] = (),
    seed: int = 0,
    steps: Steps | None = None,
) -> TableReport:
    """Look at tables that have been opened, of which there is at least one. Left out, the columns are guessed.

    Several tables are parts of one set of data and need the same columns of texts and labels. A column that says in
    which part a row is, or else the seeded split of a training, makes the parts of a single one.

    Raises:
        InvalidInput: a column is named for two things, or is not in all tables.
        Cancelled: `steps` says so.
    """
    steps = steps or Steps()
    tables = [one.table for one in opened]
    columns = columns or chosen_columns(tables[0])
    _require_different(columns)
    data = tuple(_data(table, columns, missing) for table in tables)
    facts = explore_columns(_joined(tables), steps)
    problem = _problem(data, columns)
    texts = _texts(data, columns, problem is None, seed, steps)
    remarks = [sentence for one in opened for sentence in one.remarks] + list(_about_columns(facts, tables))
    return TableReport(", ".join(t.name for t in tables), data, columns, facts, texts, problem, tuple(remarks))


def _told_file(data: TextData) -> dict[str, Any]:
    table = data.table
    return {
        "name": table.name,
        "encoding": table.encoding,
        "delimiter": table.delimiter,
        "header_line": table.header_line,
        "records": len(table.records),
        "usable": len(data.rows),
        "left_out": len(data.faults),
        "left_out_lines": [asdict(fault) for fault in data.faults[:MOST_FAULTS]],
    }


def chosen_columns(
    table: Table, text: str | None = None, label: str | None = None, split: str | None = None
) -> Columns:
    """The columns that a person named, by name or number, and guesses for the others.

    Raises:
        InvalidInput: there is no such column.
    """
    asked = [column_named(table, wish) if wish else None for wish in (text, label, split)]
    part = asked[2] or _split_column(table, [asked[0], asked[1]])
    rest = _without(table, part)
    if len(rest.columns) == 1 or (asked[1] is None and len(rest.columns) < 2):
        return Columns(asked[0] or _only_text(rest), asked[1], part)
    guessed_text, guessed_label = guessed_columns(rest, asked[0], asked[1])
    if asked[0] is None and not _holds_texts(table, guessed_text):
        return Columns(None, None, part)
    return Columns(guessed_text, guessed_label, part)


def _require_different(columns: Columns) -> None:
    names = [name for name in (columns.text, columns.label, columns.split) if name is not None]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"“{twice}” is named for two different things. Choose different columns.")


def _split_column(table: Table, taken: Sequence[str | None]) -> str | None:
    """The column that says in which part a row is: by its values, or by its name where these are few."""
    for column in table.columns:
        if column in taken:
            continue
        facts = column_facts(column, [record.cells.get(column) for record in table.records])
        usual = column.strip().casefold() in _SPLIT_NAMES
        if facts.distinct <= (10 if usual else 5) and facts.distinct > 1 and (usual or part_names(facts.commonest)):
            return column
    return None


def _without(table: Table, column: str | None) -> Table:
    return replace(table, columns=tuple(name for name in table.columns if name != column))


def _only_text(table: Table) -> str | None:
    return next((column for column in table.columns if _holds_texts(table, column)), None)


def _holds_texts(table: Table, column: str) -> bool:
    values = [record.cells.get(column) for record in table.records]
    texts = sum(isinstance(value, str) and any(map(str.isalpha, value)) for value in values)
    return texts > 0.5 * sum(value is not None and value != "" for value in values)


def _data(table: Table, columns: Columns, missing: Sequence[str]) -> TextData:
    wanted = [name for name in (columns.text, columns.label) if name is not None and name not in table.columns]
    if wanted:
        raise InvalidInput(
            f"{table.name} has no column “{wanted[0]}”, as the first file has. Its columns are: "
            f"{', '.join(table.columns)}. Explore it alone, or give both the same columns."
        )
    if columns.text is None:
        return TextData(table, "", "", (), table.faults)
    return usable(table, columns.text, columns.label, missing)


def _joined(tables: Sequence[Table]) -> Table:
    """One table with all columns and all records, for the facts about columns."""
    if len(tables) == 1:
        return tables[0]
    columns = tuple(dict.fromkeys(column for table in tables for column in table.columns))
    return replace(tables[0], columns=columns, records=tuple(record for table in tables for record in table.records))


def _problem(data: Sequence[TextData], columns: Columns) -> str | None:
    """Why no classifier can be trained on all of these rows together, or None."""
    name = data[0].table.name
    if not any(one.table.records for one in data):
        return f"{name} has a line of names and no rows below it. Add rows."
    if columns.text is None:
        return f"No column of {name} holds texts, so there is nothing that a text classifier could read."
    if columns.label is None:
        return f"No column of {name} looks like labels. Choose the label column to train a classifier on it."
    try:
        require_trainable(replace(data[0], rows=tuple(row for one in data for row in one.rows)))
    except InvalidInput as error:
        return str(error)
    return None


def _texts(data: Sequence[TextData], columns: Columns, trainable: bool, seed: int, steps: Steps) -> TextReport | None:
    rows = [row for one in data for row in one.rows]
    if not rows:
        return None
    return explore_texts(rows, columns.label is not None, _parts(data, columns, trainable, seed), steps=steps)


def _parts(data: Sequence[TextData], columns: Columns, trainable: bool, seed: int) -> Parts | None:
    if len(data) > 1:
        names = _different([one.table.name for one in data])
        return Parts(tuple(name for name, one in zip(names, data, strict=True) for _ in one.rows), "files")
    if columns.split is not None:
        return Parts(tuple(_part_name(record.cells.get(columns.split)) for record in data[0].used), "column")
    return seeded_parts(data[0].rows, seed) if trainable else None


def _part_name(value: Any) -> str:
    """The name of a part as its cell has it; a fold may be the number 0."""
    is_nothing = value is None or value != value  # JSON's NaN
    return "no part" if is_nothing else str(value).strip() or "no part"


def _different(names: Sequence[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(names, 1)]


def _about_columns(facts: Sequence[ColumnFacts], tables: Sequence[Table]) -> list[str]:
    said = [
        f"The column “{one.name}” holds {_signs(one)}, which may only say that something is missing: say so under "
        "“missing” if it does."
        for one in facts
        if one.signs
    ]
    mixed = [one.name for one in facts if one.kind == "mixed"]
    if mixed:
        said.append(f"Values of several types stand in {', '.join(f'“{name}”' for name in mixed)}.")
    for first, second in pairwise(tables):
        if set(first.columns) != set(second.columns):
            said.append(f"{first.name} and {second.name} do not have the same columns.")
    return said


def _signs(one: ColumnFacts) -> str:
    return ", ".join(f"“{sign}” in {count:,} {'row' if count == 1 else 'rows'}" for sign, count in one.signs.items())
