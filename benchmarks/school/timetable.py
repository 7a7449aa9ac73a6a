"""When a school clicks: classes begin with the bell, each at once when its teacher says so, then each student alone.

The numbers of a day are assumptions, and each is an option of `benchmarks.school_day`: nobody has counted a school.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.school.queues import Job
from models.errors import InvalidInput

PAGE = "page"  # where scripts of pages run: Streamlit lets all of them run at once, each in a thread of its own


@dataclass(frozen=True)
class Service:
    """What a class does on a page: the seconds of a core that a click takes the model, each of them as likely.

    `script` are those that the page itself takes for a click, half of them before the model and half after it.
    """

    name: str
    seconds: tuple[float, ...]
    script: float

    def stages(self, work: float) -> tuple[tuple[str, float], ...]:
        """The script runs when somebody clicks, the model computes, and the script runs on with the answer."""
        return ((PAGE, self.script / 2), (self.name, work), (PAGE, self.script / 2))


@dataclass(frozen=True)
class Day:
    """A school day.

    `share` is the part of classes that works with Aula in a lesson, each on one page throughout. The teacher says “now
    click” up to `talk` seconds after the bell, each moment as likely; students follow within `reaction` seconds, and
    then each clicks again every `pause` seconds on average, at moments of a Poisson process, until the lesson ends.
    """

    students: int = 1000
    class_size: int = 30
    lessons: int = 6
    minutes: float = 50.0
    share: float = 1.0
    talk: float = 600.0
    reaction: float = 5.0
    pause: float = 180.0

    def __post_init__(self) -> None:
        if min(self.students, self.class_size, self.lessons) < 1:
            raise InvalidInput("Students, the size of a class and the lessons must be at least 1.")
        if min(self.pause, self.minutes) <= 0 or min(self.talk, self.reaction) < 0 or not 0 <= self.share <= 1:
            raise InvalidInput("Seconds and minutes must be positive, and the share of classes from 0 to 1.")
        if self.talk + self.reaction > self.seconds:
            raise InvalidInput("The teacher has to stop talking before the lesson ends. Make it longer.")

    @property
    def seconds(self) -> float:
        """Of a lesson."""
        return self.minutes * 60

    @property
    def sizes(self) -> list[int]:
        """How many are in each class; the last one has the rest."""
        whole, rest = divmod(self.students, self.class_size)
        return [self.class_size] * whole + [rest] * (rest > 0)


def clicks(day: Day, services: Sequence[Service], seed: int) -> list[Job]:
    """Every click of the day. Which classes work with Aula, on which page and when is drawn from the seed."""
    chance = np.random.default_rng(seed)
    return [
        job
        for lesson in range(day.lessons)
        for home, size in enumerate(day.sizes)
        if chance.random() < day.share
        for job in _lesson(day, services[int(chance.integers(len(services)))], lesson * day.seconds, home, size, chance)
    ]


def _lesson(
    day: Day, service: Service, bell: float, home: int, size: int, chance: np.random.Generator
) -> Iterator[Job]:
    said = bell + chance.uniform(0, day.talk)
    for _ in range(size):
        first = said + chance.uniform(0, day.reaction)
        moments = [first, *_stream(first, bell + day.seconds, day.pause, chance)]
        works = chance.choice(service.seconds, len(moments)).tolist()
        for number, (moment, work) in enumerate(zip(moments, works, strict=True)):
            yield Job(moment, service.stages(work), home, number == 0)


def _stream(begin: float, end: float, pause: float, chance: np.random.Generator) -> list[float]:
    """Moments of a Poisson process: given how many there are, each is anywhere with equal chance."""
    count = chance.poisson((end - begin) / pause)
    return sorted(chance.uniform(begin, end, count).tolist())


def together(service: Service, students: int) -> list[Job]:
    """A class that presses a button at the same moment, as `aula.py benchmark --students` measures it."""
    works = [service.seconds[number % len(service.seconds)] for number in range(students)]
    return [Job(0.0, service.stages(work), first=True) for work in works]


def total_work(jobs: Sequence[Job]) -> float:
    """Seconds of a core that all clicks take, loading and company aside."""
    return sum(work for job in jobs for _, work in job.stages)
