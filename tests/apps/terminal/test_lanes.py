"""Which tests `python aula.py test` runs, and how."""

import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from apps.terminal import lanes

WHOLE = [
    ["--numprocesses=2", "--dist=worksteal", *lanes.SLOWEST, "-m", "not serial"],
    ["-m", "serial", *lanes.files_of_those_alone()],
]


def test_everything_runs_side_by_side_and_then_what_reads_memory_alone() -> None:
    assert lanes.lanes([], quick=False, cores=2) == WHOLE


def test_those_alone_are_found_in_their_files(request: pytest.FixtureRequest) -> None:
    files = [Path(file) for file in lanes.files_of_those_alone()]
    assert Path(__file__).parents[2] / "models" / "test_device.py" in files
    # Whatever else gives the marker, its test must not fall between the two runs.
    alone = {item.path for item in request.session.items if item.get_closest_marker("serial")}
    assert alone <= set(files)


def test_many_cores_do_not_mean_many_copies_of_torch() -> None:
    assert "--numprocesses=4" in lanes.lanes([], quick=False, cores=32)[0]


def test_what_is_asked_for_is_one_plain_run() -> None:
    assert lanes.lanes(["-k", "detect", "-x"], quick=False, cores=2) == [["-k", "detect", "-x"]]


def test_the_quick_lane_leaves_out_each_slow_kind_and_takes_options_too() -> None:
    [lane] = lanes.lanes(["-x"], quick=True, cores=2)

    assert lane[-1] == "-x"
    assert all(marker in lane[-2] for marker in ("journey", "training", "process", "weights", "serial"))


def test_both_lanes_run_and_the_first_failure_is_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    codes, ran = iter([1, 0]), []

    def pretend(command: list[str], env: dict[str, str]) -> SimpleNamespace:
        ran.append((command[3:], env["OMP_NUM_THREADS"]))
        assert "PYTHONDONTWRITEBYTECODE" not in env
        return SimpleNamespace(returncode=next(codes))

    monkeypatch.setattr(subprocess, "run", pretend)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert lanes.run([], quick=False) == 1
    assert ran == [(lane, "1") for lane in WHOLE]


def test_every_marker_that_is_left_out_exists(pytestconfig: pytest.Config) -> None:
    known = {line.split(":")[0] for line in pytestconfig.getini("markers")}
    assert set(lanes.LEFT_TO_THE_WHOLE) <= known
