"""Says what is wrong in a folder of courses: `python -m apps.course.check [FOLDER]`, or `aula.py courses check`."""

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

from apps.course.course_list import read_courses
from apps.course.folders import COURSES, OF_THE_SUITE, language_folders, walkthrough_files
from apps.course.reading import problems_of
from apps.course.walkthrough import Problem
from apps.pages import PAGES


def check(folder: Path) -> Iterator[tuple[Path, tuple[Problem, ...]]]:
    """Each file of a folder of courses, or one file, with what is wrong in it."""
    for file in [folder] if folder.is_file() else walkthrough_files(folder):
        yield file, (*_name_problems(file), *problems_of(file))
    lists = (language / COURSES for language in language_folders(folder))
    for file in lists if folder.is_dir() else ():
        if file.is_file():
            yield file, read_courses(file)[1]


def _name_problems(file: Path) -> Iterator[Problem]:
    names = [page.name for page in PAGES]
    if file.stem not in names:
        guess = get_close_matches(file.stem, names, 1) or names[:1]
        reason = f"There is no page “{file.stem}”, so nobody will see this file. The name is a page's, as “{guess[0]}”."
        yield Problem(f"{file.parent.name}/{file.name}", 1, reason)


def main(arguments: list[str]) -> int:
    """Print what is wrong; 1 where anything is."""
    folder = Path(arguments[0]) if arguments else OF_THE_SUITE
    results = list(check(folder))
    problems = [problem for _, found in results for problem in found]
    for problem in problems:
        print(problem)
    print(f"{len(results)} files, {len(problems)} problems")
    return 1 if problems or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
