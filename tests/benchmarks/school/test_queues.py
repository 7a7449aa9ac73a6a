"""The simulated queue against the theory of queues, whose mean waiting times are known: fixed seeds, no clock.

The bound of each comparison is four standard errors, by batch means: a run is cut into parts that hardly depend on each
other, and their means say how far the mean of all may be off (Law, Simulation Modeling and Analysis, chapter 9).
"""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.school.queues import Job, Machine, Station, at_home, least_people, simulate

CLICKS = 90_000
MANY = 240_000  # where several serve, waiting times depend on each other for longer
PARTS = 30
ENDLESS = 10**9


def run(
    load: float, cores: int, lanes: int, works: Sequence[float], seed: int, clicks: int = CLICKS
) -> tuple[list[Job], Machine]:
    """A Poisson stream that keeps each core busy for `load` of the time, at one station of one machine."""
    chance = np.random.default_rng(seed)
    moments = np.cumsum(chance.exponential(np.mean(works) / (load * cores), clicks))
    jobs = [Job(moment, (("model", work),)) for moment, work in zip(moments.tolist(), works, strict=True)]
    machine = Machine(cores, {"model": Station(lanes)})
    simulate(jobs, [machine])
    return jobs, machine


def exponential(seed: int, clicks: int = CLICKS) -> list[float]:
    return np.random.default_rng(seed).exponential(1.0, clicks).tolist()


def assert_mean(values: Sequence[float], expected: float) -> None:
    """The mean is within four standard errors of what theory says, and these are narrow enough to tell something."""
    means = np.array(values).reshape(PARTS, -1).mean(axis=1)
    error = means.std(ddof=1) / math.sqrt(PARTS)
    assert error < 0.07 * expected
    assert abs(means.mean() - expected) < 4 * error


def erlang_c(cores: int, load: float) -> float:
    """The chance to wait at all, of `cores` servers each busy for `load` of the time (Erlang 1917)."""
    offered = cores * load
    waits = offered**cores / math.factorial(cores) / (1 - load)
    return waits / (sum(offered**k / math.factorial(k) for k in range(cores)) + waits)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_one_server_with_exponential_work_waits_as_theory_says(load: float) -> None:
    jobs, _ = run(load, cores=1, lanes=1, works=exponential(1), seed=2)

    assert_mean([job.waited for job in jobs], load / (1 - load))  # M/M/1, in units of the mean work


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_one_server_with_constant_work_waits_half_as_long(load: float) -> None:
    jobs, _ = run(load, cores=1, lanes=1, works=[1.0] * CLICKS, seed=3)

    assert_mean([job.waited for job in jobs], load / (2 * (1 - load)))  # M/D/1, Pollaczek–Khinchine with no variance


def test_work_of_two_kinds_waits_by_its_second_moment() -> None:
    works = np.random.default_rng(4).choice([0.5, 3.0], CLICKS, p=[0.8, 0.2])
    jobs, _ = run(0.7, cores=1, lanes=1, works=works.tolist(), seed=5)

    mean, square = 0.8 * 0.5 + 0.2 * 3.0, 0.8 * 0.25 + 0.2 * 9.0
    assert_mean([job.waited for job in jobs], (0.7 / mean) * square / (2 * (1 - 0.7)))  # Pollaczek–Khinchine


@pytest.mark.parametrize(("cores", "load"), [(2, 0.7), (8, 0.8)])
def test_several_cores_wait_as_erlang_says(cores: int, load: float) -> None:
    jobs, machine = run(load, cores=cores, lanes=cores, works=exponential(6, MANY), seed=7, clicks=MANY)

    assert_mean([job.waited for job in jobs], erlang_c(cores, load) / (cores * (1 - load)))  # M/M/c
    assert machine.busy == pytest.approx(sum(work for job in jobs for _, work in job.stages))


def test_a_core_that_everybody_shares_is_as_slow_as_theory_says_whatever_the_work() -> None:
    works = np.random.default_rng(8).choice([0.25, 4.0], CLICKS, p=[0.8, 0.2])  # mean 1
    jobs, _ = run(0.7, cores=1, lanes=ENDLESS, works=works.tolist(), seed=9)

    assert_mean([job.answered for job in jobs], 1 / (1 - 0.7))  # processor sharing (Kleinrock 1976, section 4.4)


def test_two_models_on_one_core_take_twice_as_long_side_by_side() -> None:
    machine = Machine(1, {"one": Station(1), "other": Station(1)})
    jobs = [Job(0.0, (("one", 1.0),)), Job(0.0, (("other", 3.0),)), Job(0.0, (("one", 1.0),))]

    assert simulate(jobs, [machine]) == pytest.approx(5.0)
    # Worked out by hand: until 2 the first and the other share the core, until 4 the third and the other.
    assert [job.done for job in jobs] == pytest.approx([2.0, 5.0, 4.0])
    assert [job.waited for job in jobs] == pytest.approx([0.0, 0.0, 2.0])


def test_the_first_one_loads_the_model_and_the_others_wait_for_it() -> None:
    machine = Machine(2, {"model": Station(2, load=10.0)})
    jobs = [Job(0.0, (("model", 1.0),)) for _ in range(3)]

    simulate(jobs, [machine])

    assert [job.done for job in jobs] == pytest.approx([11.0, 12.0, 12.0])


def test_work_shrinks_in_company_down_to_what_a_crowd_takes() -> None:
    machine = Machine(1, {"model": Station(1, crowd=0.5)})
    jobs = [Job(0.0, (("model", 1.0),)) for _ in range(9)]

    simulate(jobs, [machine])

    # The first one comes before the others; with 7 waiting it is half the work, then 1 − 0.5 · waiting / 7.
    ends = np.cumsum([1.0, *(1 - 0.5 * waiting / 7 for waiting in range(7, -1, -1))])
    assert [job.done for job in jobs] == pytest.approx(ends.tolist())


def test_a_class_stays_at_its_machine_and_a_cluster_sends_it_where_fewest_are() -> None:
    def served(route) -> list[float]:
        jobs = [Job(0.0, (("model", 1.0),), home=3) for _ in range(4)]
        simulate(jobs, [Machine(1, {"model": Station(1)}) for _ in range(2)], route)
        return [job.answered for job in jobs]

    assert served(at_home) == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert served(least_people) == pytest.approx([1.0, 1.0, 2.0, 2.0])
