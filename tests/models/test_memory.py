"""How much memory there is: the machine's, or what control groups leave of it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from models import control_groups, memory
from models.memory import Memory, machine_memory

MACHINE = SimpleNamespace(total=64_000, available=50_000)


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without control groups."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: MACHINE)
    monkeypatch.setattr(control_groups, "GROUPS", tmp_path / "groups")
    monkeypatch.setattr(control_groups, "OWN_GROUP", tmp_path / "own")


def group(folder: Path, **files: object) -> None:
    """A control group with these files; `memory_max` is memory.max."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("memory_", "memory.", 1)).write_text(f"{content}\n", encoding="ascii")


def test_without_bounds_it_is_the_machines() -> None:
    assert machine_memory() == Memory(64_000, 50_000)


@pytest.mark.parametrize("own", ["0::/\n", "0::/docker/abc\n"])  # a container may not see its own path
def test_within_a_container_it_is_the_containers(tmp_path: Path, own: str) -> None:
    (tmp_path / "own").write_text(own, encoding="utf-8")
    stat = "anon 1500\ninactive_file 500\nactive_file 100"
    group(tmp_path / "groups", memory_max=4_000, memory_current=2_100, memory_stat=stat)
    assert machine_memory() == Memory(4_000, 4_000 - 2_100 + 500)


def test_the_narrowest_of_the_groups_around_it_counts(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/user/service\n", encoding="utf-8")
    group(tmp_path / "groups/user", memory_max=10_000, memory_current=9_000)
    group(tmp_path / "groups/user/service", memory_max=20_000, memory_current=3_000)
    assert machine_memory() == Memory(10_000, 1_000)


def test_the_first_version_of_control_groups_is_understood(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("5:cpu,cpuacct:/x\n4:memory:/docker/abc\n", encoding="utf-8")
    stat = "inactive_file 1\ntotal_inactive_file 300"
    names = {"memory_limit_in_bytes": 8_000, "memory_usage_in_bytes": 7_000, "memory_stat": stat}
    group(tmp_path / "groups/memory", **names)
    assert machine_memory() == Memory(8_000, 1_300)


@pytest.mark.parametrize("limit", ["max", 9_223_372_036_854_771_712, "", "nonsense"])
def test_a_group_without_a_bound_changes_nothing(tmp_path: Path, limit: object) -> None:
    (tmp_path / "own").write_text("0::/\n", encoding="utf-8")
    group(tmp_path / "groups", memory_max=limit, memory_current=2_000)
    assert machine_memory() == Memory(64_000, 50_000)


def test_more_than_the_bound_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "own").write_text("0::/\n", encoding="utf-8")
    group(tmp_path / "groups", memory_max=2_000, memory_current=2_500)
    assert machine_memory() == Memory(2_000, 0)
