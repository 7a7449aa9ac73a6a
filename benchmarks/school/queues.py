"""The queue of a suite, simulated event by event: first come, first served at each model, and the cores are shared.

A *machine* has cores and, for each model, a *station*: so many people at once (`lanes`: models/together.py runs as many
beside each other as there are threads), the others wait in the order of arrival (serving/fair_queue.py). Whoever is
served computes with one thread. While no more are served on a machine than it has cores, each has a core of its own;
else all get the same share, as the operating system deals it out.

Knows neither schools nor models. Seconds are of the clock, work is in seconds of a core.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

CROWD = 8  # people: who is served while so many more wait shares each run with seven of them


@dataclass(frozen=True)
class Station:
    """What is known of a model: how many it serves at once, the work of loading it, and what company makes of work.

    `crowd` is how much work one of `CROWD` people is who ask together, against one alone: 1 where a model gains nothing
    by reading several texts in one run, less where it does. With nobody waiting work is as measured, between the two
    in proportion. Until it is loaded, a station serves one.
    """

    lanes: int
    load: float = 0.0
    crowd: float = 1.0


@dataclass(eq=False)
class Job:
    """One click: when it comes, which stations it visits with how much work at each, and where its class is at home.

    `first` are the clicks for which the teacher gave the word. The simulation fills in `waited`, all seconds in queues,
    and `done`, the moment of the answer.
    """

    arrives: float
    stages: tuple[tuple[str, float], ...]
    home: int = 0
    first: bool = False
    stage: int = 0
    waited: float = 0.0
    queued: float = 0.0
    done: float | None = None

    @property
    def answered(self) -> float:
        """Seconds from the click to the answer."""
        assert self.done is not None
        return self.done - self.arrives


@dataclass(eq=False)
class Machine:
    """Cores, stations, and who is served or waits. `busy` are the seconds of a core that were computed so far.

    Everybody who is served has the same speed, so that one number, `_each`, says what each has got since the beginning;
    whoever begins when it is e leaves when it is e + work. (Virtual time: Parekh and Gallager, IEEE/ACM
    Transactions on Networking 1993.)
    """

    cores: int
    stations: Mapping[str, Station]
    busy: float = 0.0
    people: int = 0
    version: int = 0
    _now: float = 0.0
    _each: float = 0.0
    _count: int = 0
    _served: list[tuple[float, int, Job]] = field(default_factory=list)
    _waiting: dict[str, deque[Job]] = field(default_factory=dict)
    _taken: dict[str, int] = field(default_factory=dict)
    _loaded: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._waiting = {name: deque() for name in self.stations}
        self._taken = dict.fromkeys(self.stations, 0)
        self._loaded = {name for name, station in self.stations.items() if not station.load}

    @property
    def next_end(self) -> float | None:
        """When the next one leaves unless somebody comes before; None where nobody is served."""
        return self._now + max(0.0, self._served[0][0] - self._each) / self._speed if self._served else None

    @property
    def _speed(self) -> float:
        return min(1.0, self.cores / len(self._served)) if self._served else 0.0

    def come(self, job: Job, now: float) -> None:
        """Somebody arrives at the first station, or at the next one."""
        self._pass(now)
        self.people += 1
        name, _ = job.stages[job.stage]
        job.queued = now
        self._waiting[name].append(job)
        self._serve(name)

    def leave(self, now: float) -> Job:
        """Let the one go whose work at a station is done."""
        self._pass(now)
        self.people -= 1
        _, _, job = heapq.heappop(self._served)
        name, _ = job.stages[job.stage]
        self._taken[name] -= 1
        self._loaded.add(name)
        self._serve(name)
        return job

    def _pass(self, now: float) -> None:
        self._each += (now - self._now) * self._speed
        self.busy += (now - self._now) * min(len(self._served), self.cores)
        self._now = now
        self.version += 1

    def _serve(self, name: str) -> None:
        station, waiting = self.stations[name], self._waiting[name]
        while waiting and self._taken[name] < (station.lanes if name in self._loaded else 1):
            job = waiting.popleft()
            job.waited += self._now - job.queued
            self._taken[name] += 1
            self._count += 1  # two of the same end leave in the order in which they began
            heapq.heappush(self._served, (self._each + self._work(job, station, len(waiting)), self._count, job))

    def _work(self, job: Job, station: Station, waiting: int) -> float:
        name, work = job.stages[job.stage]
        company = min(waiting, CROWD - 1) / (CROWD - 1)
        return work * (1 + (station.crowd - 1) * company) + (0.0 if name in self._loaded else station.load)


Route = Callable[[Job, Sequence[Machine]], int]


def at_home(job: Job, machines: Sequence[Machine]) -> int:
    """Each class keeps to one machine, whose address its teacher gave; nothing of Aula sends it elsewhere."""
    return job.home % len(machines)


def least_people(job: Job, machines: Sequence[Machine]) -> int:
    """Whoever comes goes where the fewest are: what a cluster's proxy that knows all queues would do at best."""
    return min(range(len(machines)), key=lambda number: machines[number].people)


def simulate(jobs: Iterable[Job], machines: Sequence[Machine], route: Route = at_home) -> float:
    """Serve all jobs, whose moments are filled in; when the last one is done."""
    coming = deque(sorted(jobs, key=lambda job: job.arrives))
    ends: list[tuple[float, int, int]] = []  # when, which machine, and the machine's version when that was foreseen
    now = 0.0
    while coming or ends:
        if ends and ends[0][2] != machines[ends[0][1]].version:  # somebody came in between
            heapq.heappop(ends)
        elif coming and (not ends or coming[0].arrives <= ends[0][0]):
            job = coming.popleft()
            now, number = job.arrives, route(job, machines)
            machines[number].come(job, now)
            _foresee(ends, machines, number)
        else:
            now, number, _ = heapq.heappop(ends)
            _go_on(machines[number].leave(now), machines[number], now)
            _foresee(ends, machines, number)
    return now


def _go_on(job: Job, machine: Machine, now: float) -> None:
    job.stage += 1
    if job.stage < len(job.stages):
        machine.come(job, now)
    else:
        job.done = now


def _foresee(ends: list[tuple[float, int, int]], machines: Sequence[Machine], number: int) -> None:
    end = machines[number].next_end
    if end is not None:
        heapq.heappush(ends, (end, number, machines[number].version))
