"""What is worked on: pictures in folders, and texts in the lines of files, JSON Lines and Parquet.

Only names and places travel to the workers, which read the bytes themselves. Each thing has a key that stays the same
from start to start: the name of its file, and for texts in files of several the number of the line or row.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, NamedTuple, TypeVar

from models.errors import InvalidInput
from models.pictures.picture_folder import SUFFIXES
from models.text.lines import texts_in
from serving.api.requests import Picture, file_name
from serving.cluster.kinds import Kind
from serving.cluster.places import Place, files_in, fitting, is_pattern, locate, read, reading, suffix, without_secrets

LINES, JSON_LINES, TABLE = ".txt", (".jsonl", ".ndjson"), ".parquet"
TEXT_SUFFIXES = (LINES, *JSON_LINES, TABLE)
_BYTE_ORDER_MARK = "\ufeff"
_MOST_COLUMNS_NAMED = 8

Found = TypeVar("Found")


class Thing(NamedTuple):
    """One picture or text: the place of its file (as a number), its path there, and where in the file it stands.

    `number` counts lines or rows from 1, None where the whole file is the thing. In lines, `at` and `length` are in
    bytes; in a table they are a row group and a row in it.
    """

    place: int
    path: str
    number: int | None = None
    at: int = 0
    length: int | None = None


@dataclass
class Things:
    """The things that were found, the places that they lie at, and sentences: what was named and is of no use."""

    column: str = "text"
    places: list[Place] = field(default_factory=list)
    found: list[Thing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    changed: dict[str, list[Any]] = field(default_factory=dict)  # files of several texts: their bytes and their time

    def key(self, thing: Thing) -> str:
        return key_of(self.places, thing)

    def number_of(self, place: Place) -> int:
        """The number by which things name a place."""
        if place not in self.places:
            self.places.append(place)
        return self.places.index(place)


def key_of(places: Sequence[Place], thing: Thing) -> str:
    """The file's name, with the number behind # where the file holds several."""
    name = places[thing.place].name(thing.path)
    return name if thing.number is None else f"{name}#{thing.number}"


def look_for(kind: Kind, named: Sequence[str], column: str) -> Things:
    """What paths, patterns and addresses lead to, each thing once.

    Raises:
        InvalidInput: nothing of it is there, or there is nothing in it to work on.
    """
    things, taken = Things(column), set[tuple[int, str]]()
    for address in named:
        _take_named(things, kind, address, taken)
    if not things.found:
        sentence = f"There is no {kind.thing} to work on. Name a file, a folder or a pattern that holds some."
        raise InvalidInput(" ".join(dict.fromkeys(things.problems)) or sentence)
    return things


def _take_named(things: Things, kind: Kind, address: str, taken: set[tuple[int, str]], is_listed: bool = False) -> None:
    """Add what one name leads to; where that is nothing of use, a sentence, and the other names go on."""
    try:
        if kind.of_pictures and not is_listed and suffix(address) == LINES:
            for line in _listed(*locate(address)):
                _take_named(things, kind, line, taken, is_listed=True)
            return
        place, files = _files(kind, address)
        number = things.number_of(place)
        for info in files:
            if (number, info.path) not in taken:
                taken.add((number, info.path))
                _take(things, kind, number, info)
    except InvalidInput as problem:
        things.problems.append(str(problem))


def _listed(place: Place, path: str) -> list[str]:
    """As in the terminal, a .txt file is a list of pictures with a path on each line. Raises InvalidInput."""
    lines = texts_in(read(place, path).decode("utf-8", "surrogateescape"))
    return _some(list(lines), f"is listed in {place.name(path)}")


def _files(kind: Kind, address: str) -> tuple[Place, list[Any]]:
    """The files that one name leads to: itself, those directly in a folder, those that fit. Raises InvalidInput."""
    from pyarrow.fs import FileType

    place, path = locate(address)
    with reading(without_secrets(address)):
        info = place.system.get_file_info(path)
    if info.type == FileType.Directory:
        return place, _in_folder(kind, place, path)
    if info.type == FileType.NotFound and is_pattern(path):
        return place, _some(fitting(place, path), f"fits {without_secrets(address)}")
    if info.type == FileType.NotFound:
        raise InvalidInput(f"There is no file or folder {without_secrets(address)}. Check the name.")
    return place, [info]


def _some(found: list[Found], what: str) -> list[Found]:
    if not found:
        raise InvalidInput(f"Nothing {what}. Check the name.")
    return found


def _in_folder(kind: Kind, place: Place, folder: str) -> list[Any]:
    wanted = SUFFIXES if kind.of_pictures else TEXT_SUFFIXES
    found = [info for info in files_in(place, folder) if suffix(info.path) in wanted]
    if not found:
        what = "JPEG or PNG files" if kind.of_pictures else f"files that end in {', '.join(TEXT_SUFFIXES)}"
        raise InvalidInput(
            f"There is no {kind.thing} in {place.name(folder)}. Put {what} there, or choose another folder."
        )
    return found


def _take(things: Things, kind: Kind, place: int, info: Any) -> None:
    """Add what a file holds. Raises InvalidInput where it cannot be read."""
    ending = suffix(info.path)
    if kind.of_pictures or (kind.whole and ending == LINES):
        things.found.append(Thing(place, info.path))
        return
    holding = {LINES: _lines, TABLE: _table} | dict.fromkeys(JSON_LINES, _lines)
    name = things.places[place].name(info.path)
    if ending not in holding:
        raise InvalidInput(f"{name} is not a file of texts. They end in {', '.join(TEXT_SUFFIXES)}.")
    before = len(things.found)
    things.found.extend(holding[ending](things, place, info.path))
    if len(things.found) == before:
        things.problems.append(f"There is no text in {name}.")
    things.changed[name] = [info.size, info.mtime_ns]


def _lines(things: Things, place: int, path: str) -> Iterator[Thing]:
    """Each line that is not blank. The file is read once, and nothing of it is kept."""
    system, at = things.places[place], 0
    with reading(system.name(path)), system.system.open_input_file(path) as file:
        for number, line in enumerate(_each_line(file), start=1):
            if line.strip():
                yield Thing(place, path, number, at, len(line))
            at += len(line)


def _each_line(file: Any, size: int = 1 << 20) -> Iterator[bytes]:
    """The lines with their ends, of which there are three; pyarrow's own reading of lines asks for each byte."""
    rest = b""
    while piece := file.read(size):
        *lines, rest = (rest + piece).splitlines(keepends=True)  # the last may go on, or its end may: "\r", then "\n"
        yield from lines
    if rest:
        yield rest


def _table(things: Things, place: int, path: str) -> Iterator[Thing]:
    with reading(things.places[place].name(path)), _parquet(things.places[place], path) as file:
        names = file.schema_arrow.names
        if things.column not in names:
            first = ", ".join(names[:_MOST_COLUMNS_NAMED])
            sentence = f"{things.places[place].name(path)} has no column “{things.column}”. It has: {first}."
            raise InvalidInput(f"{sentence} Choose one with --column.")
        number = 0
        for group in range(file.num_row_groups):
            for row in range(file.metadata.row_group(group).num_rows):
                number += 1
                yield Thing(place, path, number, group, row)


def _parquet(place: Place, path: str) -> Any:
    """The file, open. Raises InvalidInput where it is of another kind or broken."""
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        return ParquetFile(place.system.open_input_file(path))
    except ArrowException as error:
        raise InvalidInput(f"{place.name(path)} is not a Parquet file, or it is broken. Write it anew.") from error


# What a worker reads


class Reader:
    """Reads things. Of tables it keeps the row group that it read last, which can only be read as a whole."""

    def __init__(self, places: Sequence[Place], column: str, of_pictures: bool):
        self._places, self._column, self._of_pictures = places, column, of_pictures
        self._group: tuple[Any, list[Any]] = (None, [])

    def read(self, thing: Thing) -> Picture | str:
        """The picture or the text itself. Raises InvalidInput where it cannot be read, or is none."""
        place = self._places[thing.place]
        if self._of_pictures:
            return Picture(read(place, thing.path), file_name(PurePosixPath(thing.path).name))
        if suffix(thing.path) == TABLE:
            return self._text(self._texts(thing)[thing.length or 0], f"row {thing.number}")
        text = read(place, thing.path, thing.at, thing.length).decode("utf-8", "surrogateescape")
        text = text.removeprefix(_BYTE_ORDER_MARK) if thing.at == 0 else text
        if suffix(thing.path) in JSON_LINES:
            return self._from_json(text, f"line {thing.number}")
        return _plain(text)

    def _from_json(self, line: str, where: str) -> str:
        try:
            record = json.loads(line)
        except ValueError as error:
            raise InvalidInput(f"What stands in {where} is not JSON.") from error
        if not isinstance(record, dict) or self._column not in record:
            raise InvalidInput(f"There is no field “{self._column}” in {where}. Choose one with --column.")
        return self._text(record[self._column], where)

    def _text(self, value: Any, where: str) -> str:
        if not isinstance(value, str):
            raise InvalidInput(f"The field “{self._column}” holds no text in {where}.")
        return value

    def _texts(self, thing: Thing) -> list[Any]:
        which = (thing.place, thing.path, thing.at)
        if self._group[0] != which:
            place = self._places[thing.place]
            with reading(place.name(thing.path)), _parquet(place, thing.path) as file:
                table = file.read_row_group(thing.at, columns=[self._column])
            self._group = (which, table.column(self._column).to_pylist())
        return self._group[1]


def _plain(text: str) -> str:
    r"""A text of a .txt file, whose lines end in “\n”. Raises InvalidInput for UTF-16, and for what is no text at all.

    A model would read over the zeros in it, and answer.
    """
    if "\0" in text:
        raise InvalidInput("This is not UTF-8 text: it holds zeros. Save the file with the encoding UTF-8.")
    return re.sub(r"\r\n?", "\n", text).removesuffix("\n")
