"""The tests as `python aula.py test` runs them: most side by side, those that read memory alone, and a quick part.

The markers stand in pyproject.toml, and tests/conftest.py gives those that follow from where a test is. Knows pytest's
command line, and nothing of the tests but in which files those stand that run alone.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2] / "tests"
MOST_WORKERS = 4  # each holds torch and a few models: some 2 GB
ALONE = "serial"
# What a change of a page or a command hardly touches, and what takes most of the time.
LEFT_TO_THE_WHOLE = ("journey", "training", "process", "weights", ALONE)
SLOWEST = ("--durations=20", "--durations-min=3")


def lanes(arguments: Sequence[str], quick: bool, cores: int) -> list[list[str]]:
    """The command lines for pytest, one a run: everything in two, or the quick part, or what `arguments` ask for."""
    if quick:
        return [[*_side_by_side(cores), "-m", f"not ({' or '.join(LEFT_TO_THE_WHOLE)})", *arguments]]
    if arguments:
        return [list(arguments)]
    return [[*_side_by_side(cores), *SLOWEST, "-m", f"not {ALONE}"], ["-m", ALONE, *files_of_those_alone()]]


def files_of_those_alone() -> list[str]:
    """The files with a test marked to run alone: to read all the others takes longer than these tests."""
    files = sorted(TESTS.rglob("test_*.py"))
    return [str(file) for file in files if f"@pytest.mark.{ALONE}\n" in file.read_text(encoding="utf-8")]


def run(arguments: Sequence[str], quick: bool) -> int:
    """Run the lanes, the second one whatever came of the first; pytest's first exit code that is not 0, else 0."""
    cores = os.cpu_count() or 1
    codes = [_pytest(lane, cores) for lane in lanes(arguments, quick, cores)]
    return next((code for code in codes if code), 0)


def _side_by_side(cores: int) -> tuple[str, ...]:
    # A worker takes tests of another that has many left, so that none waits for a long file.
    return (f"--numprocesses={min(cores, MOST_WORKERS)}", "--dist=worksteal")


def _pytest(lane: list[str], cores: int) -> int:
    # torch's threads wait for each other at every operation: more of them than cores, and all are slow.
    threads = max(1, cores // MOST_WORKERS)
    environment = {"OMP_NUM_THREADS": str(threads)} | os.environ
    # Each worker would compile all tests anew, and each of the many programs that tests start the suite.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run([sys.executable, "-m", "pytest", *lane], env=environment).returncode
