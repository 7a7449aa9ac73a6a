"""Many students at once: they open a page together, then press its button together, each with an input of its own.

Each student is a thread with a page open in a suite of this machine, from the server's side no different from a
browser. How long they wait is counted from the moment at which all of them begin.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, Self

from apps.laboratory.speed_here.lessons import Lesson
from models.cancellation import stop_if
from models.errors import InvalidInput
from models.wording import count_text
from quantization.experiments.steps import Step
from serving.visits.visit import Visit

MOST_STUDENTS = 100
LOOK = 0.2  # seconds between two looks whether to stop
ANSWERED = ":material/timer:"  # how the line beneath a result begins, on every page


class Tab(Protocol):
    """What a student needs of an open page; a test gives it one without a server."""

    problems: list[str]
    captions: list[str]

    def run(self, button: str | None = None, texts: Any = None) -> float: ...
    def close(self) -> None: ...


class Server(Protocol):
    """What is read of the suite meanwhile."""

    @property
    def port(self) -> int: ...
    @property
    def memory(self) -> int: ...
    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True)
class Waits:
    """Seconds until each student of those that got it had what was asked for, in ascending order."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, seconds: Sequence[float | None]) -> Self:
        """Those that are known."""
        return cls(tuple(sorted(each for each in seconds if each is not None)))

    @property
    def first(self) -> float | None:
        """The student who waited least; None where nobody got it."""
        return self.seconds[0] if self.seconds else None

    @property
    def median(self) -> float | None:
        """Half of them waited no longer."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def last(self) -> float | None:
        """The student who waited longest."""
        return self.seconds[-1] if self.seconds else None

    def as_dict(self) -> dict[str, float | None]:
        """The three of them."""
        return {"first": self.first, "median": self.median, "last": self.last}


@dataclass(frozen=True)
class Problem:
    """What went wrong for one student, who counts from 1."""

    student: int
    sentence: str


@dataclass(frozen=True)
class LessonRow:
    """How a page bore the class.

    `first_use` are the seconds that one person waited before for the first answer, with libraries and model to load;
    `opened` and `answered` those of the class. Memory is the server's, in bytes, before and after; `processor_seconds`
    are those of a core that the server computed while the class waited for its answers.
    """

    page: str
    told: str
    students: int
    first_use: float | None
    opened: Waits
    answered: Waits
    problems: tuple[Problem, ...]
    memory_before: int
    memory_after: int
    processor_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {
            "page": self.page,
            "work": self.told,
            "students": self.students,
            "first_use": self.first_use,
            "opened": self.opened.as_dict(),
            "answered": self.answered.as_dict(),
            "answers": len(self.answered.seconds),
            "problems": [{"student": each.student, "problem": each.sentence} for each in self.problems],
            "memory_before": self.memory_before,
            "memory_after": self.memory_after,
            "processor_seconds": self.processor_seconds,
        }


@dataclass
class _Student:
    """One student, who counts from 0: the open page, how long what took, and what went wrong first."""

    number: int
    tab: Tab | None = None
    opened: float | None = None
    answered: float | None = None
    problem: str | None = None


def require_students(count: int) -> None:
    """Raise InvalidInput unless a class can be so large."""
    if not 1 <= count <= MOST_STUDENTS:
        raise InvalidInput(f"The students must be from 1 to {MOST_STUDENTS}. They are {count}.")


def class_visits(
    server: Server,
    lessons: Sequence[Lesson],
    students: int,
    cancelled: threading.Event | None = None,
    visit: Callable[[int, str], Tab] = Visit,
) -> Iterator[Step | LessonRow]:
    """Yield a Step before each thing that is done, and a LessonRow for each page.

    A student for whom something goes wrong is named in the row, and the others go on.

    Raises:
        InvalidInput: not from 1 to MOST_STUDENTS students.
        Cancelled: between two things that are done.
    """
    require_students(students)
    for number, lesson in enumerate(lessons):
        for item in _one_page(server, lesson, students, cancelled, visit):
            done = number + (item.fraction if isinstance(item, Step) else 1)
            yield Step(f"{lesson.page}: {item.text}", done / len(lessons)) if isinstance(item, Step) else item


def _one_page(
    server: Server,
    lesson: Lesson,
    students: int,
    cancelled: threading.Event | None,
    visit: Callable[[int, str], Tab],
) -> Iterator[Step | LessonRow]:
    stop_if(cancelled)
    yield Step("the teacher tries it first", 0.0)
    teacher = _Student(students)  # with an input that nobody else has
    _open(teacher, server, lesson, visit, time.perf_counter())
    _prepare(teacher, lesson)
    _press(teacher, lesson, time.perf_counter())
    everybody = [_Student(number) for number in range(students)]
    try:
        stop_if(cancelled)
        before = server.memory
        yield Step(f"{count_text(students, 'student')} open the page", 0.3)
        _together(everybody, lambda one, since: _open(one, server, lesson, visit, since), cancelled)
        _together(everybody, lambda one, since: _prepare(one, lesson), cancelled)
        stop_if(cancelled)
        yield Step(f"{count_text(students, 'student')} press “{lesson.button}”", 0.6)
        computed = server.seconds
        _together(everybody, lambda one, since: _press(one, lesson, since), cancelled)
        yield _row(lesson, teacher, everybody, before, server.memory, server.seconds - computed)
    finally:
        for one in (teacher, *everybody):
            _close(one)


def _together(
    students: Sequence[_Student], do: Callable[[_Student, float], None], cancelled: threading.Event | None
) -> None:
    """Let all that have had no problem do something at the same moment, and wait for the last one.

    Raises Cancelled as soon as `cancelled` is set: closing the pages ends whatever they wait for.
    """
    well = [one for one in students if one.problem is None]
    if not well:
        return
    began: list[float] = []
    gate = threading.Barrier(len(well), action=lambda: began.append(time.perf_counter()))

    def begin(one: _Student) -> None:
        gate.wait()
        do(one, began[0])

    with ThreadPoolExecutor(len(well), "aula-student") as pool:
        waiting = {pool.submit(begin, one) for one in well}
        while waiting:
            done, waiting = wait(waiting, LOOK)
            for each in done:
                each.result()
            if cancelled is not None and cancelled.is_set():
                for one in well:
                    _close(one)
    stop_if(cancelled)


def _open(one: _Student, server: Server, lesson: Lesson, visit: Callable[[int, str], Tab], since: float) -> None:
    def work() -> None:
        one.tab = visit(server.port, lesson.page)
        one.tab.run()
        one.opened = time.perf_counter() - since

    _do(one, work)


def _prepare(one: _Student, lesson: Lesson) -> None:
    """Choose the picture, where the page has one to choose; typed texts go along with the button."""
    if lesson.before is not None:
        _do(one, lambda: _run(one, lesson.before(one.number)) if lesson.before else None)


def _press(one: _Student, lesson: Lesson, since: float) -> None:
    def work() -> None:
        _run(one, lesson.button, lesson.texts(one.number) if lesson.texts else None)
        seconds = time.perf_counter() - since
        assert one.tab is not None
        if not any(caption.startswith(ANSWERED) for caption in one.tab.captions):
            raise LookupError("The page came back without an answer.")
        one.answered = seconds

    _do(one, work)


def _run(one: _Student, button: str, texts: Any = None) -> None:
    if one.tab is not None:
        one.tab.run(button, texts)


def _do(one: _Student, work: Callable[[], None]) -> None:
    """Do something of one student's, unless something went wrong for this one before; what goes wrong is kept."""
    if one.problem is not None:
        return
    try:
        work()
        if one.tab is not None and one.tab.problems:
            one.answered = None
            one.problem = one.tab.problems[0]
    except Exception as error:  # one student's lost connection must not end the class
        one.problem = f"{str(error).strip() or type(error).__name__}"


def _close(one: _Student) -> None:
    if one.tab is not None:
        with suppress(Exception):  # a connection that is gone need not be closed
            one.tab.close()


def _row(
    lesson: Lesson, teacher: _Student, everybody: Sequence[_Student], before: int, after: int, computed: float
) -> LessonRow:
    problems = [Problem(one.number + 1, " ".join(one.problem.split())[:300]) for one in everybody if one.problem]
    if teacher.problem:
        problems.insert(0, Problem(0, " ".join(teacher.problem.split())[:300]))
    return LessonRow(
        lesson.page,
        lesson.told,
        len(everybody),
        teacher.answered,
        Waits.of([one.opened for one in everybody]),
        Waits.of([one.answered for one in everybody]),
        tuple(problems),
        before,
        after,
        computed,
    )
