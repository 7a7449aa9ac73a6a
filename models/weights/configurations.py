"""The shape of a model, from its config.json alone: no weights are needed, and none are read.

Looks in a folder of this machine, at weights that were downloaded, at the configurations that come with the suite
(written from published shapes; they hold what decides the shape and nothing else), and at what was fetched before. Asks
the hub only in `fetch_configuration`. Runs no code of a repository, and refuses numbers that would build for ever.
"""

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.catalog import CATALOG, ModelCard, Task, card_of, is_repository_id
from models.errors import DamagedFile, InvalidInput, ModelNotHere, UnknownModel, UnsafeCheckpoint, UnsupportedCheckpoint
from models.folders import cache_folder, place_named, read_json
from models.weights import hub, remote, remote_errors, transfer
from models.weights.cards import TRAINED, trained_path
from models.weights.configuration_check import check, unusable
from models.weights.fitting import lacking
from models.weights.storage import read_reference, storage_of, task_named_in
from models.weights.transfer import Signs

if TYPE_CHECKING:
    from transformers import PretrainedConfig

SHIPPED = Path(__file__).resolve().parents[1] / "configurations"
# Models whose memory is worth looking at although no page runs them.
EXAMPLES = {
    "google-bert/bert-base-uncased": "BERT base as it was published: the 110 million parameters of many a course.",
    "EleutherAI/gpt-neo-125m": "GPT-Neo with 125 million parameters, which some notes call a model of 1.2 GB.",
    "meta-llama/Meta-Llama-3-8B": "Llama 3 with 8 billion parameters: too large for most classrooms, unless quantized.",
}
LARGEST_FILE = 4_000_000  # bytes; a configuration with ten thousand labels takes one
# What decides nothing about the shape, and what could make a library fetch or run something.
_DROPPED = re.compile(r"attn_implementation|^auto_map$|^quantization_config$|^(torch_)?dtype$|^_name_or_path$")


@dataclass(frozen=True)
class Configuration:
    """A config.json that was found: its content as `text`, where it is from, and the catalog's task if it has one.

    `lacks` says why the folder that it lies in could not be loaded as it is; None where nothing is missing.
    """

    model_id: str
    text: str
    source: str
    task: Task | None = None
    lacks: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """The settings."""
        values: dict[str, Any] = json.loads(self.text)
        return values


def find_configuration(model: ModelCard | str) -> Configuration:
    """The configuration of a catalog model, an example, a folder, or another repository. Makes no request.

    Raises:
        UnknownModel: no such file or folder, and no id of a repository.
        ModelNotHere: a repository whose configuration is not on this machine.
        InvalidInput: an object detector or a pipeline of diffusers, which have no config.json.
        UnsupportedCheckpoint, UnsafeCheckpoint, DamagedFile: as `check` and for a file that cannot be read.
    """
    card = model if isinstance(model, ModelCard) else _card(model.strip())
    if card.task.row.is_detector:
        raise InvalidInput(
            f"{card.model_id} is made of convolutions, whose memory is not worked out here. Choose a text model."
        )
    if card.task.row.is_diffuser:
        raise InvalidInput(
            f"{card.model_id} is several networks, whose memory is not worked out here. The page “Text to image” says "
            "what it needs."
        )
    known = card in CATALOG
    for path, source in _places(card):
        if path.is_file():
            found = _read(card, path, source, card.task if known else None)
            return replace(found, lacks=_lacks(card, path.parent)) if card.path is not None else found
    raise _not_here(card)


def _lacks(card: ModelCard, folder: Path) -> str | None:
    """What is missing in a folder for a model of the task that its settings name; of others too little is known."""
    task = task_named_in(folder)
    return None if task is None else lacking(replace(card, task=task), folder)


def configuration(model: ModelCard | str) -> "PretrainedConfig":
    """The transformers configuration of a model that `find_configuration` finds. Raises what that and `build` raise."""
    return build(find_configuration(model))


def build(found: Configuration) -> "PretrainedConfig":
    """The transformers configuration with these values.

    Raises:
        UnsupportedCheckpoint: transformers does not know this kind of model, or its settings are wrong.
        UnsafeCheckpoint: a kind that exists only as code in the repository.
    """
    from huggingface_hub.errors import StrictDataclassError
    from transformers import CONFIG_MAPPING, PretrainedConfig

    values = _without(PretrainedConfig._decode_special_floats(found.values))  # transformers writes infinity as a word
    kind = values.pop("model_type", None) or "timm_wrapper"  # only timm's own need not say it
    if kind not in CONFIG_MAPPING:
        raise _unknown_kind(found, kind)
    try:
        return CONFIG_MAPPING[kind].from_dict(values)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, StrictDataclassError) as error:
        raise unusable(found.model_id, str(error)) from error


def fetch_configuration(model_id: str, cancelled: threading.Event | None = None) -> Configuration:
    """Bring config.json, and nothing else, from the hub; it is kept and found without a network from then on.

    Raises:
        What `hub.fetch` raises, and what `find_configuration` raises for what arrived.
    """
    card = _card(model_id.strip())
    repository = card.repository
    if repository is None:
        return find_configuration(card)

    def work(signs: Signs) -> None:
        with remote_errors.translated(card):
            _download(card, repository, signs)

    transfer.watch(work, lambda progress: None, cancelled, remote.server_name(card))
    return _read(card, _fetched(repository), "fetched from the hub", card.task if card in CATALOG else None)


def _download(card: ModelCard, repository: str, signs: Signs) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.errors import EntryNotFoundError

    def on_bytes(done: int, total: int | None) -> None:
        signs.alive()
        if done > LARGEST_FILE:
            raise _too_large(card.model_id)

    url = hf_hub_url(repository, "config.json", revision=card.revision, endpoint=remote.hub_address())
    try:
        transfer.download(remote.session(), url, _fetched(repository), remote.headers(), _is_object, on_bytes)
    except EntryNotFoundError as error:
        raise _without_file(card) from error


def _is_object(path: Path) -> bool:
    return bool(read_json(path))


def _card(model_id: str) -> ModelCard:
    """The catalog's card, or one that says where to look; the task of another model is in its configuration."""
    if not model_id:
        raise UnknownModel("No model was named. Give a Hugging Face id (owner/name), a folder, or a number.")
    known = card_of(model_id)
    if known is not None:
        return known
    path = place_named(str(trained_path(model_id) or model_id))
    if path is not None:
        return ModelCard(model_id, Task.TEXT_GENERATION, path=path.resolve())
    if is_repository_id(model_id) and not model_id.startswith(TRAINED):
        return ModelCard(model_id, Task.TEXT_GENERATION, repository=model_id)
    raise UnknownModel(
        f"There is no model or folder “{model_id}”. Give a Hugging Face id (owner/name), a folder with a config.json, "
        "or a number of parameters."
    )


def _places(card: ModelCard) -> Iterator[tuple[Path, str]]:
    """Where a configuration may lie, best first: what is loaded here is the truth, what was published comes after."""
    if card.path is not None:
        yield (card.path / "config.json" if card.path.is_dir() else card.path), "from its folder"
        return
    if card.embedded is not None:
        yield hub.embedded_folder(card) / "config.json", "embedded"
        return
    if card.repository is None:
        return
    storage = storage_of(card.repository)
    commit = read_reference(storage, card.revision) or card.revision
    yield storage / "snapshots" / commit / "config.json", "on this machine"
    yield SHIPPED / _file_name(card.repository), "comes with the suite"
    yield _fetched(card.repository), "fetched from the hub"


def _file_name(repository: str) -> str:
    return f"{repository.replace('/', '--')}.json"


def _fetched(repository: str) -> Path:
    return cache_folder() / "configurations" / _file_name(repository)


def _read(card: ModelCard, path: Path, source: str, task: Task | None) -> Configuration:
    if path.stat().st_size > LARGEST_FILE:
        raise _too_large(card.model_id)
    values = read_json(path)
    if not values:
        raise DamagedFile(f"The config.json of {card.model_id} cannot be read as JSON. Copy or download it again.")
    check(card.model_id, values)
    return Configuration(card.model_id, json.dumps(values, sort_keys=True), source, task)


def _without(values: Any) -> Any:
    """The settings without those that do not decide the shape."""
    if not isinstance(values, dict):
        return values
    return {name: _without(value) for name, value in values.items() if not _DROPPED.search(name)}


def _not_here(card: ModelCard) -> Exception:
    if card.path is not None:
        return _without_file(card)
    return ModelNotHere(
        f"The configuration of {card.model_id} is not on this machine. Fetch it from the hub (a few kilobytes): the "
        f"button on the page, or `python aula.py memory {card.model_id} --download`."
    )


def _without_file(card: ModelCard) -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(
        f"{card.model_id} holds no config.json, so its shape is not known. "
        "Choose a folder or repository that has one, or give a number of parameters."
    )


def _too_large(model_id: str) -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(
        f"The config.json of {model_id} is larger than {LARGEST_FILE / 1e6:.0f} MB, so it is not one. Choose another."
    )


def _unknown_kind(found: Configuration, kind: str) -> Exception:
    if "auto_map" in found.values:
        return UnsafeCheckpoint(
            f"{found.model_id} is built by code of its own (“{kind}”), which is not run here. "
            "Choose a model that transformers knows, or give its number of parameters."
        )
    return UnsupportedCheckpoint(
        f"{found.model_id} is a “{kind}” model, which transformers does not know. "
        "Choose another model, or give its number of parameters."
    )
