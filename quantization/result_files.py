"""Results as files to take home: JSON for programs, CSV for spreadsheets, Markdown tables for notes."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def json_text(value: Any) -> str:
    """Plain JSON types as a text, indented to be read."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def csv_text(lines: Iterable[dict[str, Any]], names: Sequence[str] = ()) -> str:
    """A line for each dictionary; the columns are `names`, then all others as they come. None is an empty cell."""
    lines = list(lines)
    columns = dict.fromkeys([*names, *(name for line in lines for name in line)])
    text = io.StringIO()
    table = csv.DictWriter(text, list(columns), lineterminator="\n")
    table.writeheader()
    table.writerows(lines)
    return text.getvalue()


def markdown_table(headings: Sequence[str], lines: Iterable[Sequence[str]], words: int = 1) -> str:
    """A table whose first columns, `words` of them, stand to the left, and the others, which are numbers, to the right.

    It ends with a line break.
    """
    rule = ["---"] * words + ["---:"] * (len(headings) - words)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (headings, rule, *lines))


def markdown_list(facts: Mapping[str, str]) -> str:
    """A line for each fact, with its name. It ends with a line break."""
    return "".join(f"- {name}: {value}\n" for name, value in facts.items())


def replaced(document: str, name: str, text: str) -> str:
    """The document with `text` between its comments <!-- name --> and <!-- /name -->.

    Raises:
        ValueError: it does not have these comments, once each.
    """
    before, begin, rest = document.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->\n")
    if not begin or not end or begin in after:
        raise ValueError(f"The document needs one pair of comments <!-- {name} --> and <!-- /{name} -->.")
    return f"{before}{begin}\n{text}\n{end}{after}"
