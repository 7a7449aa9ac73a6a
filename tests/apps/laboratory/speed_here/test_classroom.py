"""A class at once, with pages that only seem to be open: who waits how long, and whom something went wrong for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from apps.laboratory.speed_here.classroom import ANSWERED, LessonRow, Waits, class_visits
from apps.laboratory.speed_here.lessons import LESSONS, lessons_on
from models.errors import Cancelled
from quantization.experiments.steps import Step
from tests.apps.commands import Aula

ASK = lessons_on(["question_answering"])


@dataclass(frozen=True)
class Server:
    """A suite that is not there."""

    port: int = 0
    memory: int = 1_000
    seconds: float = 2.0


class Tab:
    """An open page that answers, unless it is the one that fails."""

    opened: list["Tab"]

    def __init__(self, fails: Callable[[int], str | None]):
        self.problems: list[str] = []
        self.captions: list[str] = []
        self.typed: Any = None
        self.closed = False
        self._fails = fails

    def run(self, button: str | None = None, texts: Any = None) -> float:
        if button is not None:
            self.typed = texts
            self.captions = [f"{ANSWERED} 0.1 s"]
            number = int(texts["qa-context"].rpartition(" ")[2].strip(".")) - 1
            if (problem := self._fails(number)) == "lost":
                raise ConnectionError("The connection was lost.")
            if problem == "empty":
                self.captions = []
            elif problem:
                self.problems = [problem]
        return 0.0

    def close(self) -> None:
        self.closed = True


def visits(fails: Callable[[int], str | None] = lambda number: None) -> tuple[list[Tab], Callable[[int, str], Tab]]:
    opened: list[Tab] = []

    def visit(port: int, page: str) -> Tab:
        opened.append(Tab(fails))
        return opened[-1]

    return opened, visit


def row_of(visit: Callable[[int, str], Tab], students: int) -> LessonRow:
    [row] = [item for item in class_visits(Server(), ASK, students, None, visit) if isinstance(item, LessonRow)]
    return row


def test_every_student_gets_an_answer_to_an_input_of_its_own() -> None:
    opened, visit = visits()
    row = row_of(visit, 30)

    assert (len(row.opened.seconds), len(row.answered.seconds), row.problems) == (30, 30, ())
    assert len({str(tab.typed) for tab in opened}) == 31  # and the teacher's
    assert all(tab.closed for tab in opened)


def test_students_for_whom_it_fails_are_named_and_the_others_go_on() -> None:
    failing = {2: "lost", 4: "The model is not here.", 6: "empty"}
    _, visit = visits(failing.get)
    row = row_of(visit, 10)

    assert len(row.answered.seconds) == 7
    assert [(each.student, each.sentence) for each in row.problems] == [
        (3, "The connection was lost."), (5, "The model is not here."), (7, "The page came back without an answer."),
    ]  # fmt: skip


def test_first_median_and_last_are_told_of_those_who_got_it() -> None:
    assert Waits.of([3.0, None, 1.0, 2.0, 10.0]).as_dict() == {"first": 1.0, "median": 2.5, "last": 10.0}
    assert Waits.of([None]).as_dict() == {"first": None, "median": None, "last": None}


def test_stop_ends_a_class_and_closes_its_pages() -> None:
    cancelled = threading.Event()
    opened, visit = visits()

    def watch() -> None:
        for item in class_visits(Server(), ASK, 3, cancelled, visit):
            if isinstance(item, Step) and "press" in item.text:
                cancelled.set()

    with pytest.raises(Cancelled):
        watch()

    assert all(tab.closed for tab in opened)


@pytest.mark.parametrize("students", ["0", "101", "-3"])
def test_a_class_has_from_one_to_a_hundred_students(students: str, aula: Aula) -> None:
    ended = aula("benchmark", "--students", students)

    assert ended.code == 1
    assert "The students must be from 1 to 100" in ended.errors


def test_a_page_that_no_class_is_measured_on_is_refused(aula: Aula) -> None:
    ended = aula("benchmark", "--students", "2", "--page", "home")

    assert ended.code == 1
    assert "Choose of: question_answering, object_detection" in ended.errors


def test_every_lesson_gives_two_students_different_inputs() -> None:
    for lesson in LESSONS:
        of = lesson.texts or lesson.before
        assert of is not None
        assert of(0) != of(1)
