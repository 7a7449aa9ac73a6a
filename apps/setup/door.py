"""Behind the door: finds the interpreter that has everything, and hands over to the terminal with it.

Standard library only, since it runs before anything is installed. Knows when an environment is complete; making one is
left to apps/setup/installation.py. What is said here goes to standard error, so that the output of a command stays
clean.
"""

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "aula-setup.json"
REQUIREMENTS = ROOT / "requirements.txt"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


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
    """The Python that has everything: that of `.venv`, else the running one, else that of a `.venv` made now.

    `setup` looks at every file of a `.venv`; the others believe its stamp, since they should start at once.
    """
    thorough = arguments[:1] == ["setup"] and VENV.exists()
    if not thorough and is_complete():
        return venv_python()
    if not thorough and not running_in_venv() and has_everything(_wanted(arguments)):
        return Path(sys.executable)
    from apps.setup.installation import ensure_complete  # not read by the starts that need no set-up, all but the first

    ensure_complete(thorough)
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


def venv_version() -> str | None:
    """The Python version that `.venv` was made for (`3.11`), or None when it does not say."""
    version = re.match(r"\d+\.\d+", _venv_setting("version"))
    return version and version[0]


def _base_python_exists() -> bool:
    """Whether the Python that `.venv` was made from is still installed: what is in `.venv` only leads to it."""
    return venv_python().exists() and os.path.isdir(_venv_setting("home"))


def _venv_setting(key: str) -> str:
    try:
        settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{key}\s*=\s*(.+?)\s*$", settings, re.MULTILINE)
    return found[1] if found else ""


def running_in_venv() -> bool:
    """Whether this very process is `.venv`'s Python."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def has_everything(wanted: list[str]) -> bool:
    """Whether the running interpreter has each of `wanted`, in a version within its range.

    The ranges are those of pyproject.toml, not the pins: a student's own environment need not equal ours.
    """
    from importlib import metadata

    try:
        return all(_satisfied(metadata.version(_name(line)), line) for line in wanted)
    except (metadata.PackageNotFoundError, TypeError):  # not there, or a record without a version
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


def say(sentence: str) -> None:
    """One line for the person at the keyboard."""
    print(sentence, file=sys.stderr, flush=True)
