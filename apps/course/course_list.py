"""The courses: ordered lists of walkthroughs, in a file `courses.yaml` for each language."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from apps.course.folders import COURSES, find_file, walkthrough_of
from apps.course.plain_yaml import Fault, Value, read_yaml
from apps.course.reading import LONGEST_TITLE, text_of
from apps.course.walkthrough import Course, Problem
from apps.pages import PAGES

MOST_COURSES = 30
NAMES = tuple(page.name for page in PAGES)


def courses_in(language: str) -> tuple[tuple[Course, ...], tuple[Problem, ...]]:
    """The courses in a language, and what is wrong with their file. A course with a fault is left out."""
    file = find_file(language, COURSES)
    if file is None:
        return (), ()
    try:
        state = file.stat()
    except OSError:  # deleted since
        return (), ()
    return _read(file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=16)
def _read(file: Path, _changed: int, _size: int) -> tuple[tuple[Course, ...], tuple[Problem, ...]]:
    return read_courses(file)


def read_courses(file: Path) -> tuple[tuple[Course, ...], tuple[Problem, ...]]:
    """The courses that a file lists, and what is wrong in it."""
    courses: list[Course] = []
    faults: list[Fault] = []
    try:
        for entry in _entries(read_yaml(text_of(file))):
            try:
                courses.append(_course(entry))
            except Fault as fault:
                faults.append(fault)
    except Fault as fault:
        faults.append(fault)
    name = f"{file.parent.name}/{file.name}"
    return tuple(courses), tuple(Problem(name, fault.line, fault.reason) for fault in faults)


def _entries(whole: Value) -> list[Value]:
    if not isinstance(whole.value, list) or not whole.value:
        raise Fault(whole.line, "This is a list of courses, each “- title: …” with “about: …” and “pages: […]”.")
    if len(whole.value) > MOST_COURSES:
        raise Fault(whole.line, f"These are {len(whole.value)} courses. There may be {MOST_COURSES}.")
    return whole.value


def _course(entry: Value) -> Course:
    """One course. Raises Fault."""
    values: dict[str, Value] = entry.value if isinstance(entry.value, dict) else {}
    for key in values.keys() - {"title", "about", "pages"}:
        raise Fault(values[key].line, f"“{key}” means nothing here. There are title, about and pages.")
    for key in ("title", "about"):
        text = values.get(key, Value(None, entry.line))
        if not isinstance(text.value, str) or not text.value.strip() or len(text.value) > 10 * LONGEST_TITLE:
            raise Fault(text.line, f"This course needs “{key}: ” and a text.")
    pages = tuple(_pages(values.get("pages", Value(None, entry.line))))
    return Course(values["title"].value.strip(), values["about"].value.strip(), pages)


def _pages(pages: Value) -> Iterator[str]:
    if not isinstance(pages.value, list) or not pages.value:
        raise Fault(pages.line, "This course needs “pages: ” and a list of pages, such as [tokenizers, datasets].")
    for page in pages.value:
        if page.value not in NAMES:
            raise Fault(page.line, f"There is no page “{str(page.value)[:60]}”. There are: {', '.join(NAMES)}.")
        yield page.value


def with_others(courses: tuple[Course, ...], language: str, title: str, about: str) -> tuple[Course, ...]:
    """The courses, and behind them under this title the walkthroughs that are in none of them."""
    taken = {page for course in courses for page in course.pages}
    others = tuple(name for name in NAMES if name not in taken and walkthrough_of(name, language) is not None)
    return (*courses, Course(title, about, others)) if others else courses
