"""The folders of this machine that the suite writes to and reads from, and the small JSON files that lie in them."""

import json
import os
import sys
from pathlib import Path
from typing import Any

EMBEDDED = Path(__file__).resolve().parent / "embedded"


def cache_folder() -> Path:
    """The suite's own cache: AULA_HOME, else the folder that the system keeps for caches."""
    if os.environ.get("AULA_HOME"):
        return Path(os.environ["AULA_HOME"]).expanduser()
    home = Path.home()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local")) / "aula"
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "aula"
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "aula"


def huggingface_cache() -> Path:
    """The cache that every Hugging Face program of this user shares. Read at each call, as settings may change."""
    if os.environ.get("HF_HUB_CACHE"):
        return Path(os.environ["HF_HUB_CACHE"]).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def place_named(name: str) -> Path | None:
    """The file or folder that a person has named, its home written as “~”; None where there is none, or cannot be."""
    try:
        path = Path(name).expanduser()
        return path if name.strip() and path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, of a user that does not exist, with a NUL
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
