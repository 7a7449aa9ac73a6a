"""Labelled pictures as one file, for the process that learns from them: a ZIP with a table of contents of our own.

The table holds names and labels, which may be anything, while the entries are only numbered.
"""

import json
import zipfile
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from training.part_names import PARTS
from training.pictures.data import LeftOut, Picture, PictureData

NAME = "pictures.zip"
_TABLE = "aula.json"


def pack(data: PictureData) -> bytes:
    """The pictures, and what is known about them, as the bytes of a ZIP file. `unpack` gives the same back."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:  # pictures do not shrink
        for number, picture in enumerate(data.pictures):
            archive.writestr(str(number), picture.content)
        table = {
            "name": data.name,
            "pictures": [_described(picture) for picture in data.pictures],
            "left_out": [asdict(one) for one in data.left_out],
            "remarks": list(data.remarks),
        }
        archive.writestr(_TABLE, json.dumps(table, ensure_ascii=False))
    return out.getvalue()


def _described(picture: Picture) -> dict[str, Any]:
    return {name: getattr(picture, name) for name in ("name", "label", "width", "height", "digest", "part")}


def unpack(file: Path) -> PictureData:
    """What `pack` wrote. The pictures were looked at then, and are not opened again.

    Raises:
        InvalidInput: it is not such a file, or a damaged one.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            table = json.loads(archive.read(_TABLE))
            pictures = tuple(
                Picture(**facts, source=archive.read(str(number))) for number, facts in enumerate(table["pictures"])
            )
        if any(picture.part not in (None, *PARTS) for picture in pictures):
            raise ValueError("no such part")
        left_out = tuple(LeftOut(**one) for one in table["left_out"])
        return PictureData(table["name"], pictures, left_out, tuple(table["remarks"]))
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"{file.name} does not hold the pictures of a training. Start the training again."
        ) from error


def is_packed(file: Path) -> bool:
    """Whether a file is what `pack` writes."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _TABLE in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
