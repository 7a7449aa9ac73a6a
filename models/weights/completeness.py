"""Whether the folder of a model is whole: what it is loaded from is there, and nothing of it is empty or cut off.

Reads the beginnings and ends of files, never the weights themselves, and needs no library, so that every command can
ask before it waits for one. Whether the parts fit together is found out when they are loaded: `models.weights.fitting`
and `models.weights.load_report`.
"""

import json
import re
import struct
import zipfile
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.errors import AulaError, DamagedFile, UnsafeCheckpoint, UnsupportedCheckpoint
from models.folders import read_json
from models.tasks import Kind, Task
from models.weights import diffusers_folder
from models.weights.stated_task import require_task, require_text_task
from models.weights.timm_folder import is_timm, prepares_pictures

ADAPTER_SETTINGS, ADAPTER_WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
PREPROCESSOR = "preprocessor_config.json"
INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
# As transformers looks for them.
WEIGHTS = ("model.safetensors", INDEXES[0], "pytorch_model.bin", INDEXES[1])
FOREIGN_WEIGHTS = {".h5": "TensorFlow", ".msgpack": "Flax", ".gguf": "llama.cpp", ".onnx": "ONNX", ".ckpt": "Lightning"}
MARIAN = ("source.spm", "target.spm", "vocab.json")
# Small files of settings. Each is read where it is there, so each must hold something.
SMALL_FILES = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "generation_config.json",
    ADAPTER_SETTINGS,
)
POINTER = b"version https://git-lfs.github.com/spec/"
LONGEST_HEADER = 100_000_000  # bytes, as the safetensors library has it
# Bytes of a number; of kinds that are not here, the library checks the sizes.
_NUMBER_BYTES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2}
_NUMBER_BYTES |= {"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8}
# What the vocabularies of transformers' tokenizers are called, old and new: vocab.txt, bpe.codes, source.spm, …
_VOCABULARY = re.compile(
    r"tokenizer\.json|tokenizer\.model.*|.*vocab.*\.(json|txt|bpe|model)|merges\.txt|bpe\.codes|dict\.txt|tekken\.json"
    r"|.*(spiece|spm|sentencepiece|tiktoken|bpe).*\.model|.*\.(spm|tiktoken)|prophetnet\.tokenizer"
)
_PIECES = re.compile(r".*\.(model|spm)")  # of SentencePiece, which needs no merges
# These read bytes or characters, and have no vocabulary to be stored.
_WITHOUT_VOCABULARY = re.compile(r"(ByT5|Canine|Perceiver)Tokenizer(Fast)?")
_READ_AS_CHARACTERS = {"canine", "perceiver"}
_SHARD = re.compile(r"(model|pytorch_model)-\d+-of-\d+\.(safetensors|bin)")


def require_whole(card: ModelCard, path: Path) -> None:
    """Raise unless the folder, or the file of a detector, holds all that a model of its card's task is loaded from.

    Raises:
        UnsupportedCheckpoint: settings, tokenizer, preprocessor or weights are missing, or settings cannot be read.
        DamagedFile: a file of the weights or of the tokenizer is missing, empty, cut off, or only names a larger one.
        UnsafeCheckpoint: the weights are said to lie outside the folder.
    """
    if path.is_file():
        if (reason := _unusable(path)) is not None:
            raise DamagedFile(f"{path.name} {reason}. {_copy_again(card, 'it')}.")
        return
    if card.task.row.is_diffuser:
        _require_pipeline(card, path)
        return
    _require_settings(card, path)
    if card.task.row.reads_text:  # before anything is missed that a model for pictures never had
        require_text_task(card, read_json(path / "config.json"))
    _require_weights(card, path)
    if card.task.row.kind == Kind.PICTURE:
        _require_preprocessor(card, path)
    elif card.task.row.reads_text:
        _require_tokenizer(card, path)


def _require_pipeline(card: ModelCard, folder: Path) -> None:
    """All parts of a pipeline of diffusers, each with whole weights."""
    if not (folder / diffusers_folder.INDEX).is_file():
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds no {diffusers_folder.INDEX}, so it is not a pipeline of diffusers. "
            "Choose the folder that its `save_pretrained` wrote."
        )
    if (reason := diffusers_folder.lacking(folder)) is not None:
        raise damaged(card, folder, reason)
    diffusers_folder.require_no_code(card, folder)
    for file in diffusers_folder.weight_files(folder):
        _require_file(card, folder, file)


def require_weights(card: ModelCard, folder: Path) -> None:
    """The same for settings and weights alone, as of the base of an adapter, beside which there is a tokenizer."""
    _require_settings(card, folder)
    _require_weights(card, folder)


def damaged(card: ModelCard | None, folder: Path, reason: str) -> DamagedFile:
    """The error for weights that are not whole; the reason, for instance “model.safetensors is empty”, ends it."""
    if card is None or card.path is not None:
        return DamagedFile(f"The weights in {folder} are damaged or incomplete. Copy or save them again: {reason}.")
    if card.embedded is not None:
        return DamagedFile(f"The weights of {card.model_id} are damaged. Get the suite again: {reason}.")
    return DamagedFile(f"The weights of {card.model_id} are damaged. {_copy_again(card, 'them')}: {reason}.")


def _copy_again(card: ModelCard, what: str, source: str = "") -> str:
    """The next step for a part that is missing or broken, without its full stop."""
    if card.embedded is not None:
        return "Get the suite again"
    if card.path is None:
        return f"Free the model and download it again (`python aula.py models free {card.model_id}`)"
    return f"Copy {what} again{source}"


def _from_its_source(card: ModelCard, what: str) -> str:
    return _copy_again(card, what, " from the model that the folder was made from")


# Settings


def _require_settings(card: ModelCard, folder: Path) -> None:
    if not (folder / "config.json").is_file():
        here = "holds weights without their config.json" if any(_weight_files(folder)) else "holds no config.json"
        raise UnsupportedCheckpoint(
            f"{card.model_id} {here}, so it is not a model of the Hugging Face kind. "
            "Choose the folder that `save_pretrained` wrote, or copy config.json into it."
        )
    for name in ("config.json", *SMALL_FILES):
        if (folder / name).is_file():
            _require_object(card, folder / name)


def _require_object(card: ModelCard, file: Path) -> None:
    reason = _unusable(file)
    if reason is None and _parsed(file) is None:
        reason = "is cut off, or not JSON"
    if reason is not None:
        raise UnsupportedCheckpoint(f"{file.name} of {card.model_id} {reason}. {_from_its_source(card, 'it')}.")


def _parsed(file: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _unusable(file: Path) -> str | None:
    """What is wrong with a file by its size and first bytes, as the end of a sentence; None where nothing is."""
    try:
        with file.open("rb") as content:
            start = content.read(len(POINTER))
    except OSError as error:
        return f"cannot be read ({error.strerror or error})"
    if not start:
        return "is empty"
    if start == POINTER:
        return "is not the file itself but a note of Git LFS where it lies (`git lfs pull` fetches it)"
    return None


# What turns a text or a picture into numbers


def _require_preprocessor(card: ModelCard, folder: Path) -> None:
    if (folder / PREPROCESSOR).is_file():
        _require_object(card, folder / PREPROCESSOR)
        return
    config = read_json(folder / "config.json")
    if not prepares_pictures(config):
        require_task(card, config)
        holds = "no “pretrained_cfg” in its config.json" if is_timm(config) else f"no {PREPROCESSOR}"
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds {holds}, without which no picture can be read. {_from_its_source(card, 'it')}."
        )


def _require_tokenizer(card: ModelCard, folder: Path) -> None:
    files = sorted(path for path in folder.iterdir() if path.is_file() and _VOCABULARY.fullmatch(path.name))
    if not files:
        if not reads_without_vocabulary(folder):
            raise no_tokenizer(card)
        return
    # Where tokenizer.json is there, it is read, and the others are leftovers for older programs.
    whole = [path for path in files if path.name == "tokenizer.json"]
    for file in whole or files:
        if (reason := _unusable(file) or _cut_off(file)) is not None:
            raise _broken_tokenizer(card, f"{file.name} {reason}")
    if not whole:
        _require_pairs(card, {path.name: path for path in files})
    if read_json(folder / "config.json").get("model_type") == "marian":
        _require_both_languages(card, folder)


def no_tokenizer(card: ModelCard, what: str = "holds no tokenizer") -> UnsupportedCheckpoint:
    """The error for a folder without the vocabulary that its weights were trained with."""
    step = "Copy its files (tokenizer.json, tokenizer_config.json) from the model that the folder was made from"
    step = step if card.path is not None else _copy_again(card, "it")
    return UnsupportedCheckpoint(f"{card.model_id} {what}, without which no text can be read. {step}.")


def _broken_tokenizer(card: ModelCard, what: str) -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(f"{what}, so {card.model_id} can read no text. {_from_its_source(card, 'it')}.")


def reads_without_vocabulary(folder: Path) -> bool:
    """Whether the settings in a folder name a tokenizer of bytes or characters, which needs no file of its own."""
    settings, config = read_json(folder / "tokenizer_config.json"), read_json(folder / "config.json")
    named = str(settings.get("tokenizer_class") or config.get("tokenizer_class"))
    return _WITHOUT_VOCABULARY.fullmatch(named) is not None or config.get("model_type") in _READ_AS_CHARACTERS


def _cut_off(file: Path) -> str | None:
    """What is wrong with the end of a file of JSON: a vocabulary is too large to be parsed twice."""
    if file.suffix != ".json":
        return None
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 64))
        end = content.read().rstrip()
    return None if end.endswith((b"}", b"]")) else "is cut off"


def _require_pairs(card: ModelCard, files: dict[str, Path]) -> None:
    """A vocabulary of pairs of letters needs both its tokens and the order in which they are merged."""
    tokens, merges = files.get("vocab.json"), files.get("merges.txt")
    if any(_PIECES.fullmatch(name) for name in files) or {"vocab.txt", "bpe.codes"} & set(files):
        return
    if tokens is not None and merges is None:
        raise _broken_tokenizer(card, "merges.txt, the other half of vocab.json, is missing")
    if merges is not None and tokens is None:
        raise _broken_tokenizer(card, "vocab.json, the other half of merges.txt, is missing")
    if tokens is not None and merges is not None and _is_cut(tokens, merges):
        raise _broken_tokenizer(card, "merges.txt is cut off: it makes only a part of the tokens in vocab.json")


def _require_both_languages(card: ModelCard, folder: Path) -> None:
    """A translator of the Marian kind reads with one vocabulary, writes with another, and has one list of numbers."""
    for name in MARIAN:
        if not (folder / name).is_file():
            raise _broken_tokenizer(card, f"{name}, a part of the tokenizer of a Marian model, is missing")


def _is_cut(tokens: Path, merges: Path) -> bool:
    """Whether many tokens of several letters are made by no merge, although merges make tokens in general."""
    lines = merges.read_text(encoding="utf-8", errors="replace").splitlines()
    made = {line.replace(" ", "") for line in lines if not line.startswith("#version") and line.count(" ") == 1}
    known = read_json(tokens).keys()
    if made and len(made & known) < len(made) / 2:  # written in another way: “th@@” in one file, “th” in the other
        return False
    lone = [token for token in known - made if len(token.removesuffix("</w>")) > 1 and not token.startswith(("<", "["))]
    return len(lone) > max(20, len(known) // 20)


# Weights


def _require_weights(card: ModelCard, folder: Path) -> None:
    if (folder / ADAPTER_SETTINGS).is_file():
        _require_adapter_weights(card, folder)
        return
    quantized = sorted(folder.glob("model_*.pt"))  # what an int8 model is kept in
    chosen = next((folder / name for name in WEIGHTS if (folder / name).is_file()), None)
    if chosen is None and not quantized:
        raise _no_weights(card, folder)
    if chosen is None:
        chosen = quantized[0]
    if chosen.name in INDEXES:
        _require_shards(card, folder, chosen)
    else:
        _require_file(card, folder, chosen)


def _require_adapter_weights(card: ModelCard, folder: Path) -> None:
    if (folder / ADAPTER_WEIGHTS).is_file():
        _require_file(card, folder, folder / ADAPTER_WEIGHTS)
    elif not (folder / "adapter_model.bin").is_file():  # which `adapters.base_card` refuses, as it can hold code
        raise damaged(card, folder, f"{ADAPTER_WEIGHTS}, what the adapter adds to its base, is missing")


def _weight_files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name in WEIGHTS or _SHARD.fullmatch(path.name)]


def _no_weights(card: ModelCard, folder: Path) -> AulaError:
    shards = sorted(path.name for path in folder.iterdir() if _SHARD.fullmatch(path.name))
    if shards:
        index = INDEXES[0] if shards[0].endswith(".safetensors") else INDEXES[1]
        return damaged(card, folder, f"{index}, the list of the files that the weights lie in, is missing")
    others = sorted(path for path in folder.iterdir() if path.suffix in FOREIGN_WEIGHTS)
    if others:
        return UnsupportedCheckpoint(
            f"The weights of {card.model_id}, {others[0].name}, are for {FOREIGN_WEIGHTS[others[0].suffix]}. "
            "Choose the same model with model.safetensors."
        )
    return UnsupportedCheckpoint(
        f"{card.model_id} holds no weights (model.safetensors, or model_int8.pt where Aula kept it in int8). "
        f"{_from_its_source(card, 'them')}."
    )


def _require_shards(card: ModelCard, folder: Path, index: Path) -> None:
    """Every file that an index names is there, whole, and holds the weights that it is said to hold."""
    files = read_json(index).get("weight_map")
    if not isinstance(files, dict) or not files or not all(isinstance(name, str) for name in files.values()):
        raise damaged(card, folder, f"{index.name} {_unusable(index) or 'is not a list of files'}")
    names = sorted(set(files.values()))
    for name in names:
        if Path(name).name != name or "\\" in name or name in ("", ".", ".."):
            raise UnsafeCheckpoint(
                f"{index.name} of {card.model_id} names a file outside the folder (“{name}”), so nothing was loaded. "
                f"{_from_its_source(card, 'it')}."
            )
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise damaged(card, folder, f"{', '.join(missing[:3])}{more} {'is' if len(missing) == 1 else 'are'} missing")
    for name in names:
        stored = _require_file(card, folder, folder / name)
        lost = sorted(key for key, file in files.items() if file == name and stored is not None and key not in stored)
        if lost:
            raise damaged(card, folder, f"{name} does not hold “{lost[0]}”, which {index.name} says is in it")


def _require_file(card: ModelCard, folder: Path, file: Path) -> set[str] | None:
    """The names of the weights in a file that is whole; None where only loading tells them."""
    if (reason := _unusable(file)) is not None:
        raise damaged(card, folder, f"{file.name} {reason}")
    if file.suffix != ".safetensors":
        with file.open("rb") as content:
            start = content.read(2)
        if start == b"PK" and not zipfile.is_zipfile(file):
            raise damaged(card, folder, f"{file.name} is cut off")
        if start != b"PK" and start[:1] != b"\x80":  # an archive since 2020, a bare pickle before
            raise damaged(card, folder, f"{file.name} is not a file of PyTorch")
        return None
    header, reason = stored_in(file)
    if reason is not None:
        raise damaged(card, folder, f"{file.name} {reason}")
    return set(header)


def stored_in(file: Path) -> tuple[dict[str, Any], str | None]:
    """What the header of a safetensors file says of each weight, and what is wrong with the file, if anything."""
    size = file.stat().st_size
    with file.open("rb") as content:
        start = content.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        if not 2 <= length <= LONGEST_HEADER:
            return {}, "is not a safetensors file"
        text = content.read(length)
    if len(text) < length:
        return {}, "is cut off"
    try:
        header = json.loads(text)
        header.pop("__metadata__", None)
        end = max((weight["data_offsets"][1] for weight in header.values()), default=0)
        wrong = next((name for name, weight in header.items() if not _fits(weight)), None)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return {}, "is not a safetensors file"
    if wrong is not None:
        return {}, f"says of “{wrong}” another shape than it has room for"
    if size != 8 + length + end:
        return {}, "is cut off" if size < 8 + length + end else "is longer than it says"
    return header, None


def _fits(weight: dict[str, Any]) -> bool:
    """Whether a weight's shape and kind of number are what its place in the file has room for."""
    count = _NUMBER_BYTES.get(weight["dtype"])
    for length in weight["shape"]:
        count = None if count is None else count * length
    begin, end = weight["data_offsets"]
    return count is None or end - begin == count


def require_label_names(card: ModelCard, folder: Path) -> None:
    """Raise UnsupportedCheckpoint unless a classifier's config.json names its outputs one by one, from 0.

    transformers would put “LABEL_0” in place of names that it cannot assign, and say so only in a warning.
    """
    config = read_json(folder / "config.json")
    names, count = config.get("id2label"), config.get("num_labels")
    key = "id2label"
    if is_timm(config) and names is None:
        # A list, in the order of the outputs; without one, transformers takes ImageNet's names where the number fits.
        key, names, count = "label_names", config.get("label_names"), config.get("num_classes")
        names = dict(enumerate(names)) if isinstance(names, list) else names
    if names is None or (card.task.row.kind != Kind.PICTURE and card.task.loaded_as != Task.TEXT_CLASSIFICATION):
        return
    numbers = list(map(str, names)) if isinstance(names, dict) else []
    reason = None
    if sorted(numbers) != sorted(map(str, range(len(numbers)))) or not numbers:
        reason = f"does not number its labels 0, 1, 2, … (“{key}”)"
    elif isinstance(count, int) and count != len(numbers):
        said = "num_labels" if key == "id2label" else "num_classes"
        reason = f"names {len(numbers)} labels (“{key}”) and says that there are {count} (“{said}”)"
    if reason is not None:
        raise UnsupportedCheckpoint(
            f"The config.json of {card.model_id} {reason}, so no answer could be named. {_from_its_source(card, 'it')}."
        )


def require_one_numbering(card: ModelCard, folder: Path) -> None:
    """Raise UnsupportedCheckpoint where config.json gives one label two numbers, under “id2label” and “label2id”.

    A label that stands under one of them only, as the leftover “LABEL_0”, contradicts nothing.
    """
    config = read_json(folder / "config.json")
    names, numbers = config.get("id2label"), config.get("label2id")
    if not isinstance(names, dict) or not isinstance(numbers, dict):
        return
    for label, number in numbers.items():
        named_so = [key for key, name in names.items() if name == label]
        if named_so and str(number) not in map(str, named_so):
            raise UnsupportedCheckpoint(
                f"The config.json of {card.model_id} says that “{label}” is label {named_so[0]} (“id2label”) and label "
                f"{number} (“label2id”), so answers could be named the wrong way round. {_from_its_source(card, 'it')}."
            )
