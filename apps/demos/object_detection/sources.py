"""What somebody means with the paths that they give: files, folders, patterns, and lists of all of these.

As in detect.py, a file whose name ends in .txt is a list with a path on each line.
"""

import glob
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from apps.words.decoding import decode_text
from models.errors import InvalidInput
from models.pictures.file_names import path_from, shown_name
from models.pictures.picture_folder import is_film, look_into

LIST = ".txt"
WEB = re.compile(r"(?i)(?:https?|rtsp|rtmp):[/\\]")  # detect.py takes these; a path has one stroke of the two


@dataclass
class Search:
    """The pictures and films that were named, and sentences: what else is in folders, and which paths are no use."""

    pictures: list[Path] = field(default_factory=list)
    films: list[Path] = field(default_factory=list)
    not_read: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take_folder(self, folder: Path) -> None:
        """Add the pictures and films directly in a folder."""
        try:
            found = look_into(folder)
        except InvalidInput as problem:
            self.problems.append(str(problem))
            return
        self.pictures.extend(found.pictures)
        self.films.extend(found.films)
        if not found.pictures + found.films:
            self.problems.append(found.nothing)
        elif found.not_read:
            self.not_read.append(found.not_read)

    def take(self, path: Path) -> None:
        """Add a file or folder, or all that a pattern fits: Windows leaves *.jpg to us, and so does a list."""
        # os.path, because Path.exists raises for names that are too long to be one, such as a line of prose.
        matches = [path] if os.path.exists(path) else _fitting(path)
        if not matches and WEB.match(str(path)):
            self.problems.append(
                f"{shown_name(path)} is an address of the web, and nothing is fetched from there. Save it as a file."
            )
            return
        if not matches and glob.has_magic(str(path)):
            self.problems.append(f"Nothing fits the pattern {shown_name(path)}. Check its folder and its suffix.")
            return
        for match in matches or [path]:  # what is not there is named when its turn comes, and the rest goes on
            if os.path.isdir(match):
                self.take_folder(match)
            else:
                (self.films if is_film(match) else self.pictures).append(match)

    def without_repetitions(self) -> "Search":
        """The same, each file and sentence once, in the order in which they came."""
        return Search(
            _each_once(self.pictures),
            _each_once(self.films),
            list(dict.fromkeys(self.not_read)),
            list(dict.fromkeys(self.problems)),
        )


def _each_once(paths: list[Path]) -> list[Path]:
    """The same without those that are another way to a file that came before: a/../b.jpg and b.jpg."""
    folders: dict[Path, str] = {}
    found: dict[str, Path] = {}
    for path in paths:
        if path.parent not in folders:
            folders[path.parent] = _real(path.parent)
        found.setdefault(os.path.join(folders[path.parent], path.name), path)
    return list(found.values())


def _real(folder: Path) -> str:
    try:
        return os.path.realpath(folder)
    except ValueError:  # no system has such a name: it is told when its turn comes
        return str(folder)


def look_for(paths: list[Path]) -> Search:
    """The files named, the pictures and films directly in folders, and those that lists and patterns lead to.

    Raises:
        InvalidInput: nothing of what was named is there, or no picture and no film in it.
    """
    search = Search()
    for path in paths:
        if path.suffix.lower() == LIST and path.is_file():
            _take_list(search, path)
        else:
            search.take(path)
    if not any(map(os.path.exists, search.pictures + search.films)):
        raise InvalidInput(_nothing(search, paths))
    return search.without_repetitions()


def _take_list(search: Search, file: Path) -> None:
    try:
        named = list(listed(file))
    except InvalidInput as problem:
        search.problems.append(str(problem))
        return
    if not named:
        search.problems.append(f"{shown_name(file)} lists no picture. Write the path of one on each line.")
    for path in named:
        search.take(path)


def listed(file: Path) -> Iterator[Path]:
    """The paths in a list, one a line; where one is not there from here, it is looked for from the list's own folder.

    Raises:
        InvalidInput: the list cannot be read, or is not text.
    """
    try:
        text = decode_text(file.read_bytes(), file.name)
    except OSError as error:
        raise InvalidInput(f"{shown_name(file)} cannot be read: {error.strerror}. Check the list.") from error
    except InvalidInput as error:
        raise InvalidInput(
            f"{shown_name(file)} is not a list of pictures: a {LIST} file holds a path on each line, as UTF-8 text. "
            "Save it so, or give a picture its own suffix."
        ) from error
    for line in text.split("\n"):
        if line.strip():
            path = path_from(line.strip())
            beside = file.parent / path
            yield path if _is_there(path) or not _is_there(beside) else beside


def _is_there(path: Path) -> bool:
    return os.path.exists(path) or bool(_fitting(path))


def _fitting(pattern: Path) -> list[Path]:
    """What a pattern fits, by name; ** are folders in folders."""
    return [Path(name) for name in sorted(set(_expanded(pattern)))]


def _expanded(pattern: Path) -> Iterator[str]:
    """The names that a pattern fits. `glob` itself follows a link back into its own folder again and again."""
    if "**" not in pattern.parts:
        yield from glob.glob(str(pattern))
        return
    stars = pattern.parts.index("**")
    rest = pattern.parts[stars + 1 :]
    for start in glob.glob(str(Path(*pattern.parts[:stars]))):
        for folder in _folders_in(start):
            if not rest:
                yield str(Path(folder))  # “a” and not “./a”, as all others
            yield from _expanded(Path(glob.escape(folder), *(rest or ["*"])))


def _folders_in(start: str) -> Iterator[str]:
    """A folder and those within it that are not hidden, each once, however many links lead to it."""
    seen: set[str] = set()
    for folder, names, _ in os.walk(start, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:
            names.clear()
            continue
        seen.add(place)
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield folder


def _nothing(search: Search, paths: list[Path]) -> str:
    """Why there is nothing to look at, with the first that is missing where a name leads nowhere."""
    missing = search.pictures + search.films
    if search.problems and not missing:
        return " ".join(dict.fromkeys(search.problems))
    sentence = f"There is no file or folder {shown_name((missing or paths)[0])}. Check the name."
    return " ".join(dict.fromkeys([*search.problems, sentence]))
