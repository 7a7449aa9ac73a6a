"""From what somebody writes to one class of a model, and back.

A model's names may be anything: numbers, the same twice, with commas, with blanks at their ends, alike but for case. So
a name is looked for as it was written, then without regard to blanks, then to case; what fits several is not guessed.
"""

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral

from models.errors import InvalidInput

MOST_CHOICES = 12  # so many classes a message lists


def class_ids(classes: Iterable[str | int] | str | int | None, labels: Mapping[int, str]) -> list[int]:
    """The ids of classes, each once: a `str` is one name (or `#2`, an id), an `int` is an id. None means all: nothing.

    Raises:
        InvalidInput: a class that is not in `labels`, or a name that fits several, with those to choose from.
    """
    wanted = [classes] if isinstance(classes, (str, int)) else classes or ()
    return sorted({class_id(one, labels) for one in wanted})


def class_id(wanted: str | int, labels: Mapping[int, str]) -> int:
    """The id of one class, as `class_ids`."""
    if isinstance(wanted, Integral):
        if int(wanted) in labels:
            return int(wanted)
        raise InvalidInput(_unknown(str(wanted), labels))
    return _only(str(wanted), _fitting(str(wanted), labels), labels)


def classes_in(values: Iterable[str], labels: Mapping[int, str]) -> list[int]:
    """The ids of what was given to an option that can be repeated; a comma separates where the whole is not a name.

    Raises:
        InvalidInput: as `class_ids`; a list that can be read in two ways; no name at all.
    """
    return sorted({one for value in values for one in _ids_of(value, labels)})


def _ids_of(value: str, labels: Mapping[int, str]) -> frozenset[int]:
    if any(value == name for _, name in _names(labels)) or not any(mark in value for mark in ", "):
        return frozenset({class_id(value, labels)})
    pieces = value.split(",")
    readings = _readings(pieces, labels)
    if len(readings) == 1 and (ids := next(iter(readings))):
        return ids
    if len(readings) > 1:
        raise InvalidInput(
            f"“{value}” can be read in several ways. Give each class its own --classes, or write its id: "
            f"{_choices(sorted(frozenset().union(*readings)), labels)}."
        )
    for piece in pieces:
        if piece.strip():
            _only(piece.strip(), _ids_of_piece(piece, labels), labels)
    raise InvalidInput(f"“{value}” names no class. Leave the option out for all of them, or name one.")


def _readings(pieces: list[str], labels: Mapping[int, str]) -> set[frozenset[int]]:
    """What a list can mean, at most a few: its pieces as names, or several of them with their commas as one name."""
    longest = 1 + max((name.count(",") for name in labels.values()), default=0)
    after: list[set[frozenset[int]]] = [set() for _ in pieces] + [{frozenset()}]
    for start in reversed(range(len(pieces))):
        found = set(after[start + 1]) if not pieces[start].strip() else set()
        for end in range(start + 1, min(start + longest, len(pieces)) + 1):
            ids = _ids_of_piece(",".join(pieces[start:end]), labels)
            found |= {rest | ids for rest in after[end]} if len(ids) == 1 else set()
        after[start] = set(sorted(found, key=sorted)[:8])
    return after[0]


def _ids_of_piece(piece: str, labels: Mapping[int, str]) -> frozenset[int]:
    """Which classes a part of a list fits: the blank after a comma may belong to the name, or not."""
    exact = {number for number, name in labels.items() if name in (piece, piece.strip())}
    if exact or not piece.strip():
        return frozenset(exact)
    return frozenset(_fitting(piece.strip(), labels))


def _fitting(wanted: str, labels: Mapping[int, str]) -> list[int]:
    """The classes that a name fits at the strictest level at which it fits any; else the one whose id it is."""
    named = _names(labels)
    for alike in (str, tidy, _folded):
        sought = alike(wanted)
        if fitting := sorted({number for number, name in named if alike(name) == sought}):
            return fitting
    text = wanted.strip()
    if text.startswith(id_mark(labels)):
        text = text.removeprefix(id_mark(labels))
    elif any(re.fullmatch(r"\s*[+-]?[\d.,]+\s*", name) for name in labels.values()):
        return []  # where names are numbers, a number is a name
    return [int(text)] if re.fullmatch("[0-9]{1,9}", text) and int(text) in labels else []


def _names(labels: Mapping[int, str]) -> list[tuple[int, str]]:
    """Each id with the model's name, and with those by which results and the page tell it from others."""
    return [*labels.items(), *told_apart(labels).items(), *told_apart(labels, tidy).items()]


def _only(wanted: str, fitting: Iterable[int], labels: Mapping[int, str]) -> int:
    fitting = sorted(fitting)
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        raise InvalidInput(_unknown(wanted, labels))
    raise InvalidInput(
        f"“{wanted}” fits {len(fitting)} classes of this model: {_choices(fitting, labels)}. "
        f"Write the name exactly, or its id: {id_mark(labels)}{fitting[0]}."
    )


def _unknown(wanted: str, labels: Mapping[int, str]) -> str:
    by_name = {_folded(name): number for number, name in reversed(list(labels.items()))}
    near = [by_name[name] for name in difflib.get_close_matches(_folded(wanted), by_name, n=3)]
    shown = list(labels) if len(labels) <= MOST_CHOICES else near or list(labels)[:5]
    instance = ", for instance" if len(shown) < len(labels) else ""
    return (
        f"This model does not know the class “{wanted}”. It knows {len(labels)}{instance}: "
        f"{_choices([*near, *(number for number in shown if number not in near)], labels)}. "
        f"Write a name as it stands there, or an id with {id_mark(labels)}."
    )


def _choices(ids: Iterable[int], labels: Mapping[int, str]) -> str:
    ids = list(ids)
    rest = f" and {len(ids) - MOST_CHOICES} more" if len(ids) > MOST_CHOICES else ""
    return ", ".join(f"{id_mark(labels)}{number} “{labels[number]}”" for number in ids[:MOST_CHOICES]) + rest


def id_mark(labels: Mapping[int, str]) -> str:
    """What stands before an id: “#”, or as many as it takes for a model with names such as “#1”."""
    mark = "#"
    while any(re.match(rf"\s*{mark}\d", name) for name in labels.values()):
        mark += "#"
    return mark


def told_apart(labels: Mapping[int, str], alike: Callable[[str], str] = str) -> dict[int, str]:
    """Names by id, each another one: the id is added to names that are `alike`, and to those without a letter."""
    often = Counter(alike(name) for name in labels.values())
    mark, taken, names = id_mark(labels), set(labels.values()), dict(labels)
    for number, name in labels.items():
        if often[alike(name)] > 1 or not name.strip():
            told = f"{name} ({mark}{number})".strip()
            while told in taken:
                told += f" ({mark}{number})"
            taken.add(told)
            names[number] = told
    return names


def tidy(name: str) -> str:
    """A name as it looks: composed letters, single blanks, none at its ends."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def _folded(name: str) -> str:
    return tidy(name).casefold()
