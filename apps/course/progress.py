"""How far somebody is, in this browser's session and nowhere else: nothing of it is written to a disk or a log."""

from dataclasses import dataclass, field

import streamlit as st

from apps.course.walkthrough import Walkthrough

_PROGRESS, _OPEN = "course-progress", "course-is-open"


@dataclass(frozen=True)
class Given:
    """An answer that was given, and whether it was the right one; `right` is that one."""

    answer: str
    right: str

    @property
    def is_right(self) -> bool:
        """Whether the answer was the right one."""
        return self.answer == self.right


@dataclass
class Progress:
    """Where one is in a walkthrough, and the answers so far.

    Places count from 0: first the steps, then the questions, and behind them the score. `furthest` is the furthest
    place so far; `given` has the answers of each language by the number of the question.
    """

    place: int = 0
    furthest: int = 0
    attempt: int = 0
    given: dict[str, dict[int, Given]] = field(default_factory=dict)

    def go(self, places: int) -> None:
        """Go on or back by so many places."""
        self.place = max(0, self.place + places)
        self.furthest = max(self.furthest, self.place)

    def answers(self, language: str) -> dict[int, Given]:
        """The answers that were given in a language."""
        return self.given.setdefault(language, {})

    def again(self, language: str, first_question: int) -> None:
        """Begin the quiz anew."""
        self.given[language] = {}
        self.place, self.attempt = first_question, self.attempt + 1

    def right_answers(self, language: str) -> int:
        """How many answers were right."""
        return sum(given.is_right for given in self.answers(language).values())


def last_place(walkthrough: Walkthrough) -> int:
    """The place of the score, or of the last step where there is no quiz."""
    return len(walkthrough.steps) + len(walkthrough.questions) - (not walkthrough.questions)


def progress_of(page: str) -> Progress:
    """How far this session is with a page's walkthrough."""
    every: dict[str, Progress] = st.session_state.setdefault(_PROGRESS, {})
    return every.setdefault(page, Progress())


def has_begun(page: str) -> bool:
    """Whether this session has been in the walkthrough of a page."""
    return page in st.session_state.get(_PROGRESS, {})


def is_done(walkthrough: Walkthrough) -> bool:
    """Whether this session has been at the walkthrough's end."""
    return has_begun(walkthrough.page) and progress_of(walkthrough.page).furthest >= last_place(walkthrough)


def is_open() -> bool:
    """Whether the walkthrough stands beside the page; it stays open from page to page."""
    return bool(st.session_state.get(_OPEN))


def set_open(is_to_be: bool) -> None:
    """Open or close it; seen when the page is drawn next."""
    st.session_state[_OPEN] = is_to_be
