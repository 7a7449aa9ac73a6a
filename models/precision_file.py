"""The small file in a folder that says in which precision Aula saved its weights.

Knows the file, and not what a precision is: which names exist is found out by whoever loads the folder.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from models.errors import UnsupportedCheckpoint
from models.json_file import read_json

NAME = "aula_precision.json"
LONGEST_NAME = 40  # characters; the file may come from anywhere, and the name goes into sentences


@dataclass(frozen=True)
class SavedPrecision:
    """The precision of a folder's weights; `quantized` ones can be loaded in no other."""

    name: str
    quantized: bool


def write(folder: Path, name: str, quantized: bool) -> None:
    """Say in `folder` that its weights are in the precision called `name`."""
    content = {"precision": name, "quantized": quantized}
    (folder / NAME).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> SavedPrecision | None:
    """What the folder says; None where Aula did not save it. A damaged file reads as a precision without a name."""
    if not (folder / NAME).is_file():
        return None
    content = read_json(folder / NAME)
    name = content.get("precision")
    return SavedPrecision(name[:LONGEST_NAME] if isinstance(name, str) else "", content.get("quantized") is not False)


def unfit(folder: Path, name: str) -> UnsupportedCheckpoint:
    """The error for a folder that holds something else than weights saved in the precision called `name`."""
    return UnsupportedCheckpoint(
        f"The weights in {folder} are not what its settings say: {name} was expected. Save the model again."
    )
