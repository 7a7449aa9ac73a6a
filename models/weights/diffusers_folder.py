"""A folder as diffusers writes it: model_index.json names the parts, and each part lies in a folder of its own.

Knows which files a pipeline is read from, in a repository and on the disk, and whether they are whole. Only safetensors
count as weights: nothing else is fetched or read, since pickles can hold code. Needs no library.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.errors import UnsafeCheckpoint, UnsupportedCheckpoint
from models.folders import read_json

INDEX = "model_index.json"
_STEM = r"(diffusion_pytorch_model|model)"
# In the order of preference. Half precision is half the download; what is computed in is chosen when it is loaded.
_WEIGHTS = (
    re.compile(rf"{_STEM}\.fp16\.safetensors"),
    re.compile(rf"{_STEM}(\.fp16-\d+-of-\d+\.safetensors|\.safetensors\.index\.fp16\.json)"),
    re.compile(rf"{_STEM}\.safetensors"),
    re.compile(rf"{_STEM}(-\d+-of-\d+\.safetensors|\.safetensors\.index\.json)"),
)
_HALF = _WEIGHTS[:2]
_ANY_WEIGHTS = re.compile(r".*\.(safetensors|bin|ckpt|pt|pth|msgpack|h5|onnx)")
_INDEX_OF_SHARDS = re.compile(r".*\.index(\.\w+)?\.json")
_SETTINGS = re.compile(r"[\w.-]+\.(json|txt|model)", re.ASCII)
_NAME = re.compile(r"\w+", re.ASCII)  # of a part: it becomes the name of a folder
Part = tuple[str, str]  # the library and the class


def parts_in(index: Mapping[str, Any]) -> dict[str, Part]:
    """The parts that a model_index.json names, each with its library and class; those that are left out are null."""
    pairs = {name: value for name, value in index.items() if not name.startswith("_") and isinstance(value, list)}
    return {
        name: (str(value[0]), str(value[1]))
        for name, value in pairs.items()
        if len(value) == 2 and None not in value and _NAME.fullmatch(name)
    }


def needed_files(names: Iterable[str], index: Mapping[str, Any], card: ModelCard) -> list[str]:
    """The files of a repository that a pipeline is read from: the index, and of each part settings and weights.

    Raises:
        UnsupportedCheckpoint: a part has weights, and none of them in safetensors.
    """
    below = _by_folder(names)
    needed = [INDEX]
    for part in parts_in(index):
        here = below.get(part, [])
        _require_safetensors(card, part, here)
        settings = [name for name in here if _SETTINGS.fullmatch(name) and not _INDEX_OF_SHARDS.fullmatch(name)]
        needed += [f"{part}/{name}" for name in (*settings, *weights_among(here))]
    return needed


def weights_among(names: Iterable[str]) -> list[str]:
    """The files of a part that hold its weights, in one format: half precision where there is one, never pickles."""
    given = sorted(names)
    return next((found for kind in _WEIGHTS if (found := list(filter(kind.fullmatch, given)))), [])


def is_half(folder: Path) -> bool:
    """Whether one of the parts is read from a file in half precision, which diffusers has to be told."""
    chosen = (name for part in parts_in(read_json(folder / INDEX)) for name in weights_among(_names_in(folder / part)))
    return any(kind.fullmatch(name) for name in chosen for kind in _HALF)


def weight_files(folder: Path) -> list[Path]:
    """The files that the weights of all parts are read from."""
    parts = parts_in(read_json(folder / INDEX))
    files = [folder / part / name for part in parts for name in weights_among(_names_in(folder / part))]
    return [file for file in files if file.suffix == ".safetensors"]


def lacking(folder: Path) -> str | None:
    """The first part or file that is not there, as the end of a sentence; None where all are."""
    parts = parts_in(read_json(folder / INDEX))
    if not parts:
        return f"{INDEX}, which names the parts, is missing, empty or cut off"
    for part in parts:
        here = _names_in(folder / part)
        chosen = weights_among(here)
        shards = {shard for name in chosen for shard in _shards(folder / part / name)}
        if not here:
            return f"the folder {part}, one of its parts, is missing"
        if "config.json" in here and not chosen:
            return f"{part} holds no weights in safetensors"
        if absent := sorted(shards - set(here)):
            return f"{part}/{absent[0]} is missing"
    return None


def require_no_code(card: ModelCard, folder: Path) -> None:
    """Raise UnsafeCheckpoint for a pipeline that is made of code in its folder."""
    index = read_json(folder / INDEX)
    own = [part for part, (library, _) in parts_in(index).items() if (folder / part / f"{library}.py").exists()]
    if own or not isinstance(index.get("_class_name"), str):
        what = f"The part {own[0]}" if own else "The pipeline"
        raise UnsafeCheckpoint(
            f"{what} of {card.model_id} is Python code in its folder, which is never run here, so nothing was loaded. "
            "Choose a model that is made of diffusers' own parts."
        )


def _require_safetensors(card: ModelCard, part: str, names: list[str]) -> None:
    if any(map(_ANY_WEIGHTS.fullmatch, names)) and not weights_among(names):
        raise UnsupportedCheckpoint(
            f"{card.model_id} holds no weights that Aula loads: those of {part} are not in safetensors, and other "
            "files can hold code. Choose another model."
        )


def _shards(file: Path) -> set[str]:
    """The files that an index of shards names; none for any other file."""
    files = read_json(file).get("weight_map") if file.suffix == ".json" else None
    return {str(name) for name in files.values()} if isinstance(files, dict) else set()


def _by_folder(names: Iterable[str]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {}
    for name in sorted(names):
        folder, slash, file = name.partition("/")
        if slash and "/" not in file:
            below.setdefault(folder, []).append(file)
    return below


def _names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []
