"""Files that commands write: none takes the place of what it is made of, or of another one that nobody named."""

import os
from collections.abc import Iterable
from itertools import count
from pathlib import Path

from models.errors import InvalidInput
from models.pictures.file_names import shown_name


def require_apart(written: Path | None, read: Iterable[Path], option: str) -> None:
    """Raise InvalidInput where the file of `option` is one of those that are read: it would be lost.

    Also where it has another name, as a link or in other letters on a disk that does not tell A from a.
    """
    if written is not None and any(_are_same(written, path) for path in read):
        raise InvalidInput(
            f"{shown_name(written)} is read here, and would be overwritten. Choose another file with {option}."
        )


def _are_same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:  # one of them is not there
        return False


def free_name(path: Path) -> Path:
    """The path itself, or with the first number behind its stem under which there is no file: a-2.png, a-3.png."""
    names = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(name for name in names if not os.path.lexists(name)) if os.path.lexists(path) else path
