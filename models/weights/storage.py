"""How downloaded weights lie in the suite's own cache, and in the one that all Hugging Face programs share.

The layout of the latter is the library's: the bytes in blobs/, named by digest; links to them in snapshots/COMMIT/; the
commit of a branch in refs/. We write the reference last, so that half a download is never taken for a model.
"""

import os
from pathlib import Path

from models.catalog import ModelCard
from models.folders import cache_folder, huggingface_cache
from models.json_file import read_json
from models.weights.remote import TOKENIZER_FILES, Remote, RemoteFile


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
