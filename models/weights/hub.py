"""Weights on this machine: find them, fetch them with progress, list them, free them.

Where files lie is in `models.weights.storage`, what servers say in `models.weights.remote` and
`models.weights.remote_errors`, how bytes travel in `models.weights.transfer`.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from models.catalog import CATALOG, ModelCard, Task, card_of, is_repository_id
from models.errors import DamagedFile, InvalidInput, ModelNotHere, UnknownModel, UnsupportedCheckpoint
from models.folders import EMBEDDED, cache_folder, huggingface_cache, place_named, trained_folder
from models.weights import remote, remote_errors, transfer
from models.weights.cards import TRAINED, local_card, trained_path
from models.weights.completeness import require_whole
from models.weights.remote import Remote, RemoteFile
from models.weights.storage import (
    blob_path,
    final_path,
    is_complete,
    link,
    read_reference,
    storage_of,
    task_named_in,
    write_reference,
    yolov5_file,
)
from models.weights.transfer import OnProgress, Progress, Signs

Result = TypeVar("Result")


@dataclass(frozen=True)
class LocalModel:
    """A complete model on this machine: what it is for, and the bytes that freeing it gives back."""

    model_id: str
    path: Path
    bytes: int
    revision: str | None
    task: Task

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "model": self.model_id,
            "task": str(self.task),
            "bytes": self.bytes,
            "revision": self.revision,
            "path": str(self.path),
        }


def locate(card: ModelCard) -> Path | None:
    """The folder (or .pt file) of a complete model on this machine, or None. Makes no request."""
    if card.path is not None:
        return card.path if card.path.exists() else None
    if card.embedded is not None:
        folder = EMBEDDED / card.embedded
        return folder if folder.exists() else None
    if card.file is not None:
        file = yolov5_file(card.file)
        return file if file.is_file() else None
    return _snapshot(card.repository, card.revision) if card.repository is not None else None


def _snapshot(repository: str, revision: str) -> Path | None:
    storage = storage_of(repository)
    folder = storage / "snapshots" / (read_reference(storage, revision) or revision)
    return folder if is_complete(folder) else None


def stamp(path: Path) -> tuple[str, ...]:
    """What tells the weights at a place from others that were there before, without reading them.

    That is each file's name, size and time.
    """
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    facts = ((file, file.stat()) for file in files)
    return tuple(f"{file.resolve()} {known.st_size} {known.st_mtime_ns}" for file, known in facts)


def embedded_folder(card: ModelCard) -> Path:
    """The folder of an embedded model: its weights, and its model card. Raises ValueError for any other model."""
    if card.embedded is None:
        raise ValueError(f"{card.model_id} does not come with the suite")
    return EMBEDDED / card.embedded


def require(card: ModelCard) -> Path:
    """As `locate`, for a model that is about to be loaded.

    Raises:
        UnknownModel: the file or folder that the card names is gone.
        DamagedFile: weights that come with the suite are gone.
        ModelNotHere: with both ways to get it.
        What `require_whole` raises: a part of the model is missing, or broken.
    """
    found = present(card)
    require_whole(card, found)
    return found


def present(card: ModelCard) -> Path:
    """As `require`, without a look at the parts: for who needs only some of them."""
    found = locate(card)
    if found is None and card.path is not None:
        raise UnknownModel(f"There is no file or folder {card.path} any more. Choose another model.")
    if found is None and card.embedded is not None:
        raise DamagedFile(
            f"{card.model_id} should have come with the suite, but its files are gone. Get the suite again."
        )
    if found is None:
        raise ModelNotHere(
            f"{card.model_id} is not on this machine yet. Press Download on its page, "
            f"or run `python aula.py models fetch {card.model_id}`."
        )
    return found


def download_size(card: ModelCard) -> int | None:
    """Bytes that `fetch` brings for a model of which nothing is here yet; asks the server. None where it does not tell.

    Raises:
        What `fetch` raises.
    """
    return _watched(card, lambda signs: remote.describe(card).size, lambda progress: None, None)


def fetch(card: ModelCard, on_progress: OnProgress, cancelled: threading.Event | None = None) -> Path:
    """Bring a model here and return where it is; at once where it is here already.

    An interrupted download continues where it stopped. Two that want the same model take turns, and both see progress.
    `on_progress` is called in the caller's thread.

    Raises:
        Cancelled: the event was set; within a second, even when the server stalls.
        Offline, HubTimeout, GatedRepository, DiskFull, FetchFailed: the way to the server, or the room for its files.
        UnknownModel, UnsupportedCheckpoint: the model is not there, or is not one for us.
        DamagedFile: the connection kept breaking off, or the bytes do not match their check sum.
    """
    if card.path is not None or card.embedded is not None:
        return present(card)
    return locate(card) or _watched(card, lambda signs: _fetch(card, signs), on_progress, cancelled)


def _watched(
    card: ModelCard, work: Callable[[Signs], Result], on_progress: OnProgress, cancelled: threading.Event | None
) -> Result:
    def translated(signs: Signs) -> Result:
        with remote_errors.translated(card):
            return work(signs)

    return transfer.watch(translated, on_progress, cancelled, remote.server_name(card))


def _fetch(card: ModelCard, signs: Signs) -> Path:
    wanted = remote.describe(card)
    signs.alive()
    with _one_at_a_time(card, wanted, signs):
        missing = [file for file in wanted.files if not final_path(card, wanted, file).is_file()]
        room = sum((file.size or 0) - transfer.arrived_bytes(blob_path(card, wanted, file)) for file in missing)
        transfer.require_room(blob_path(card, wanted, wanted.files[0]).parent, room)
        for file in missing:
            _bring(card, wanted, file, signs)
        if card.repository is not None and wanted.commit is not None:
            write_reference(card.repository, card.revision, wanted.commit)
    return _whole(card)


def _whole(card: ModelCard) -> Path:
    """Where a model is of which all has come. Raises UnsupportedCheckpoint where that is not all that one needs."""
    found = locate(card)
    if found is None:  # not “press Download”, which would bring the same again
        raise UnsupportedCheckpoint(
            f"{card.model_id} is published without a part that it cannot be used without, most likely its tokenizer or "
            f"preprocessor. Choose another model; `python aula.py models free {card.model_id}` makes room."
        )
    return found


def _bring(card: ModelCard, wanted: Remote, file: RemoteFile, signs: Signs) -> None:
    blob, final = blob_path(card, wanted, file), final_path(card, wanted, file)
    others = _arrived(card, wanted) - transfer.arrived_bytes(blob)

    def on_bytes(done: int, total: int | None) -> None:
        signs.report(Progress(others + done, wanted.size or total, file.name))

    if not blob.is_file():
        check = _check(file, signs)
        transfer.download(remote.session(), file.url, blob, wanted.headers, check, on_bytes)
    if final != blob:
        link(blob, final)
    signs.report(Progress(_arrived(card, wanted), wanted.size, file.name))


def _check(file: RemoteFile, signs: Signs) -> Callable[[Path], bool]:
    def check(path: Path) -> bool:
        if file.size is not None and path.stat().st_size != file.size:
            return False
        if file.digest is not None:
            return transfer.matches(path, file.digest, signs)
        return transfer.is_sound_archive(path)

    return check


def _arrived(card: ModelCard, wanted: Remote) -> int:
    """Bytes of a model that are here, finished files and parts of files."""
    places = ((final_path(card, wanted, file), blob_path(card, wanted, file)) for file in wanted.files)
    return sum(final.stat().st_size if final.is_file() else transfer.arrived_bytes(blob) for final, blob in places)


@contextmanager
def _one_at_a_time(card: ModelCard, wanted: Remote, signs: Signs) -> Iterator[None]:
    """Wait until no other session or process fetches this model, showing how far that one is."""
    from filelock import FileLock, Timeout

    path = cache_folder() / "locks" / f"{card.model_id.replace('/', '--')}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except Timeout:
            signs.report(Progress(_arrived(card, wanted), wanted.size, card.model_id))
    try:
        yield
    finally:
        lock.release()


def list_local() -> list[LocalModel]:
    """Complete models on this machine that the suite can use and free, by name: not the embedded. Makes no request."""
    storages = huggingface_cache().glob("models--*--*")
    found = [_local_repository(storage) for storage in storages] + [_local_file(card) for card in CATALOG if card.file]
    found += [_trained(folder) for folder in trained_folder().glob("*/")]
    return sorted((model for model in found if model is not None), key=lambda model: model.model_id.lower())


def _local_repository(storage: Path) -> LocalModel | None:
    model_id = storage.name.removeprefix("models--").replace("--", "/", 1)
    commit = read_reference(storage, "main")
    folder = storage / "snapshots" / (commit or "main")
    task = task_of(model_id, folder)
    if commit is None or task is None or not is_complete(folder):
        return None
    return LocalModel(model_id, folder, bytes_below(storage), commit, task)


def trained_models(task: Task) -> list[ModelCard]:
    """The models of a task that were trained on this machine, by name."""
    folders = sorted(trained_folder().glob("*/"))
    return [local_card(TRAINED + folder.name, folder, task) for folder in folders if _trained_for(folder) == task]


def _trained(folder: Path) -> LocalModel | None:
    task = _trained_for(folder)
    return LocalModel(TRAINED + folder.name, folder, bytes_below(folder), None, task) if task is not None else None


def _trained_for(folder: Path) -> Task | None:
    """The task of a model trained here; None for one half written, when the program was ended."""
    model_id = TRAINED + folder.name
    return task_of(model_id, folder) if trained_path(model_id) is not None else None


def _local_file(card: ModelCard) -> LocalModel | None:
    path = locate(card)
    return LocalModel(card.model_id, path, path.stat().st_size, None, card.task) if path is not None else None


def task_of(model_id: str, folder: Path) -> Task | None:
    """What a model is for: as the catalog says, else as its configuration names its class; None where neither does."""
    known = card_of(model_id)
    return known.task if known is not None else task_named_in(folder)


def bytes_below(folder: Path) -> int:
    """Bytes of all files in a folder and its folders; what links lead to does not count."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


@cache
def embedded_bytes() -> int:
    """Bytes of all models that come with the suite, which stay what they are."""
    return bytes_below(EMBEDDED)


def free(model_id: str) -> int:
    """Delete a model, half a download included, and return the bytes given back.

    Raises:
        InvalidInput: a file or folder of the user's own, or one that comes with the suite: not ours to delete.
        ModelNotHere: there is nothing to delete.
    """
    card = card_of(model_id)
    if card is not None and card.file is not None:
        return _free_file(model_id, yolov5_file(card.file))
    if card is not None and card.embedded is not None:
        raise InvalidInput(
            f"{model_id} comes with the suite and stays. Only downloads and models trained here can be freed."
        )
    trained = trained_path(model_id)
    if trained is not None and trained.is_dir():
        freed = bytes_below(trained)
        shutil.rmtree(trained)
        return freed
    if is_repository_id(model_id) and storage_of(model_id).is_dir():
        return _free_repository(model_id)
    if place_named(model_id) is not None:
        raise InvalidInput(f"{model_id} is your own file or folder, not a download. Delete it yourself if you want to.")
    raise _nothing_to_free(model_id)


def _free_file(model_id: str, target: Path) -> int:
    here = [path for path in (target, transfer.part_of(target)) if path.is_file()]
    if not here:
        raise _nothing_to_free(model_id)
    freed = sum(path.stat().st_size for path in here)
    for path in here:
        path.unlink()
    return freed


def _free_repository(model_id: str) -> int:
    from huggingface_hub import scan_cache_dir

    storage, before = storage_of(model_id), bytes_below(storage_of(model_id))
    # The library knows which blobs it shares between repositories; what it does not count as a model is left to us.
    repositories = [repo for repo in scan_cache_dir(huggingface_cache()).repos if repo.repo_path == storage]
    commits = [revision.commit_hash for repo in repositories for revision in repo.revisions]
    if commits:
        scan_cache_dir(huggingface_cache()).delete_revisions(*commits).execute()
    shutil.rmtree(storage, ignore_errors=True)
    return before - (bytes_below(storage) if storage.exists() else 0)


def _nothing_to_free(model_id: str) -> ModelNotHere:
    return ModelNotHere(
        f"{model_id} is not on this machine, so there is nothing to free. See `python aula.py models list`."
    )
