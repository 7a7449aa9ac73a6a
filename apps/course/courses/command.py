"""The courses in the terminal: courses."""

from pathlib import Path
from typing import Annotated

import typer

from apps.course.check import check
from apps.course.course_list import courses_in, with_others
from apps.course.folders import OF_THE_SUITE, own_folder, walkthrough_of
from apps.course.walkthrough import Course
from apps.course.words import WORDS, word
from apps.pages import PAGES
from apps.terminal.options import AsJson
from apps.terminal.output import note, result, result_json, result_table
from apps.words.amounts import count_text
from models.errors import InvalidInput

CHECK = "check"

Name = Annotated[
    str | None, typer.Argument(help="A page, as number_formats, or “check”. Left out: the courses.", metavar="[NAME]")
]
Folder = Annotated[
    Path | None,
    typer.Argument(
        help="With check: a folder of courses, or one file. Left out: what AULA_COURSES names, else the suite's own.",
        metavar="[FOLDER]",
    ),
]
Language = Annotated[str, typer.Option(help=f"One of {', '.join(WORDS)}.", metavar="CODE")]


def courses(name: Name = None, folder: Folder = None, language: Language = "en", as_json: AsJson = False) -> None:
    """List the courses, print a walkthrough, or check the files of a folder.

    `courses check FOLDER` reads every file of a folder and says what is wrong in which line.
    \f
    With --json: a list of courses, each with `title`, `about` and `walkthroughs` (`page`, `title`, `minutes`, `steps`
    and `questions` as numbers; a page without one has `title` null). Of one walkthrough: an object with `page`,
    `title`, `minutes`, `about`, `steps` (`title`, `before`, `example`, `settings`, `after`) and `questions` (`title`,
    `text`, `options`, `right` counted from 0, `computed`, `explanation`). Of check: a list of `file`, `line`, `reason`.
    """
    if language not in WORDS:
        raise InvalidInput(f"There are no courses in “{language}”. Choose one of: {', '.join(WORDS)}.")
    if folder is not None and name != CHECK:
        raise InvalidInput(f"A folder belongs to “courses {CHECK}”; without a folder, {name} is printed.")
    if name == CHECK:
        _check(folder or own_folder() or OF_THE_SUITE, as_json)
    elif name is not None:
        _print_walkthrough(name, language, as_json)
    else:
        _list(language, as_json)


def _check(folder: Path, as_json: bool) -> None:
    """What is wrong in a folder. Ends with exit code 1 where anything is, or there is nothing to read."""
    if not folder.exists():
        raise InvalidInput(f"{folder} is not there. Name a folder that holds one for each language, as en and es.")
    results = list(check(folder))
    problems = [problem for _, found in results for problem in found]
    if as_json:
        result_json([{"file": each.file, "line": each.line, "reason": each.reason} for each in problems])
    for problem in [] if as_json else problems:
        result(str(problem))
    note(f"{count_text(len(results), 'file')} read, {count_text(len(problems), 'problem')} found")
    if not results:
        raise InvalidInput(
            f"{folder} holds no files of a course. They stand in a folder a language, as en/tokenizers.md."
        )
    if problems:
        raise typer.Exit(1)


def _print_walkthrough(name: str, language: str, as_json: bool) -> None:
    names = [page.name for page in PAGES]
    reading = walkthrough_of(name, language) if name in names else None
    if reading is None:
        there = ", ".join(each for each in names if walkthrough_of(each, language) is not None)
        raise InvalidInput(f"There is no walkthrough “{name}” in {language}. There are: {there or 'none'}.")
    if reading.walkthrough is None:
        reasons = "\n".join(map(str, reading.problems))
        raise InvalidInput(f"The file of this walkthrough needs a correction.\n{reasons}")
    if as_json:
        result_json(reading.walkthrough.as_dict())
    else:
        result(reading.walkthrough.source.rstrip())


def _list(language: str, as_json: bool) -> None:
    found, problems = courses_in(language)
    every = with_others(found, language, word(language, "others"), word(language, "others_about"))
    if as_json:
        result_json([_as_dict(course, language) for course in every])
    for course in [] if as_json else every:
        result(f"{course.title}\n")
        rows = [_cells(name, language) for name in course.pages]
        result_table(("PAGE", "TITLE", "MINUTES", "STEPS", "QUESTIONS"), rows, ("MINUTES", "STEPS", "QUESTIONS"))
        result("")
    if problems:
        raise InvalidInput("\n".join(map(str, problems)))


def _as_dict(course: Course, language: str) -> dict[str, object]:
    walkthroughs = []
    for page in course.pages:
        reading = walkthrough_of(page, language)
        found = reading.walkthrough if reading is not None else None
        walkthroughs.append(
            {
                "page": page,
                "title": found.title if found else None,
                "minutes": found.minutes if found else None,
                "steps": len(found.steps) if found else 0,
                "questions": len(found.questions) if found else 0,
            }
        )
    return {"title": course.title, "about": course.about, "walkthroughs": walkthroughs}


def _cells(page: str, language: str) -> tuple[str, ...]:
    reading = walkthrough_of(page, language)
    if reading is None:
        return page, "–", "", "", ""
    found = reading.walkthrough
    if found is None:
        return page, str(reading.problems[0]), "", "", ""
    return page, found.title, str(found.minutes), str(len(found.steps)), str(len(found.questions))
