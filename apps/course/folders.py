"""Where the files of the course are: those of the suite, and before them those of a teacher's own folder."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from apps.course.reading import Reading, read_walkthrough
from apps.course.words import WORDS
from models.folders import at_home

OF_THE_SUITE = Path(__file__).resolve().parents[2] / "courses"
VARIABLE = "AULA_COURSES"
GLOSSARY, COURSES = "glossary.md", "courses.yaml"


def own_folder() -> Path | None:
    """The folder that AULA_COURSES names. Read at each call, as settings may change."""
    named = os.environ.get(VARIABLE, "").strip()
    return at_home(named) if named else None


def find_file(language: str, name: str) -> Path | None:
    """The file of this name in a language: a teacher's, else the suite's, else None."""
    folders = [folder for folder in (own_folder(), OF_THE_SUITE) if folder is not None]
    files = (folder / language / name for folder in folders)
    return next((file for file in files if file.is_file()), None)


def walkthrough_of(page: str, language: str) -> Reading | None:
    """The walkthrough of a page, or what is wrong with its file; None where there is no file.

    A file is read once for everybody, and again when it has changed.
    """
    name = f"{page}.md"
    file = find_file(language, name) if name != GLOSSARY else None  # that page is named as the file that it shows
    if file is None:
        return None
    try:
        state = file.stat()
    except OSError:  # deleted since
        return None
    return _read(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=128)  # all pages in two languages, and what a teacher has changed since
def _read(file: Path, _changed: int, _size: int) -> Reading:
    return read_walkthrough(file)


def walkthrough_files(folder: Path) -> Iterator[Path]:
    """Every file of a walkthrough in a folder of courses, language by language, or in that of one."""
    for language in language_folders(folder):
        yield from (file for file in sorted(language.glob("*.md")) if file.name != GLOSSARY)


def language_folders(folder: Path) -> list[Path]:
    """The folders of the languages in a folder of courses, or that folder where it is one of them."""
    return [folder] if folder.name in WORDS else [folder / language for language in WORDS]
