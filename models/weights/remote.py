"""Asks servers what there is to fetch: the Hugging Face hub for repositories, a plain address for YOLOv5 files.

Knows which files of a repository a wrapper needs; stores nothing. What refusals mean is in
`models.weights.remote_errors`. `huggingface_hub` is imported at the first question, because pages that ask nothing must
not wait for it.
"""

import os
import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models.catalog import ModelCard
from models.errors import UnsupportedCheckpoint
from models.tasks import Kind, Task
from models.weights import diffusers_folder, transfer

if TYPE_CHECKING:
    import httpx2
    from huggingface_hub.hf_api import RepoSibling

YOLOV5_RELEASE = "https://github.com/ultralytics/assets/releases/download/v8.4.0"

# One of these turns text into numbers, the other one pictures.
TOKENIZER_FILES = (
    "tokenizer.json",
    "vocab.json",
    "vocab.txt",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
)
# A Marian cuts what it reads and what it writes with vocabularies of their own, and numbers the pieces in vocab.json.
MARIAN_FILES = ("source.spm", "target.spm")
PREPROCESSOR_FILES = ("preprocessor_config.json",)
# Small, and each model has some of them.
SETTINGS_FILES = {
    *TOKENIZER_FILES,
    *PREPROCESSOR_FILES,
    "config.json",
    "generation_config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "merges.txt",
    *MARIAN_FILES,
}
# In the order of preference: safetensors cannot hold code. One of them is fetched, never two.
_WEIGHTS = (
    re.compile(r"model\.safetensors"),
    re.compile(r"model(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)"),
    re.compile(r"pytorch_model\.bin"),
    re.compile(r"pytorch_model(-\d+-of-\d+\.bin|\.bin\.index\.json)"),
)

_GIT_OR_SHA256 = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

_installing = threading.Lock()
_installed = False


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch; `digest` is its SHA-256 (64 characters) or git's SHA-1 (40), None where nobody tells."""

    name: str
    url: str
    size: int | None
    digest: str | None


@dataclass(frozen=True)
class Remote:
    """Everything to fetch for one model, at one commit (None for a plain file)."""

    files: tuple[RemoteFile, ...]
    commit: str | None = None
    headers: dict[str, str] = field(default_factory=dict, repr=False)  # may hold the user's token

    @property
    def size(self) -> int | None:
        """Bytes in all, None where a server does not tell."""
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None


def is_offline() -> bool:
    """Whether the user has switched requests off: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE, read at each call."""
    values = (os.environ.get(name, "") for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(value.upper() in {"1", "ON", "YES", "TRUE"} for value in values)


def hub_address() -> str:
    """The hub: HF_ENDPOINT (a school's mirror), else huggingface.co."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def yolov5_address() -> str:
    """Where the YOLOv5 files lie: AULA_YOLOV5_URL (a school's mirror), else the release that ultralytics uses."""
    return (os.environ.get("AULA_YOLOV5_URL") or YOLOV5_RELEASE).rstrip("/")


def server_name(card: ModelCard) -> str:
    """The host that a card's files come from, for messages."""
    return urlsplit(hub_address() if card.repository else yolov5_address()).netloc


def session() -> "httpx2.Client":
    """The HTTP client that `huggingface_hub` uses too, with time-outs in every request (its own client has none)."""
    global _installed
    from huggingface_hub import constants, get_session, set_client_factory

    with _installing:
        if not _installed:
            # Otherwise the library asks the public hub for a list, by which to tell what kind of program this is.
            constants.HF_HUB_DISABLE_TELEMETRY = True
            set_client_factory(_client)
            _installed = True
    return get_session()


def headers() -> dict[str, str]:
    """What the hub wants to be told with each request; the user's token is among it where there is one."""
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # public, but not re-exported

    given: dict[str, str] = build_hf_headers()
    return given


def _client() -> "httpx2.Client":
    import httpx2

    return httpx2.Client(follow_redirects=True, timeout=None, event_hooks={"request": [_before_request]})


def _before_request(request: "httpx2.Request") -> None:
    from huggingface_hub.errors import OfflineModeIsEnabled

    # The library reads the switch once, at import; a setting that a teacher changes must count at once.
    if is_offline():
        raise OfflineModeIsEnabled(f"Offline mode is on: {request.url} was not asked.")
    limits = {"connect": transfer.CONNECT_SECONDS, "read": transfer.READ_SECONDS, "write": transfer.READ_SECONDS}
    given = {name: seconds for name, seconds in request.extensions.get("timeout", {}).items() if seconds is not None}
    request.extensions["timeout"] = {**limits, "pool": transfer.CONNECT_SECONDS, **given}


def describe(card: ModelCard) -> Remote:
    """What has to be fetched for a card; one request or two. Raises UnsupportedCheckpoint, and what libraries raise."""
    if card.repository is not None:
        return _describe_repository(card, card.repository)
    if card.file is not None:
        return _describe_file(card.file, card.sha256)
    raise ValueError(f"{card.model_id} is on this machine and on no server")


def _describe_repository(card: ModelCard, repository: str) -> Remote:
    from huggingface_hub import HfApi

    session()
    info = HfApi(endpoint=hub_address()).model_info(repository, revision=card.revision, files_metadata=True)
    commit = _checked(info.sha)
    siblings = {sibling.rfilename: sibling for sibling in info.siblings or ()}
    # By what is there: who only fetches a repository says no task.
    if card.task.row.is_diffuser or diffusers_folder.INDEX in siblings:
        names = diffusers_folder.needed_files(siblings, _pipeline_index(card, repository, commit, siblings), card)
    else:
        names = needed_files(siblings, card)
    files = (_remote_file(repository, commit, siblings[name]) for name in names)
    return Remote(tuple(files), commit, headers())


def _pipeline_index(card: ModelCard, repository: str, commit: str, names: Iterable[str]) -> dict[str, Any]:
    """What names the parts of a pipeline: a small file, read before anything is fetched."""
    if diffusers_folder.INDEX not in names:
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds no {diffusers_folder.INDEX}, so it is not a pipeline of diffusers. "
            "Choose another model."
        )
    from huggingface_hub import hf_hub_url

    url = hf_hub_url(repository, diffusers_folder.INDEX, revision=commit, endpoint=hub_address())
    response = session().get(url, headers=headers())
    transfer.raise_for_status(response)
    index = response.json()
    return index if isinstance(index, dict) else {}


def _remote_file(repository: str, commit: str, sibling: "RepoSibling") -> RemoteFile:
    from huggingface_hub import hf_hub_url

    # The plain address serves files of the hub's Xet storage too. Their own protocol goes to other hosts than the
    # hub's, which a school's proxy or mirror does not know, and cannot be continued where it stopped.
    url = hf_hub_url(repository, sibling.rfilename, revision=commit, endpoint=hub_address())
    digest = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    return RemoteFile(sibling.rfilename, url, sibling.size, _checked(digest))


def _checked(digest: str | None) -> str:
    """A digest as it is. It names a file here, so that another server's “../..” must not pass. Raises ValueError."""
    if digest is None or not _GIT_OR_SHA256.fullmatch(digest):
        raise ValueError(f"“{digest}” is not a digest")
    return digest


def _describe_file(name: str, digest: str | None) -> Remote:
    url = f"{yolov5_address()}/{name}"
    response = session().head(url, headers={"Accept-Encoding": "identity"})
    if response.status_code not in (405, 501):  # a simple mirror may not know HEAD: then the size is unknown
        transfer.raise_for_status(response)
    length = response.headers.get("Content-Length") if response.is_success else None
    return Remote((RemoteFile(name, url, int(length) if length else None, digest),))


def needed_files(names: Iterable[str], card: ModelCard) -> list[str]:
    """The files of a repository that a wrapper reads: settings, tokenizer or preprocessor, weights in one format.

    Raises:
        UnsupportedCheckpoint: there is no config, or there are no weights that load without running code.
    """
    top_level = sorted(name for name in names if "/" not in name)
    weights = next((found for found in (list(filter(kind.fullmatch, top_level)) for kind in _WEIGHTS) if found), [])
    if not weights or "config.json" not in top_level:
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds no weights that Aula can load: they have to be model.safetensors or "
            "pytorch_model.bin, beside a config.json. Choose another model."
        )
    return [name for name in top_level if name in SETTINGS_FILES] + weights


def files_to_read_with(task: Task | None) -> tuple[str, ...]:
    """The files of which models of a task need one beside config and weights; any will do where no task is known."""
    if task is None:
        return TOKENIZER_FILES + PREPROCESSOR_FILES
    return PREPROCESSOR_FILES if task.row.kind == Kind.PICTURE else TOKENIZER_FILES
