"""The command: its table, its JSON, and what it refuses."""

import json
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import school_day
from benchmarks.school import measuring
from benchmarks.school.measuring import SUBJECTS, measure_page
from models.errors import InvalidInput
from models.precision import FP32
from tests.benchmarks.school.made_up import inputs

SMALL = ["--students", "60", "--lessons", "1", "--pause", "1e9", "--talk", "0", "--reaction", "0"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setattr(school_day, "read_inputs", inputs)
    application = typer.Typer()
    application.command()(school_day.main)
    return application


def test_a_table_tells_how_long_clicks_wait(command: typer.Typer) -> None:
    done = CliRunner().invoke(command, [*SMALL, "--machines", "2"])

    assert done.exit_code == 0
    assert "60 students in 2 classes, 1 lessons, 60 clicks; 2 × 2 cores" in done.stdout
    assert "| after “now click” | 8.0 s | 15.0 s | 15.0 s |" in done.stdout  # 30 clicks of a second on two cores


def test_without_machines_the_fewest_are_found_and_json_has_everything(command: typer.Typer) -> None:
    told = json.loads(CliRunner().invoke(command, [*SMALL, "--within", "16", "--json"]).stdout)

    assert (told["machines"], told["cores"], told["seed"], told["day"]["students"]) == (2, 2, 0, 60)
    assert told["first"]["worst"] == pytest.approx(15.0)


def test_what_no_number_of_machines_can_do_is_said(command: typer.Typer) -> None:
    done = CliRunner().invoke(command, [*SMALL, "--within", "1"])

    assert isinstance(done.exception, InvalidInput)
    assert "No number of such machines" in str(done.exception)


def test_one_thing_at_a_time(command: typer.Typer) -> None:
    assert isinstance(CliRunner().invoke(command, ["--check", "--write"]).exception, InvalidInput)


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda each: each.page)
def test_every_page_is_measured_as_a_class_asks_it(subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "CROWD", 2)
    monkeypatch.setattr(measuring, "_computed", lambda do: (do(), 0.5)[1])  # no clock in tests

    found = measure_page(replace(subject, inputs=2), FP32, 1, first=3.0, next_one=2.0)

    assert (found.script, found.load, found.seconds, found.crowd) == (1.5, 1.0, (0.5, 0.5), 0.5)
