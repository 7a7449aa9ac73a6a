"""Behind the door: makes `.venv`, keeps it whole, and hands over to the terminal with the right interpreter.

Standard library only, since it runs before anything is installed. Knows nothing of what Aula does; everything it says
goes to standard error, so that the output of a command stays clean.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "aula-setup.json"
REQUIREMENTS = ROOT / "requirements.txt"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# What pip, its HTTP library and its resolver print when no index answers. A pin that "could not be found" is not among
# them: an index that answers but lacks a version is another trouble.
_UNREACHABLE = re.compile(r"connection broken by|Failed to establish|Max retries exceeded|ConnectTimeout|ProxyError")


class SetupFailed(Exception):
    """The set-up cannot go on; the message is for the user."""


def enter(arguments: list[str]) -> int:
    """Run the terminal with `arguments` in a complete environment, made or repaired first; its exit code."""
    try:
        return hand_over(interpreter(arguments), arguments)
    except SetupFailed as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped. Start again to go on with the set-up: what has been downloaded is kept.")
        return 130


def interpreter(arguments: list[str]) -> Path:
    """The Python that has everything: that of `.venv`, else the running one, else that of a `.venv` made now."""
    if is_complete():
        return venv_python()
    if not _running_in_venv() and has_everything(_wanted(arguments)):
        return Path(sys.executable)
    with lock():
        if not is_complete():  # the start that we waited for may have done the work
            set_up()
    return venv_python()


def hand_over(python: Path, arguments: list[str]) -> int:
    """Become `python apps/cli.py`; signals, terminal and exit code are then the terminal's own."""
    command = [str(python), str(ROOT / "apps" / "cli.py"), *arguments]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    # On Windows exec would return to the prompt at once. Ctrl-C reaches both processes: the command decides, we wait.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(command).returncode


# What is complete


def is_complete() -> bool:
    """Whether `.venv` was set up to its end for the present requirements, and nothing has gone missing since."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
        return (
            stamp["requirements"] == requirements_hash()
            and _base_python_exists()
            and set(stamp["installed"]) <= set(os.listdir(site_packages(stamp["python"])))
        )
    except (OSError, ValueError, KeyError, TypeError):  # no stamp, half a stamp, no such folder
        return False


def requirements_hash() -> str:
    """SHA-256 of requirements.txt, whatever its line ends (git changes them on Windows)."""
    return hashlib.sha256(REQUIREMENTS.read_text(encoding="utf-8").encode()).hexdigest()


def venv_python() -> Path:
    """The interpreter inside `.venv`."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(python: str) -> Path:
    """Where `.venv` keeps its packages, for a Python of that version (`3.11`)."""
    return VENV / "Lib/site-packages" if os.name == "nt" else VENV / f"lib/python{python}/site-packages"


def _base_python_exists() -> bool:
    """Whether the Python that `.venv` was made from is still installed: a link, or on Windows a launcher, leads to it."""
    settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    home = re.search(r"^home\s*=\s*(.+)$", settings, re.MULTILINE)
    return home is not None and Path(home[1].strip()).is_dir() and venv_python().exists()


def _running_in_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def has_everything(wanted: list[str]) -> bool:
    """Whether the running interpreter has each of `wanted`, in a version within its range.

    The ranges are those of pyproject.toml, not the pins: a student's own environment need not equal ours.
    """
    from importlib import metadata

    try:
        return all(_satisfied(metadata.version(_name(line)), line) for line in wanted)
    except metadata.PackageNotFoundError:
        return False


def _wanted(arguments: list[str]) -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for_tests = project["dependency-groups"]["test"] if arguments[:1] == ["test"] else []
    return [*project["project"]["dependencies"], *for_tests]


def _name(requirement: str) -> str:
    return re.match(r"[\w.-]+", requirement)[0]


def _satisfied(version: str, requirement: str) -> bool:
    """Whether `version` lies within a range such as `torch>=2.15,<2.16`; those two operators are all that we use."""
    bounds = re.findall(r"(>=|<)\s*([\d.]+)", requirement)
    ours = _release(version)
    return all(ours >= _release(bound) if operator == ">=" else ours < _release(bound) for operator, bound in bounds)


def _release(version: str) -> tuple[int, ...]:
    """`2.15.0+cu130` as (2, 15): numbers only, without the zeros at the end that would make 2.16 < 2.16.0."""
    numbers = [int(number) for number in re.match(r"\d+(\.\d+)*", version)[0].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


# Setting up


def set_up() -> None:
    """Make or repair `.venv`, install the requirements into it, and stamp it when all of that has succeeded.

    Raises:
        SetupFailed: what is missing, and what to do about it.
    """
    say(f"Setting up Aula in {VENV}. The first time this takes several minutes and some 7 GB; it is done once.")
    try:
        STAMP.unlink(missing_ok=True)
        forget_damaged(site_packages(THIS_PYTHON))
        make_venv()
        install_requirements()
        write_stamp()
    except OSError as error:
        raise SetupFailed(
            f"The set-up cannot write to {VENV}: {error.strerror or error}. "
            "Make room and check that you may write there, then start again."
        ) from error
    say("The set-up is complete.")


def forget_damaged(folder: Path) -> None:
    """Drop the records of packages whose files are missing or cut short, so that pip installs them again.

    pip itself only reads the records, and would find a half-deleted package satisfied.
    """
    from importlib import metadata

    for record in folder.glob("*.dist-info"):
        if not _is_whole(metadata.Distribution.at(record)):
            say(f"Repairing {record.name.removesuffix('.dist-info')}.")
            shutil.rmtree(record)


def _is_whole(distribution) -> bool:
    try:
        files = distribution.files
        return bool(files) and all(
            file.locate().stat().st_size == (file.size if file.size is not None else file.locate().stat().st_size)
            for file in files
            if file.suffix != ".pyc"
        )
    except (OSError, ValueError):
        return False


def make_venv() -> None:
    """Make `.venv`, or complete what is there; one of another Python version is replaced."""
    if _running_in_venv():
        return  # it cannot replace the Python that is running, and has one, evidently
    try:
        import ensurepip  # noqa: F401  Debian and Ubuntu package it apart
        import venv  # noqa: F401
    except ImportError as error:
        raise SetupFailed(
            "This Python cannot make virtual environments. On Debian and Ubuntu, install what is missing with "
            f"“sudo apt install python{THIS_PYTHON}-venv”, then start again."
        ) from error
    if VENV.exists() and not site_packages(THIS_PYTHON).is_dir():
        _remove_venv()
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        last_line = made.stdout.decode(errors="replace").strip().rpartition("\n")[2]
        raise SetupFailed(f"The virtual environment {VENV} could not be made: {last_line}. Delete it and start again.")
