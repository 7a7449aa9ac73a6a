"""A page with its walkthrough open, for tests."""

from collections.abc import Mapping

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from apps.course.setting import WasSet, ask_for
from apps.course.walkthrough import Plain, Step
from apps.pages import page_named
from tests.apps.classroom import LAUNCHER, sentences

NEW = """---
title: Bits and pieces
minutes: 5
---

What you will have seen.

"""


def open_walkthrough(name: str, language: str = "en") -> AppTest:
    """A page opened at its address, with its walkthrough beside it."""
    page = AppTest.from_file(str(LAUNCHER), default_timeout=600)
    page._page_hash = calc_hash(page_named(name).name)  # as tests.apps.classroom.open_page says
    page.session_state["course-is-open"] = True
    page.session_state["language"] = language
    page.run()
    assert not page.exception
    return page


def step_of(settings: Mapping[str, Plain], example: str | None = None) -> Step:
    """A step that sets this."""
    return Step("A step", "Do this.", example, settings, "")


def set_page(page: AppTest, name: str, step: Step) -> WasSet:
    """Set a page as a step wishes, and how that ended."""
    wishes: dict[str, object] = {}
    ask_for(name, 0, step, wishes)
    for key, value in wishes.items():
        page.session_state[key] = value
    page.run()
    assert not page.exception
    result: WasSet = page.session_state["course-set"]
    return result


def panel_text(page: AppTest) -> str:
    """All that the page and its panel say."""
    return "\n".join([sentences(page), *(element.value for element in [*page.warning, *page.error, *page.info])])
