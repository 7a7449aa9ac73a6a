"""Walkthroughs whose page would take a precision by itself begin in fp32: what they claim was checked in it."""

import pytest

from apps.course.folders import OF_THE_SUITE
from apps.course.reading import read_walkthrough
from apps.course.walkthrough import Step, Walkthrough
from apps.course.words import WORDS
from apps.pages import PAGES

WITHOUT_MODEL = "two-dimensions-"  # the widgets of what is computed without one, so in no precision
PAGES_OF_ANSWERS = [page.name for page in PAGES if page.tasks and not page.as_saved]


def shipped(name: str, language: str) -> Walkthrough:
    reading = read_walkthrough(OF_THE_SUITE / language / f"{name}.md")
    assert reading.walkthrough is not None, reading.problems
    return reading.walkthrough


def needs_no_model(step: Step) -> bool:
    return step.example is None and all(key.startswith(WITHOUT_MODEL) for key in step.settings)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("name", PAGES_OF_ANSWERS)
def test_the_first_step_and_whatever_chooses_a_model_sets_fp32(name: str, language: str) -> None:
    steps = [step.settings for step in shipped(name, language).steps if step.sets and not needs_no_model(step)]
    choosing = [each for each in steps if any(key.endswith("-model") for key in each)]
    assert steps[0] in choosing
    for settings in choosing:
        chosen = [key for key in settings if key.endswith("-model")]
        set_to = [value for key, value in settings.items() if key.endswith("-precision")]
        assert set_to == ["fp32"] * len(chosen), settings
