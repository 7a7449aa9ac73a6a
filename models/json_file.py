"""Reads the small JSON files that lie beside weights, which may be missing, damaged or tampered with."""

import json
from pathlib import Path
from typing import Any


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # RecursionError: brackets in brackets in brackets
        return {}
    return content if isinstance(content, dict) else {}
