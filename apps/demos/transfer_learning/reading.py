"""How a file was read and what of it was left out, in words: the same on the page and in the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.words.amounts import count_text
from training.text_cells import Fault
from training.text_data import alike_labels, doubtful_labels, garbled_rows, unread_lines
from training.text_files import DELIMITERS

if TYPE_CHECKING:
    from training.text_data import TextData
    from training.text_files import Table

MOST_NAMED = 5  # lines, columns or labels


def reading_text(table: "Table", missing: Sequence[str] = ()) -> str:
    """Encoding, delimiter, the line that was taken for names, and what counts as missing."""
    return f"{table.name} was read {_kind(table)}, in {table.encoding}. {_names_text(table)} {_missing_text(missing)}"


def _kind(table: "Table") -> str:
    if table.delimiter is None:
        return "as JSON"
    sign = DELIMITERS.get(table.delimiter)
    return f"with a {sign} between the cells" if sign else f"with “{table.delimiter}” between the cells"


def _names_text(table: "Table") -> str:
    if table.delimiter is None:
        return f"Its objects name the columns: {listed(table.columns)}."
    if table.header_line is not None:
        return f"Line {table.header_line} names the columns: {listed(table.columns)}."
    return f"No line names the columns, so that they are called {listed(table.columns)}."


def _missing_text(missing: Sequence[str]) -> str:
    if not missing:
        return "Only empty cells count as missing."
    return f"Empty cells count as missing, and {listed([f'“{sign}”' for sign in missing])}."


def listed(words: Sequence[str], most: int = 12) -> str:
    """The words with commas; of many, the first and how many more."""
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def left_out_texts(faults: Sequence[Fault]) -> list[str]:
    """A sentence for each reason why lines were left out, with how many and the first of them."""
    by_reason: dict[str, list[int]] = {}
    for fault in faults:
        by_reason.setdefault(fault.reason, []).append(fault.line)
    return [_left_out(lines, reason) for reason, lines in by_reason.items()]


def _left_out(lines: list[int], reason: str) -> str:
    if len(lines) == 1:
        return f"Line {lines[0]} is left out: {reason}."
    return f"{len(lines):,} lines are left out ({listed(list(map(str, lines)), MOST_NAMED)}): {reason}."


def doubts(data: "TextData") -> list[str]:
    """What was taken at its word, and may have been meant otherwise."""
    said = [data.table.doubt] if data.table.doubt else []
    said += [
        f"The label “{label}” of {count_text(count, 'row')} is taken for a class. If it only says that a label is "
        f"missing, add it to “missing”."
        for label, count in doubtful_labels(data).items()
    ]
    said += [
        f"The labels {listed([f'“{label}”' for label in labels])} are taken for classes of their own. If they are "
        "meant to be one, write them alike in the file."
        for labels in alike_labels(data)
    ]
    garbled = [str(row.line) for row in garbled_rows(data)]
    if garbled:
        said.append(
            f"{count_text(len(garbled), 'row')} with signs such as “Ã©” or “â€™” (line {listed(garbled, MOST_NAMED)}): "
            "the file was once saved in a wrong encoding. It is taken as it is; better save it anew from its source."
        )
    lines = unread_lines(data)
    if lines:
        where = listed(list(map(str, lines)), MOST_NAMED)
        said.append(
            f"{count_text(len(lines), 'row')} with something in columns without a name, which is not read (line "
            f"{where}): perhaps the rest of a text with a {DELIMITERS.get(data.table.delimiter or '', 'sign')} in it."
        )
    return said
