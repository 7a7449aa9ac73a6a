"""What trained weights so far: the sittings of the weights that a training began with, and its own."""

from training import sittings
from training.events import Events
from training.options import Run


def run_of(folder, steps: int) -> Run:
    run = Run(folder, minutes=1, threads=2)
    Events(folder).step(steps, 1.0, 1.0, 0.0)
    (folder / "budget.json").write_text('{"spent_seconds": 90}', encoding="utf-8")
    return run


def test_each_sitting_stands_behind_those_that_it_went_on_from(tmp_path) -> None:
    sittings.add(tmp_path / "first", None, run_of(tmp_path / "one", 1_200))
    told = sittings.add(tmp_path / "second", tmp_path / "first", run_of(tmp_path / "two", 30))
    assert told == sittings.read(tmp_path / "second")
    assert [(one.steps, one.minutes) for one in told] == [(1_200, 1.5), (30, 1.5)]
    assert all(one.on.endswith(", 2 threads") for one in told)
    assert "| 1,200 | 2 | " in sittings.table(told)


def test_weights_that_do_not_tell_have_none(tmp_path) -> None:
    assert sittings.read(tmp_path) == sittings.read(None) == []
