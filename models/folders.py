"""The folders of this machine that the suite writes to and reads from, and the small JSON files that lie in them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

EMBEDDED = Path(__file__).resolve().parent / "embedded"


def at_home(path: str | Path) -> Path:
    """The path with its home written out for a “~”; as it stands where there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def cache_folder() -> Path:
    """The suite's own cache: AULA_HOME, else the folder that the system keeps for caches."""
    if os.environ.get("AULA_HOME"):
        return at_home(os.environ["AULA_HOME"])
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "aula"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "aula"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "aula"


def huggingface_cache() -> Path:
    """The cache that every Hugging Face program of this user shares. Read at each call, as settings may change."""
    if os.environ.get("HF_HUB_CACHE"):
        return at_home(os.environ["HF_HUB_CACHE"])
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return at_home(home) / "hub"


def place_named(name: str) -> Path | None:
    """The file or folder that a person has named, its home written as “~”; None where there is none, or cannot be."""
    try:
        path = at_home(name)
        return path if name.strip() and path.exists() else None
    except (OSError, ValueError):  # too long, with a NUL
        return None


def trained_folder() -> Path:
    """Where models that were trained on this machine are kept, each in a folder under its name."""
    return cache_folder() / "trained"


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, empty where none can be read: it may be missing, damaged or tampered with."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # RecursionError: brackets in brackets in brackets
        return {}
    return content if isinstance(content, dict) else {}
