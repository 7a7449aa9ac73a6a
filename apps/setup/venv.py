"""The environment `.venv`: where it is, which Python it has, and whether it is complete.

Standard library only, since it is read before anything is installed. Changes nothing: making `.venv` is left to
apps/setup/installation.py. What is said goes to standard error, so that the output of a command stays clean.
"""

import hashlib
import json
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "aula-setup.json"
REQUIREMENTS = ROOT / "requirements.txt"
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
# Other names under which the code of a package is published; two of them in one place overwrite each other's files.
HEADLESS_OPENCV = "opencv-python-headless"
SAME_CODE = {
    HEADLESS_OPENCV: ("opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python"),
    "ultralytics-opencv-headless": ("ultralytics",),
}


class SetupFailed(Exception):
    """The set-up cannot go on; the message is for the user."""


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
    return version[0] if version else None


def _base_python_exists() -> bool:
    """Whether the Python that `.venv` was made from is still installed: what is in `.venv` only leads to it."""
    return venv_python().exists() and os.path.isdir(_venv_setting("home"))


def _venv_setting(key: str) -> str:
    try:
        settings = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    line = re.search(rf"^{key}\s*=\s*(.+?)\s*$", settings, re.MULTILINE)
    return line[1] if line else ""


def running_in_venv() -> bool:
    """Whether this very process is `.venv`'s Python."""
    return Path(sys.prefix).resolve() == VENV.resolve()


def say(sentence: str) -> None:
    """One line for the person at the keyboard."""
    print(sentence, file=sys.stderr, flush=True)
