"""Linux's control groups, both versions: in which ones this process is, and what they allow it.

Docker, Kubernetes, JupyterHub and systemd bound programs with these. A program that takes more memory is ended without
a word; one that computes in more threads than it has cores is put to sleep in the middle of each layer.
"""

import math
import os
from collections.abc import Iterator
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN_GROUP = Path("/proc/self/cgroup")


def groups(controller: str) -> Iterator[tuple[Path, int]]:
    """Folders of the process's own group and of those around it, with the version they are of; none elsewhere.

    `controller` is “memory” or “cpu”. Within a container the group's own path often does not exist: its files then
    lie at the top.
    """
    try:
        lines = OWN_GROUP.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = GROUPS / controller if controllers else GROUPS  # the second version has one tree for everything
        own = top / path.lstrip("/")
        for folder in (own, *own.parents):
            yield folder, 1 if controllers else 2
            if folder == top:
                break


def number(file: Path, place: int = 0) -> int | None:
    """A number in a file; None where there is none, or where it says “max”."""
    try:
        return int(file.read_text(encoding="ascii").split()[place])
    except (OSError, ValueError, IndexError):
        return None


def cores_allowed() -> int | None:
    """How many cores' time this process may take at most, rounded up; None where nothing bounds it."""
    found = []
    for folder, version in groups("cpu"):
        if version == 2:
            quota, period = (number(folder / "cpu.max", place) for place in (0, 1))
        else:
            quota, period = (number(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota is not None and period and quota > 0:
            found.append(math.ceil(quota / period))
    return min(found, default=None)


def keep_to_cores_allowed() -> None:
    """Let torch, which counts the machine's cores, have no more threads than this process has cores' time.

    To be called before torch is read. What the user has set stays.
    """
    allowed = cores_allowed()
    if allowed is not None and allowed < (os.cpu_count() or 1) and "OMP_NUM_THREADS" not in os.environ:
        os.environ["OMP_NUM_THREADS"] = str(allowed)
