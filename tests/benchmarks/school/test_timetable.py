"""A school's clicks: how many, when, and the same for the same seed."""

import numpy as np
import pytest

from benchmarks.school.timetable import PAGE, Day, Service, clicks, together, total_work
from models.errors import InvalidInput

SERVICE = Service("model", (1.0, 3.0), script=0.5)


def test_each_class_begins_when_its_teacher_says_so_and_ends_with_the_lesson() -> None:
    day = Day(students=65, lessons=2)
    first = [job for job in clicks(day, [SERVICE], 1) if job.first]

    assert day.sizes == [30, 30, 5]
    assert len(first) == 65 * 2
    for home in range(3):
        moments = [job.arrives for job in first if job.home == home and job.arrives < day.seconds]
        assert max(moments) - min(moments) <= day.reaction
        assert max(moments) <= day.talk + day.reaction
    assert all(job.arrives < 2 * day.seconds for job in clicks(day, [SERVICE], 1))


def test_students_click_as_often_as_a_poisson_process_does() -> None:
    day = Day(students=3000, lessons=1, talk=0, reaction=0)
    found = clicks(day, [SERVICE], 2)

    expected = 3000 * (1 + day.seconds / day.pause)
    assert abs(len(found) - expected) < 4 * np.sqrt(expected)  # the variance of a Poisson count is its mean


def test_a_part_of_the_classes_stays_away() -> None:
    day = Day(students=30_000, lessons=1, share=0.25, pause=1e9)

    busy = len({job.home for job in clicks(day, [SERVICE], 3)})
    assert abs(busy - 250) < 4 * np.sqrt(1000 * 0.25 * 0.75)


def test_a_seed_is_a_day() -> None:
    def day(seed: int) -> list[tuple[float, tuple[tuple[str, float], ...]]]:
        return [(job.arrives, job.stages) for job in clicks(Day(students=40, lessons=1), [SERVICE], seed)]

    assert day(4) == day(4) != day(5)


def test_a_click_runs_the_script_the_model_and_the_script() -> None:
    jobs = together(SERVICE, 3)

    assert [job.stages[1] for job in jobs] == [("model", 1.0), ("model", 3.0), ("model", 1.0)]
    assert all(job.stages[0] == job.stages[2] == (PAGE, 0.25) for job in jobs)
    assert total_work(jobs) == pytest.approx(5.0 + 3 * 0.5)


@pytest.mark.parametrize("wrong", [{"students": 0}, {"share": 1.5}, {"pause": 0}, {"talk": 3000}])
def test_a_day_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(InvalidInput):
        Day(**wrong)
