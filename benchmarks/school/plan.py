"""What a simulated day came to: how long people waited, how busy machines were, and how many are enough."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np

from benchmarks.school.measured import Inputs
from benchmarks.school.queues import Job, Machine, Route, at_home, least_people, simulate
from benchmarks.school.timetable import Day, clicks, together, total_work
from models.errors import InvalidInput

ROUTES: dict[str, Route] = {"class": at_home, "cluster": least_people}
ENOUGH = 95  # per cent


@dataclass(frozen=True)
class Waits:
    """Seconds from the click to the answer."""

    median: float
    most: float
    worst: float

    @classmethod
    def of(cls, jobs: Sequence[Job]) -> Self:
        """Of these clicks. `most` is the time within which 95 % had the answer."""
        seconds = [job.answered for job in jobs]
        return cls(*(float(each) for each in np.percentile(seconds, (50, ENOUGH, 100)))) if seconds else cls(0, 0, 0)


@dataclass(frozen=True)
class Report:
    """A day: all clicks, those for which the teacher gave the word, and the part of the lessons' core time computed."""

    machines: int
    clicks: int
    every: Waits
    first: Waits
    busy: float

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """What is asked: a day, machines of so many cores, and how people come to one of them (`ROUTES`)."""

    inputs: Inputs
    day: Day = field(default_factory=Day)
    cores: int = 2
    routing: str = "class"
    loaded: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        if self.cores < 1:
            raise InvalidInput(f"A machine has at least 1 core. This one has {self.cores}.")
        if self.routing not in ROUTES:
            raise InvalidInput(f"There is no routing “{self.routing}”. Choose of: {', '.join(ROUTES)}.")

    def run(self, machines: int) -> Report:
        """Simulate the day with so many machines. Raises InvalidInput for none."""
        if machines < 1:
            raise InvalidInput(f"There must be at least 1 machine. There are {machines}.")
        stations = self.inputs.stations(self.cores, self.loaded)
        school = [Machine(self.cores, stations) for _ in range(machines)]
        jobs = clicks(self.day, self.inputs.services, self.seed)
        simulate(jobs, school, ROUTES[self.routing])
        room = machines * self.cores * self.day.lessons * self.day.seconds
        first = [job for job in jobs if job.first]
        busy = sum(machine.busy for machine in school) / room
        return Report(machines, len(jobs), Waits.of(jobs), Waits.of(first), busy)

    def smallest(self, within: float) -> Report | None:
        """With the fewest machines for which 95 % of the first clicks are answered within so many seconds.

        None where more machines do not help: each class has one already, or each student. It takes for granted that
        more machines are never worse: it doubles them until they are enough, and then looks in the middle.
        """
        few, enough = self._too_few, min(self._too_few + 1, self._most_useful)
        while (found := self.run(enough)).first.most >= within:
            if enough == self._most_useful:
                return None
            few, enough = enough, min(2 * enough, self._most_useful)
        while enough - few > 1:
            middle = (few + enough) // 2
            report = self.run(middle)
            few, enough, found = (few, middle, report) if report.first.most < within else (middle, enough, found)
        return found

    @property
    def _too_few(self) -> int:
        """Machines that could not even compute it all by the last bell."""
        work = total_work(clicks(self.day, self.inputs.services, self.seed)) * min(self._gains)
        return max(0, math.ceil(work / (self.cores * self.day.lessons * self.day.seconds)) - 1)

    @property
    def _gains(self) -> list[float]:
        return [1.0, *(each.crowd for each in self.inputs.measured)]

    @property
    def _most_useful(self) -> int:
        return len(self.day.sizes) if self.routing == "class" else self.day.students


def last_of_class(inputs: Inputs, page: str, students: int) -> tuple[float, float]:
    """When the last of a class that pressed together has the answer, and the seconds of a core that it took in all.

    On the machine that was measured, with the models in memory: the teacher has tried the page before.
    """
    [service] = [each for each in inputs.services if each.name == page]
    machine = Machine(inputs.cores, inputs.stations(inputs.cores, loaded=True))
    return simulate(together(service, students), [machine]), machine.busy
