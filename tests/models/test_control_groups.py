"""What control groups allow: cores; of memory, see test_memory.py."""

import os
from pathlib import Path

import pytest

from models import control_groups
from models.control_groups import cores_allowed, keep_to_cores_allowed


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where control groups are; there are none yet."""
    monkeypatch.setattr(control_groups, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(control_groups, "OWN_GROUP", tmp_path / "own")
    return tmp_path


def write(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="ascii")


def test_without_control_groups_nothing_bounds_it(tree: Path) -> None:
    assert cores_allowed() is None


@pytest.mark.parametrize(
    ("told", "cores"),
    [("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", None), ("", None)],
)
def test_a_container_has_the_cores_that_it_was_given(tree: Path, told: str, cores: int | None) -> None:
    write(tree / "own", "0::/\n")
    write(tree / "groups/cpu.max", told)
    assert cores_allowed() == cores


@pytest.mark.parametrize(("quota", "cores"), [("400000\n", 4), ("-1\n", None)])
def test_the_first_version_is_understood(tree: Path, quota: str, cores: int | None) -> None:
    write(tree / "own", "3:memory:/other\n2:cpu,cpuacct:/docker/abc\n")
    write(tree / "groups/cpu/docker/abc/cpu.cfs_quota_us", quota)
    write(tree / "groups/cpu/docker/abc/cpu.cfs_period_us", "100000\n")
    assert cores_allowed() == cores


def test_the_narrowest_of_the_groups_around_it_counts(tree: Path) -> None:
    write(tree / "own", "0::/user/service\n")
    write(tree / "groups/user/cpu.max", "300000 100000\n")
    write(tree / "groups/user/service/cpu.max", "800000 100000\n")
    assert cores_allowed() == 3


@pytest.mark.parametrize(
    ("cores", "own", "threads"), [(2, None, "2"), (2, "5", "5"), (64, None, None), (8, None, None)]
)
def test_torch_gets_as_many_threads_as_cores_are_allowed(
    tree: Path, monkeypatch: pytest.MonkeyPatch, cores: int, own: str | None, threads: str | None
) -> None:
    write(tree / "own", "0::/\n")
    write(tree / "groups/cpu.max", f"{cores}00000 100000\n")
    monkeypatch.setattr(control_groups.os, "cpu_count", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", own or "")  # noted, so that it is taken back
    if own is None:
        monkeypatch.delenv("OMP_NUM_THREADS")

    keep_to_cores_allowed()

    assert os.environ.get("OMP_NUM_THREADS") == threads
