"""Sharing a model: what a folder would send to the hub, whether it may go, and the upload itself.

Nothing is sent before `upload`. The token is the one that `hf auth login` left with the library; it is neither read,
stored nor printed here.
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.catalog import Task, is_repository_id
from models.errors import AulaError, InvalidInput, Offline, UploadFailed
from models.folders import at_home
from models.precision import PRECISION_FILE
from models.weights import remote
from models.weights.cards import local_card, trained_path
from models.weights.completeness import PREPROCESSOR
from models.weights.fitting import require_parts_alike
from models.weights.remote import SETTINGS_FILES
from models.weights.storage import task_named_in

CARD = "README.md"
_NEEDED = {
    "a config.json": re.compile(r"config\.json"),
    "weights in .safetensors": re.compile(r".+\.safetensors"),
    f"a model card ({CARD})": re.compile(re.escape(CARD)),
}
# What a model is read from, and what explains it. Anything else stays here: data may be private, and the state of an
# optimizer is of no use to anybody and larger than the model.
_BELONGS = {
    CARD,
    "LICENSE",
    ".gitattributes",
    "adapter_config.json",
    "chat_template.jinja",  # which tokenizers of models that chat write beside themselves
    "result.json",
    PRECISION_FILE,
    *SETTINGS_FILES,
}
_WEIGHTS = re.compile(r"(adapter_)?model(-\d+-of-\d+)?\.safetensors|model\.safetensors\.index\.json")
_LEFT_BY_SYSTEMS = {".DS_Store", "Thumbs.db", "desktop.ini"}


@dataclass(frozen=True)
class SharedFile:
    """One file to send: its name there, where it is here, and its size in bytes."""

    name: str
    path: Path
    bytes: int


@dataclass(frozen=True)
class Sharing:
    """What would be sent, and where to."""

    repository: str
    address: str
    private: bool
    files: tuple[SharedFile, ...]

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        files = [{"file": file.name, "bytes": file.bytes} for file in self.files]
        return {"repository": self.repository, "address": self.address, "private": self.private, "files": files}


def plan(folder: Path | str, repository: str, private: bool = False) -> Sharing:
    """What sharing a model's folder, or the id of a model trained here, would send. Makes no request.

    Raises:
        InvalidInput: no such folder, a repository id that cannot be one, a part of the model is missing, or a file
            does not belong to a model.
        What `fitting.require_parts_alike` raises: a part of the model is broken or missing, or another model's.
    """
    folder = trained_path(str(folder)) or at_home(folder)
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}. Name the folder of a model, or one such as trained/NAME.")
    if not is_repository_id(repository):
        raise InvalidInput(f"“{repository}” is not a repository. Write your account and a name: ana/reviews-minilm.")
    found = sorted(path for path in folder.iterdir() if path.name not in _LEFT_BY_SYSTEMS)
    _require_only_a_model(folder, found)
    _require_whole(folder)
    files = tuple(SharedFile(path.name, path, path.stat().st_size) for path in found)
    return Sharing(repository, f"{remote.hub_address()}/{repository}", private, files)


def _require_only_a_model(folder: Path, found: list[Path]) -> None:
    names = [path.name for path in found if path.is_file()]
    missing = [what for what, kind in _NEEDED.items() if not any(map(kind.fullmatch, names))]
    if missing:
        raise InvalidInput(f"{folder} lacks {' and '.join(missing)}. Share a folder that a training has written.")
    others = [path.name for path in found if not path.is_file() or not _belongs(path.name)]
    if others:
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""
        raise InvalidInput(
            f"{', '.join(others[:5])}{more} in {folder} is not part of a model. Data, checkpoints and the like are not "
            "shared: move them out of the folder, and try again."
        )


def _require_whole(folder: Path) -> None:
    """Others should be able to load what they fetch. Of what a model for pictures needs, too little is known here."""
    task = task_named_in(folder)
    if task is not None or not (folder / PREPROCESSOR).is_file():
        require_parts_alike(local_card(str(folder), folder, task or Task.SENTENCE_SIMILARITY), folder)


def _belongs(name: str) -> bool:
    return name in _BELONGS or _WEIGHTS.fullmatch(name) is not None


def upload(sharing: Sharing) -> str:
    """Make the repository where there is none yet, send the files in one commit, and return the repository's address.

    Raises:
        Offline: no route to the hub, or offline mode is on.
        UploadFailed: nobody is logged in, the account may not write there, or the hub refused for another reason.
    """
    from huggingface_hub import CommitOperationAdd, HfApi, get_token

    if remote.is_offline():
        raise Offline("Offline mode is on (HF_HUB_OFFLINE). Unset it to share a model.")
    if get_token() is None:
        raise UploadFailed("Nobody is logged in to the hub on this machine. Run `hf auth login`, and try again.")
    remote.session()
    api = HfApi(endpoint=remote.hub_address())
    operations = [CommitOperationAdd(file.name, file.path) for file in sharing.files]
    with _plain_uploads(), _translated(sharing):
        api.create_repo(sharing.repository, private=sharing.private, exist_ok=True)
        api.create_commit(sharing.repository, operations, commit_message="Share a model trained with Aula")
    return sharing.address


@contextmanager
def _plain_uploads() -> Iterator[None]:
    """Send by plain HTTP, as we fetch: the Xet protocol goes to other hosts and past the client with our time-outs."""
    from huggingface_hub import constants

    before, constants.HF_HUB_DISABLE_XET = constants.HF_HUB_DISABLE_XET, True
    try:
        with warnings.catch_warnings():
            # The library hands files to its HTTP client under a name that the client wants to give up.
            warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)
            yield
    finally:
        constants.HF_HUB_DISABLE_XET = before


@contextmanager
def _translated(sharing: Sharing) -> Iterator[None]:
    import httpx2

    try:
        yield
    except AulaError:
        raise
    except RuntimeError as error:  # the library wraps what stops one of several files
        raise _explain(error.__cause__ or error, sharing) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, KeyError) as error:
        raise _explain(error, sharing) from error


def _explain(error: BaseException, sharing: Sharing) -> AulaError:
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    where = remote.hub_address().split("//")[-1]
    status = error.response.status_code if isinstance(error, HfHubHTTPError) and error.response is not None else None
    if status == 401:
        return UploadFailed(f"{where} does not accept the login of this machine. Run `hf auth login` again.")
    if status in (403, 404):
        return UploadFailed(
            f"Your account may not write to {sharing.repository} on {where}. Take your own account's name before the "
            "“/”, and log in with a token that may write (`hf auth login`)."
        )
    if status is not None:
        return UploadFailed(f"{where} refused the upload (HTTP {status}). Try again in a few minutes.")
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError)):
        return Offline(f"{where} cannot be reached. Check the network connection and the proxy settings.")
    if isinstance(error, httpx2.HTTPError):
        return UploadFailed(f"The connection to {where} broke off before all was sent. Try again.")
    return UploadFailed(f"The upload to {where} failed: {error}. Check the model card and the address in HF_ENDPOINT.")
