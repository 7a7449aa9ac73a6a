"""Weights on this machine: find them, fetch them with progress, list them, free them.

Knows where files lie and how they come here; knows nothing of what is in them.
"""

import json
import os
import sys
from pathlib import Path

from models.catalog import ModelCard
from models.errors import ModelNotHere


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


def locate(card: ModelCard) -> Path | None:
    """The folder (or .pt file) of a complete model on this machine, or None. Makes no request."""
    if card.path is not None:
        return card.path if card.path.exists() else None
    if card.file is not None:
        file = cache_folder() / "yolov5" / card.file
        return file if file.is_file() else None
    storage = huggingface_cache() / f"models--{card.repository.replace('/', '--')}"
    reference = storage / "refs" / card.revision
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else card.revision
    folder = storage / "snapshots" / commit
    return folder if is_complete(folder) else None


def is_complete(folder: Path) -> bool:
    """Whether a folder holds a config and every weight file it speaks of: half a download does not."""
    if not (folder / "config.json").is_file():
        return False
    if any((folder / name).is_file() for name in ("model.safetensors", "pytorch_model.bin")):
        return True
    indexes = [folder / f"{name}.index.json" for name in ("model.safetensors", "pytorch_model.bin")]
    return any(index.is_file() and all((folder / part).is_file() for part in _parts(index)) for index in indexes)


def _parts(index: Path) -> set[str]:
    return set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())


def require(card: ModelCard) -> Path:
    """As `locate`, for a model that is about to be loaded.

    Raises:
        ModelNotHere: with both ways to get it.
    """
    found = locate(card)
    if found is None:
        raise ModelNotHere(
            f"{card.model_id} is not on this machine yet. Press Download on its page, "
            f"or run `python aula.py models fetch {card.model_id}`."
        )
    return found
