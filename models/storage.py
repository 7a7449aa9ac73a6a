"""Where weights lie on this machine: the suite's own cache, and the one that all Hugging Face programs share.

The layout of the latter is the library's: the bytes in blobs/, named by digest; links to them in snapshots/COMMIT/; the
commit of a branch in refs/. We write the reference last, so that half a download is never taken for a model.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.remote import TOKENIZER_FILES, Remote, RemoteFile


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


def storage_of(repository: str) -> Path:
    """The folder of a repository in the Hugging Face cache."""
    return huggingface_cache() / f"models--{repository.replace('/', '--')}"


def blob_path(card: ModelCard, wanted: Remote, file: RemoteFile) -> Path:
    """Where the bytes of a file are written."""
    if card.file is not None:
        return cache_folder() / "yolov5" / card.file
    return storage_of(card.repository) / "blobs" / (file.digest or f"{wanted.commit}-{file.name}")


def final_path(card: ModelCard, wanted: Remote, file: RemoteFile) -> Path:
    """Where a file is read: its name in the snapshot."""
    if card.file is not None:
        return blob_path(card, wanted, file)
    return storage_of(card.repository) / "snapshots" / wanted.commit / file.name


def link(blob: Path, final: Path) -> None:
    """Give the bytes their name in the snapshot."""
    final.parent.mkdir(parents=True, exist_ok=True)
    try:
        final.unlink(missing_ok=True)  # a link whose blob somebody deleted
        final.symlink_to(os.path.relpath(blob, final.parent))
    except OSError:
        # Windows without developer mode has no symbolic links: the library then keeps the file itself there.
        blob.replace(final)


def read_reference(storage: Path, revision: str) -> str | None:
    """The commit that a branch stood at when it was fetched; None where that cannot be told."""
    try:
        return (storage / "refs" / revision).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):  # ValueError: bytes that are no UTF-8
        return None


def write_reference(card: ModelCard, commit: str) -> None:
    """Record the commit of the card's branch; from now on the model counts as here."""
    if card.revision != commit:
        reference = storage_of(card.repository) / "refs" / card.revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, encoding="utf-8")


def is_complete(folder: Path) -> bool:
    """Whether a snapshot holds a config, a tokenizer and every weight file it speaks of; dead links do not count."""
    here = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    if "config.json" not in here or here.isdisjoint(TOKENIZER_FILES):
        return False
    if not here.isdisjoint(("model.safetensors", "pytorch_model.bin")):
        return True
    indexes = {"model.safetensors.index.json", "pytorch_model.bin.index.json"} & here
    return any(_weight_files(folder / index) <= here for index in indexes)


def _weight_files(index: Path) -> set[str]:
    """The files that an index speaks of; one that is in no folder where the index cannot be understood."""
    files = read_json(index).get("weight_map")
    return {str(name) for name in files.values()} if isinstance(files, dict) and files else {""}


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, empty where there is none that can be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # RecursionError: brackets in brackets in brackets
        return {}
    return content if isinstance(content, dict) else {}
