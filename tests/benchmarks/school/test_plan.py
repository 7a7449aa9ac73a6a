"""What a day comes to, and how many machines are enough, with figures to count with."""

import pytest

from benchmarks.school.costs import Pictures, Prices
from benchmarks.school.plan import Plan, last_of_class
from benchmarks.school.timetable import Day
from models.errors import InvalidInput
from tests.benchmarks.school.made_up import inputs

ALONE = Day(students=120, lessons=1, talk=0, reaction=0, pause=1e9)  # four classes that click once, with the bell


def test_the_last_of_a_class_waits_for_all_of_its_work() -> None:
    assert last_of_class(inputs(), "object_detection", 30) == pytest.approx((15.0, 30.0))


def test_waits_and_use_of_a_burst_are_those_worked_out_by_hand() -> None:
    report = Plan(inputs(), ALONE).run(4)

    assert (report.clicks, report.first) == (120, report.every)
    assert report.first.worst == pytest.approx(15.0)  # 30 clicks of a second on two cores
    assert report.busy == pytest.approx(120 / (4 * 2 * ALONE.seconds))


@pytest.mark.parametrize(("within", "machines"), [(61, 1), (31, 2), (16, 4)])
def test_the_fewest_machines_are_found(within: float, machines: int) -> None:
    found = Plan(inputs(), ALONE).smallest(within)

    assert found is not None
    assert found.machines == machines


def test_classes_that_keep_to_a_machine_gain_nothing_from_more_than_one_each_and_a_cluster_does() -> None:
    assert Plan(inputs(), ALONE).smallest(5) is None
    found = Plan(inputs(), ALONE, routing="cluster").smallest(5)
    assert found is not None
    # 95 % of 120 done within less than 5 s, in whole seconds: 114 and one more in 4 s, on 2 cores each.
    assert found.machines == 15


def test_the_first_ones_wait_for_loading_unless_models_are_loaded() -> None:
    slow = inputs(load=100.0)

    assert Plan(slow, ALONE).run(4).first.median > 100
    assert Plan(slow, ALONE, loaded=True).run(4).first.worst == pytest.approx(15.0)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput, match="Choose of: class, cluster"):
        Plan(inputs(), routing="anywhere")
    with pytest.raises(InvalidInput, match="at least 1 machine"):
        Plan(inputs()).run(0)


def test_pictures_take_what_arithmetic_says() -> None:
    work = Pictures(1_000_000, seconds=0.072, cores=2, start=36.0)

    assert work.hours == pytest.approx(10.0)
    assert (work.machines_for(10.0), work.machines_for(10.02)) == (2, 1)
    # 256 pictures: 64 s alone; 32 s to start, and 32 s by two.
    assert Pictures(1, seconds=0.5, cores=2, start=32.0).pays_from(2) == 256


def test_money_is_what_machines_and_hours_cost() -> None:
    prices = Prices(machine=500, years=5, watts=100, kilowatt_hour=0.2, cloud_hour=0.1, days=200)

    assert prices.own_year(2, 5) == pytest.approx(2 * (100 + 200 * 5 * 0.1 * 0.2))
    assert prices.cloud_year(2, 5) == pytest.approx(200)
