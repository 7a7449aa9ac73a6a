"""Pictures for tests: noise around a colour, so that no two are the same file and a class can be told by its colour."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200)}


def picture(colour: tuple[int, int, int] = (200, 40, 40), seed: int = 0, size: tuple[int, int] = (24, 20)) -> bytes:
    """A PNG of one colour with noise; `size` is width and height in pixels."""
    noise = np.random.default_rng(seed).integers(-40, 41, (size[1], size[0], 3))
    out = BytesIO()
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def files(count: int = 6, labels: tuple[str, ...] = ("red", "green")) -> dict[str, bytes]:
    """So many pictures a class, as “red/0.png” → bytes."""
    return {
        f"{label}/{number}.png": picture(COLOURS[label], 1000 * place + number)
        for place, label in enumerate(labels)
        for number in range(count)
    }


def folder(path: Path, contents: dict[str, bytes] | None = None) -> Path:
    """Write files below a folder, and return that."""
    for name, content in (files() if contents is None else contents).items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def zipped(contents: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> bytes:
    """The same as a ZIP file; a name that ends in “/” is a folder."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in (files() if contents is None else contents).items():
            archive.writestr(name, content)
    return out.getvalue()
