"""Makes `.venv` on first use, and repairs it when something went missing.

Standard library only, since it runs before anything is installed. pip does the work and shows its own progress; this
module sees to it that no half-made environment passes for a whole one.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import IO

from apps.setup import torch_build
from apps.setup.venv import (
    REQUIREMENTS,
    ROOT,
    SAME_CODE,
    STAMP,
    THIS_PYTHON,
    VENV,
    SetupFailed,
    is_complete,
    requirements_hash,
    running_in_venv,
    say,
    site_packages,
    venv_python,
    venv_version,
)

# What pip prints when no index answers, and the two lines about the package concerned that then follow.
_UNREACHABLE = re.compile(r"connection broken by|Failed to establish|Max retries exceeded|ConnectTimeout|ProxyError")
_IN_CONSEQUENCE = re.compile(r"Could not find a version that satisfies|No matching distribution found")

_OFFLINE = (
    "pip could not reach the package index, so Aula is not set up yet. Connect this machine to the internet (or name "
    "its proxy in HTTPS_PROXY) and start again: what has been downloaded is kept."
)
_NOT_INSTALLED = (
    "pip could not install everything that Aula needs; its last lines above say what. Most often the disk is full, or "
    "the Python is newer than its packages (3.11 to 3.13 are tested). Start again when that is settled."
)


def ensure_complete(thorough: bool = False, cuda: bool = False) -> None:
    """Set up `.venv` unless its stamp says that it is complete, one start at a time; `thorough` looks in any case.

    `cuda`: with the torch for NVIDIA cards, also where the machine shows none, or has got the other one.

    Raises:
        SetupFailed: what is missing, and what to do about it.
    """
    try:
        with lock():
            if thorough or not is_complete():  # the start that we waited for may have done the work
                set_up(cuda)
    except OSError as error:
        raise SetupFailed(
            f"The set-up cannot write to {VENV}: {error.strerror or error}. "
            "Make room and check that you may write there, then start again."
        ) from error


def set_up(cuda: bool = False) -> None:
    """Make or repair `.venv`, install the requirements into it, and stamp it when all of that has succeeded."""
    small = torch_build.is_for_processors(site_packages(venv_version() or THIS_PYTHON), cuda)
    if is_complete():
        say(f"Checking {VENV}.")
    else:
        size = "3 GB" if small or sys.platform != "linux" else "7 GB"
        say(f"Setting up Aula in {VENV}. The first time this takes several minutes and some {size}; it is done once.")
    STAMP.unlink(missing_ok=True)
    forget_damaged(site_packages(THIS_PYTHON))
    make_venv()
    if remove_namesakes():
        forget_damaged(site_packages(THIS_PYTHON))  # what they overwrote, and took along when they went
    install_requirements(small, cuda)
    write_stamp()
    say("The set-up is complete.")


def forget_damaged(folder: Path) -> None:
    """Drop the records of packages whose files are missing or cut short, so that pip installs them again.

    pip itself only reads the records, and would find a half-deleted package satisfied.
    """
    for record in folder.glob("*.dist-info"):
        if not _is_whole(metadata.Distribution.at(record)):
            say(f"Repairing {record.name.removesuffix('.dist-info')}.")
            shutil.rmtree(record)


def _is_whole(distribution: metadata.Distribution) -> bool:
    try:
        files = distribution.files
        sizes = [(file.size, os.stat(file.locate()).st_size) for file in files or () if file.suffix != ".pyc"]
        return bool(sizes) and all(recorded in (None, actual) for recorded, actual in sizes)
    except (OSError, ValueError):
        return False


def make_venv() -> None:
    """Make `.venv`, or complete what is there; one of another Python version is replaced."""
    if running_in_venv():
        return  # it cannot replace the Python that is running, and has one, evidently
    try:
        import ensurepip  # noqa: F401  Debian and Ubuntu package it apart
        import venv  # noqa: F401
    except ImportError as error:
        raise SetupFailed(
            "This Python cannot make virtual environments. On Debian and Ubuntu, install what is missing with "
            f"“sudo apt install python{THIS_PYTHON}-venv”, then start again."
        ) from error
    if VENV.exists() and venv_version() != THIS_PYTHON:
        shutil.rmtree(VENV)
    for link in () if venv_python().exists() else VENV.glob("bin/python*"):
        link.unlink()  # a link to a Python that was uninstalled: venv would leave it as it is
    # A pip that is whole is left as it is: to put it there anew takes longer than all the rest of a repair.
    kept = ["--without-pip"] if any(site_packages(THIS_PYTHON).glob("pip-*.dist-info")) else []
    command = [sys.executable, "-m", "venv", *kept, str(VENV)]
    made = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        last_line = made.stdout.decode(errors="replace").strip().rpartition("\n")[2]
        raise SetupFailed(f"The virtual environment {VENV} could not be made: {last_line}. Delete it and start again.")


def remove_namesakes() -> list[str]:
    """Uninstall what holds a required package's code under another name; those that were there.

    Both write the same folder, so that the one installed last wins and the one removed first takes all: pip knows
    nothing of that. An earlier Aula installed opencv-python, which needs libraries of a desktop.
    """
    required = set(re.findall(r"^[\w.-]+", REQUIREMENTS.read_text(encoding="utf-8"), re.MULTILINE))
    others = {name for package in required for name in SAME_CODE.get(package, ())} - required
    folder = site_packages(venv_version() or THIS_PYTHON)
    found = sorted(name for name in others if any(folder.glob(f"{name.replace('-', '_')}-*.dist-info")))
    if found:
        say(f"Removing {', '.join(found)}: the requirements have it under another name.")
        pip = [str(venv_python()), "-m", "pip", "uninstall", "--yes", "--disable-pip-version-check", *found]
        subprocess.run(pip, stdout=sys.stderr)
    return found


def install_requirements(for_processors: bool = False, cuda: bool = False) -> None:
    """Install requirements.txt into `.venv`; `for_processors`: with the torch that knows no cards, if it can be had.

    `cuda`: with the other one, also in the place of the one for processors.
    """
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    torch = torch_build.torch_pins(lines)
    if for_processors and torch and _has_got(torch):
        run_pip("-r", str(_written(torch_build.without_cards(lines))))
        return
    if cuda and torch and torch_build.has_torch_for_processors(site_packages(venv_version() or THIS_PYTHON)):
        run_pip("--force-reinstall", "--no-deps", *torch)  # else pip would be content with the one that is there
    run_pip("-r", str(REQUIREMENTS))


def _has_got(torch: list[str]) -> bool:
    """Get the torch for processors alone from PyTorch's index; whether that went well."""
    say(
        "This machine shows no NVIDIA card, so it gets the torch for processors, and is spared more than 4 GB of "
        "libraries. “python aula.py setup --cuda” gets the other one later."
    )
    try:
        # Without what torch needs: that comes from the usual index, so that no name can come from two.
        run_pip("--index-url", torch_build.INDEX, "--no-deps", *torch)
    except SetupFailed:
        say("PyTorch's index does not have it for this Python: taking the one of the package index.")
        return False
    return True


def _written(lines: list[str]) -> Path:
    file = VENV / "requirements.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def run_pip(*arguments: str) -> None:
    """`pip install` into `.venv`; its own progress shows on standard error.

    Its complaints about the network become one line of ours: they would repeat five times.

    Raises:
        SetupFailed: no index answers, or something could not be installed.
    """
    command = [str(venv_python()), "-m", "pip", "install", "--disable-pip-version-check", *arguments]
    unanswered = False
    with subprocess.Popen(command, stdout=sys.stderr, stderr=subprocess.PIPE) as pip:
        for line in pip.stderr or ():
            text = line.decode(errors="replace")
            if _UNREACHABLE.search(text):
                if not unanswered:
                    say("No answer from the package index; trying again.")
                unanswered = True
            elif not (unanswered and _IN_CONSEQUENCE.search(text)):
                unanswered = False
                sys.stderr.write(text)
    if pip.returncode != 0:
        raise SetupFailed(_OFFLINE if unanswered else _NOT_INSTALLED)


def write_stamp() -> None:
    """Remember what was installed; written under another name first, so that half a stamp cannot be met."""
    python = venv_version() or THIS_PYTHON
    names = sorted(name for name in os.listdir(site_packages(python)) if name != "__pycache__")
    stamp = {"requirements": requirements_hash(), "python": python, "installed": names}
    draft = STAMP.with_suffix(".draft")
    draft.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
    draft.replace(STAMP)


@contextmanager
def lock() -> Iterator[None]:
    """One set-up at a time. The system releases the lock when its holder ends, however it ends."""
    with open(ROOT / ".venv.lock", "a+b") as file:
        waiting = False
        while not _try_lock(file):
            if not waiting:
                say("Another start of Aula is setting it up; waiting for that one.")
            waiting = True
            time.sleep(0.5)
        yield


def _try_lock(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
