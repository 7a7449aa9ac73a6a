"""The files of courses/: without problems, alike in both languages, and every step sets its page as it says."""

import pytest

from apps.course.check import check
from apps.course.course_list import courses_in
from apps.course.folders import OF_THE_SUITE, VARIABLE, walkthrough_files, walkthrough_of
from apps.course.walkthrough import Walkthrough
from apps.course.words import WORDS
from apps.pages import PAGES
from tests.apps.classroom import press
from tests.apps.course.walking import open_walkthrough, set_page

FILES = list(walkthrough_files(OF_THE_SUITE))
NAMES = sorted({file.stem for file in FILES})
# The button that a step asks to press before it sets what comes with the result.
PRESSED_FIRST = {
    "object_detection": "Detect",
    "tensor_quantization": "Read the layers",
    "transfer_learning": "Next: the model",
    "teach_pictures": "Next: the model",
}
each = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def no_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def shipped(name: str, language: str) -> Walkthrough:
    reading = walkthrough_of(name, language)
    assert reading is not None, f"{name} is missing in {language}"
    assert reading.walkthrough is not None, reading.problems
    return reading.walkthrough


def test_every_file_is_without_problems() -> None:
    assert [str(problem) for _, found in check(OF_THE_SUITE) for problem in found] == []


@each
def test_a_walkthrough_has_five_to_eight_steps_and_five_questions_in_both_languages(name: str) -> None:
    english, spanish = (shipped(name, language) for language in ("en", "es"))

    assert 5 <= len(english.steps) <= 8
    assert len(english.questions) == 5
    assert [step.sets for step in english.steps] == [step.sets for step in spanish.steps]
    assert [(each.right, each.computed) for each in english.questions] == [
        (each.right, each.computed) for each in spanish.questions
    ]


@pytest.mark.parametrize("language", WORDS)
def test_there_are_three_courses_in_each_language(language: str) -> None:
    courses, problems = courses_in(language)

    assert (len(courses), problems) == (3, ())
    assert len({page for course in courses for page in course.pages}) == sum(len(course.pages) for course in courses)


@each
def test_every_step_sets_its_page(name: str) -> None:
    """Each language after the other on one page; what is the same in both is set once."""
    page = open_walkthrough(name)
    seen = []
    for language in WORDS:
        for number, step in enumerate(shipped(name, language).steps, start=1):
            if not step.sets or (step.example, step.settings) in seen:
                continue
            seen.append((step.example, step.settings))
            result = set_page(page, name, step)
            if result.too_early and name in PRESSED_FIRST:
                press(page, PRESSED_FIRST[name])
                result = set_page(page, name, step)

            assert result.problems == (), f"{language}, step {number}"
            for key, value in step.settings.items():
                shown = page.session_state[key]
                shown = list(shown) if isinstance(shown, tuple) else shown
                assert shown == value, f"{language}, step {number}, {key}"


def test_pages_of_courses_exist() -> None:
    assert {page for language in WORDS for course in courses_in(language)[0] for page in course.pages} <= {
        page.name for page in PAGES
    }
