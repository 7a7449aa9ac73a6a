"""Behind the door: finds the interpreter that has everything, and hands over to the terminal with it.

Standard library only, since it runs before anything is installed. Whether `.venv` is complete is known to
apps/setup/venv.py; making it is left to apps/setup/installation.py.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path

from apps.setup.venv import (
    HEADLESS_OPENCV,
    ROOT,
    SAME_CODE,
    VENV,
    SetupFailed,
    is_complete,
    running_in_venv,
    say,
    venv_python,
)


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
    cuda = arguments[:1] == ["setup"] and "--cuda" in arguments
    thorough = cuda or (arguments[:1] == ["setup"] and VENV.exists())
    if not thorough and is_complete():
        return venv_python()
    if not thorough and not running_in_venv() and has_everything(_wanted(arguments)):
        return Path(sys.executable)
    from apps.setup.installation import ensure_complete  # only read by starts that need a set-up: mostly the first one

    ensure_complete(thorough, cuda)
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


def has_everything(wanted: list[str]) -> bool:
    """Whether the running interpreter has each of `wanted`, in a version within its range.

    The ranges are those of pyproject.toml, not the pins: a student's own environment need not equal ours.
    """
    from importlib import metadata

    try:
        versions = [metadata.version(installed_name(_name(line))) for line in wanted]
        return all(map(_satisfied, versions, wanted)) and _opencv_loads()
    except (metadata.PackageNotFoundError, TypeError):  # not there, or a record without a version
        return False


def installed_name(package: str) -> str:
    """The name under which the running interpreter has the code of `package`; `package` itself where it has none."""
    from importlib import metadata

    for name in (package, *SAME_CODE.get(package, ())):
        with contextlib.suppress(metadata.PackageNotFoundError):
            metadata.distribution(name)
            return name
    return package


def _opencv_loads() -> bool:
    """Whether a student's own OpenCV, if it is not the headless one, finds the desktop's libraries that it needs."""
    if installed_name(HEADLESS_OPENCV) == HEADLESS_OPENCV:
        return True
    try:
        import_module("cv2")
    except ImportError:
        return False
    return True


def _wanted(arguments: list[str]) -> list[str]:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for_tests = project["dependency-groups"]["test"] if arguments[:1] == ["test"] else []
    # What exists for some machines only, its users do without: they say so in a sentence.
    return [line for line in (*project["project"]["dependencies"], *for_tests) if ";" not in line]


def _name(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def _satisfied(version: str, requirement: str) -> bool:
    """Whether `version` lies within a range such as `torch>=2.15,<2.16`; those two operators are all that we use."""
    bounds = re.findall(r"(>=|<)\s*([\d.]+)", requirement)
    ours = _release(version)
    return all(ours >= _release(bound) if operator == ">=" else ours < _release(bound) for operator, bound in bounds)


def _release(version: str) -> tuple[int, ...]:
    """`2.15.0+cu130` as (2, 15): numbers only, without the zeros at the end that would make 2.16 < 2.16.0."""
    beginning = re.match(r"\d+(\.\d+)*", version)
    numbers = [int(number) for number in beginning[0].split(".")] if beginning else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
