"""How downloaded weights lie in the suite's own cache, and in the one that all Hugging Face programs share.

The layout of the latter is the library's: the bytes in blobs/, named by digest; links to them in snapshots/COMMIT/; the
commit of a branch in refs/. We write the reference last, so that half a download is never taken for a model.
"""

import os
from pathlib import Path

from models.catalog import ModelCard
from models.folders import cache_folder, huggingface_cache, read_json
from models.tasks import Task, task_made_with
from models.weights import diffusers_folder
from models.weights.completeness import reads_without_vocabulary
from models.weights.remote import Remote, RemoteFile, files_to_read_with
from models.weights.timm_folder import prepares_pictures


def storage_of(repository: str) -> Path:
    """The folder of a repository in the Hugging Face cache."""
    return huggingface_cache() / f"models--{repository.replace('/', '--')}"


def yolov5_file(name: str) -> Path:
    """Where a YOLOv5 file lies, or will lie."""
    return cache_folder() / "yolov5" / name


def blob_path(card: ModelCard, wanted: Remote, file: RemoteFile) -> Path:
    """Where the bytes of a file are written."""
    if card.repository is None:
        return yolov5_file(file.name)
    return storage_of(card.repository) / "blobs" / (file.digest or f"{wanted.commit}-{file.name}")


def final_path(card: ModelCard, wanted: Remote, file: RemoteFile) -> Path:
    """Where a file is read: its name in the snapshot."""
    if card.repository is None or wanted.commit is None:
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
    except (OSError, ValueError):  # ValueError: bytes that are not UTF-8
        return None


def write_reference(repository: str, revision: str, commit: str) -> None:
    """Record the commit of a branch; from now on the model counts as here."""
    if revision != commit:
        reference = storage_of(repository) / "refs" / revision
        reference.parent.mkdir(parents=True, exist_ok=True)
        reference.write_text(commit, encoding="utf-8")


def task_named_in(folder: Path) -> Task | None:
    """The task of the class that a folder's config.json says its model was made with; None where it tells none."""
    if (folder / diffusers_folder.INDEX).is_file():
        return task_made_with(str(read_json(folder / diffusers_folder.INDEX).get("_class_name")))
    config = read_json(folder / "config.json")
    names = config.get("architectures")
    if isinstance(names, list) and names:
        return task_made_with(str(names[0]))
    return Task.IMAGE_CLASSIFICATION if prepares_pictures(config) else None  # as timm itself writes a folder


def is_complete(folder: Path) -> bool:
    """Whether a snapshot holds all that a model is loaded from; dead links do not count.

    That is a config, a tokenizer (or a preprocessor, where its model takes pictures) unless it needs no file, and every
    weight file that the snapshot speaks of. Of a pipeline of diffusers it is all its parts.
    """
    here = {path.name for path in folder.iterdir() if path.is_file()} if folder.is_dir() else set()
    if diffusers_folder.INDEX in here:
        return diffusers_folder.lacking(folder) is None
    if "config.json" not in here:
        return False
    task = task_named_in(folder)
    if here.isdisjoint(files_to_read_with(task)) and not _reads_without_files(folder, task):
        return False
    if not here.isdisjoint(("model.safetensors", "pytorch_model.bin")):
        return True
    indexes = {"model.safetensors.index.json", "pytorch_model.bin.index.json"} & here
    return any(_weight_files(folder / index) <= here for index in indexes)


def _reads_without_files(folder: Path, task: Task | None) -> bool:
    """Whether pictures or texts become numbers by the settings alone: timm writes so, and bytes need no vocabulary."""
    if task == Task.IMAGE_CLASSIFICATION:
        return prepares_pictures(read_json(folder / "config.json"))
    return reads_without_vocabulary(folder)


def _weight_files(index: Path) -> set[str]:
    """The files that an index names; one that cannot exist (“”) where the index is not understood."""
    files = read_json(index).get("weight_map")
    return {str(name) for name in files.values()} if isinstance(files, dict) and files else {""}
