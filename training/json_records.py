"""Records in JSON as people have it: an object a line, or one document in any of the forms that programs write.

Knows neither texts nor labels. A record is an object whose values are cells; objects in it become cells of their own
(`review.text`). What cannot be read is named with its line.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from models.errors import InvalidInput

Records = list[tuple[int, dict[str, Any]]]  # the line where a record begins, from 1
Left = list[tuple[int, str]]  # a line that was left out, and why

NOT_JSON, NOT_AN_OBJECT = "the line is not JSON", "the line is not a JSON object"
_BETWEEN = re.compile(r"[\s,\ufeff]*")
_TRIED = 100  # lines without an object, after which it is not JSON lines
_DEEPEST = 3  # objects within objects that become cells


def json_records(name: str, text: str) -> tuple[Records, Left]:
    """The records of a file, and what was left out.

    Raises:
        InvalidInput: there is no record, or several lists of records of which one has to be chosen.
    """
    left: Left = []
    records = _from_lines(text, left)
    if not records:
        left = []
        records = _from_document(name, text, left)
    if not records:
        raise InvalidInput(f"{name} holds no JSON objects. Write one a line, each with a text and a label.")
    return _flat(records), left


def looks_like_json(text: str) -> bool:
    """Whether a file without a telling name begins as JSON does."""
    return re.match(r"\s*(\{|\[\s*[\[{])", text) is not None


def _from_lines(text: str, left: Left) -> Records:
    """JSON lines: most lines are objects by themselves. Nothing where the first ones are not."""
    records: Records = []
    lines = text.rstrip().split("\n")
    for line, content in enumerate(lines, 1):
        value = _parsed(content.strip().removeprefix("\ufeff").removesuffix(","))
        if isinstance(value, dict):
            records.append((line, value))
        elif content.strip() in ("[", "]"):  # a list with an object a line
            continue
        else:
            left.append((line, "the line is empty" if not content.strip() else NOT_AN_OBJECT))
            if not records and line > _TRIED:
                return []
    is_document = len(records) == 1 and any(_holds_records(value) for value in records[0][1].values())
    wrong = sum(reason == NOT_AN_OBJECT for _, reason in left)
    return [] if is_document or wrong > len(records) else records


def _holds_records(value: Any) -> bool:
    """Whether the value of a lone object holds objects, or more than one cell: then the object is a whole table."""
    return isinstance(value, (list, dict)) and (len(value) > 1 or any(isinstance(one, dict) for one in value))


def _parsed(content: str) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return content


def _from_document(name: str, text: str, left: Left) -> Records:
    values = list(_values(text, left))
    if len(values) == 1 and isinstance(values[0][1], dict):
        return _from_object(name, text, values[0][1])
    rows = [value for _, value in values if isinstance(value, list)]
    if len(rows) > 1 and len(rows) == len(values):
        return _from_rows(values)
    left += [(line, NOT_AN_OBJECT) for line, value in values if not isinstance(value, dict)]
    return [(line, value) for line, value in values if isinstance(value, dict)]


def _values(text: str, left: Left) -> Iterator[tuple[int, Any]]:
    """The elements of a list, or objects one after the other, each with its line; a broken one costs only itself."""
    decoder, place = json.JSONDecoder(), _begin(text)
    line, counted = 1, 0
    while place < len(text):
        line, counted = line + text.count("\n", counted, place), place
        if text[place] == "]":  # the end of the list
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            left.append((line, NOT_JSON))
            end = _next_object(text, place)
        else:
            yield line, value
        place = _skip(text, end)


def _begin(text: str) -> int:
    place = _skip(text, 0)
    return _skip(text, place + 1) if text[place : place + 1] == "[" else place


def _skip(text: str, place: int) -> int:
    between = _BETWEEN.match(text, place)
    return between.end() if between else place


def _next_object(text: str, place: int) -> int:
    """Where the next object or list begins at the start of a line, behind a broken one."""
    found = re.compile(r"\n[ \t]*,?[ \t]*(?=[\[{])|(?<=\})\s*,\s*(?=\{)").search(text, place + 1)
    return found.end() if found else len(text)


def _from_rows(values: list[tuple[int, Any]]) -> Records:
    """Lists of cells; the first names them where it holds names only, and none of them comes again below."""
    names, rows = values[0][1], values[1:]
    below = {repr(cell) for _, row in rows for cell in row}
    if not all(isinstance(cell, str) and repr(cell) not in below for cell in names) or len(set(names)) < len(names):
        names, rows = [f"column {number}" for number in range(1, len(values[0][1]) + 1)], values
    return [(line, dict(zip(names, row, strict=False))) for line, row in rows]


def _from_object(name: str, text: str, table: dict[str, Any]) -> Records:
    """One object that holds a whole table, as pandas and others write it; without lines, its rows are counted."""
    lists = {key: value for key, value in table.items() if isinstance(value, list) and value}
    columns = table.get("columns")
    if isinstance(columns, list) and isinstance(table.get("data"), list):  # pandas, “split”
        rows = (row for row in table["data"] if isinstance(row, list))
        return _counted(dict(zip(map(str, columns), row, strict=False)) for row in rows)
    holding = {key: value for key, value in lists.items() if all(isinstance(row, dict) for row in value)}
    if len(holding) > 1:
        raise InvalidInput(
            f"{name} holds several lists: {', '.join(holding)}. Save the one that you mean as a file of its own."
        )
    if holding:
        return _within(text, next(iter(holding)))
    if len(lists) > 1 and len(lists) == len(table) and len({len(value) for value in lists.values()}) == 1:
        return _counted(dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True))
    if lists and len(lists) == len(table):
        raise InvalidInput(
            f"{name} holds lists of different lengths: {', '.join(lists)}. Write an object a line, each with a text "
            "and a label."
        )
    return _from_objects(table)


def _from_objects(table: dict[str, Any]) -> Records:
    """Objects in an object: by column, each with the same row numbers (pandas), or by row; else it is one record."""
    inner = [value for value in table.values() if isinstance(value, dict)]
    if len(inner) < len(table) or len(inner) < 2:
        return [(1, table)]
    keys = list(inner[0])
    if all(list(value) == keys for value in inner) and all(key.isdecimal() for key in keys):
        return _counted({column: table[column][key] for column in table} for key in keys)
    return _counted(inner)


def _counted(rows: Iterable[dict[str, Any]]) -> Records:
    return list(enumerate(rows, 1))


def _within(text: str, key: str) -> Records:
    """The objects of the list under `key`, with their lines."""
    found = re.search(re.escape(json.dumps(key, ensure_ascii=False)) + r"\s*:\s*(?=\[)", text)
    place = found.end() if found else 0
    above = text.count("\n", 0, place)
    return [(above + line, value) for line, value in _values(text[place:], []) if isinstance(value, dict)]


def _flat(records: Records) -> Records:
    """The records with the cells of objects in them beside the others, where most records have an object there."""
    for _ in range(_DEEPEST):
        objects = Counter(key for _, cells in records for key, value in cells.items() if isinstance(value, dict))
        inner = {key for key, count in objects.items() if 2 * count > len(records)}
        if not inner:
            break
        records = [(line, _opened(cells, inner)) for line, cells in records]
    return records


def _opened(cells: dict[str, Any], inner: set[str]) -> dict[str, Any]:
    opened: dict[str, Any] = {}
    for key, value in cells.items():
        if key in inner and isinstance(value, dict):
            opened |= {f"{key}.{name}": cell for name, cell in value.items()}
        else:
            opened[key] = value
    return opened
