"""How much memory this machine has for us: all of it, or what a container or a service's bounds leave of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from models.control_groups import groups, number

# By version: the limit, what is used, and what of that the system takes back before it ends anybody: pages of files.
_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    2: ("memory.max", "memory.current", "inactive_file"),
}


@dataclass(frozen=True)
class Memory:
    """Bytes in all, and how many more can be taken now."""

    total: int
    available: int


def machine_memory() -> Memory:
    """The memory that this process may use: the narrowest of the machine and of all bounds around the process."""
    machine = psutil.virtual_memory()
    found = [Memory(machine.total, machine.available), *_bounds()]
    return Memory(min(each.total for each in found), min(each.available for each in found))


def _bounds() -> Iterator[Memory]:
    for folder, version in groups("memory"):
        limit_file, used_file, cache = _FILES[version]
        limit, used = number(folder / limit_file), number(folder / used_file)
        if limit is not None and used is not None:
            yield Memory(limit, max(0, limit - used + _stated(folder / "memory.stat", cache)))


def _stated(file: Path, name: str) -> int:
    """The number behind a name in a file of names and numbers; 0 where it is not told."""
    try:
        lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
    except OSError:
        return 0
    return next((int(line[1]) for line in lines if line[:1] == [name]), 0)
