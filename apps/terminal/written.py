"""Files that commands write: whole or not at all, and none takes the place of what it is made of.

Whether one can be written is asked before anything is computed.
"""

import os
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

from models.errors import InvalidInput
from models.pictures.file_names import shown_name


def require_writable(written: Path | None, option: str, endings: Sequence[str] = ()) -> None:
    """Raise InvalidInput where the file of `option` could not be written, or does not end in one of `endings`."""
    if written is None:
        return
    if endings and written.suffix.lower() not in endings:
        raise InvalidInput(
            f"{shown_name(written)} does not end in {' or '.join(endings)}. Choose such a name for {option}."
        )
    if (problem := _why_not(written)) is not None:
        raise _cannot_write(written, problem, option)


def _why_not(written: Path) -> str | None:
    folder = written.absolute().parent
    if written.is_dir():
        return "it is a folder"
    if not folder.is_dir():
        return "there is no such folder"
    return None if os.access(written if _is_no_file(written) else folder, os.W_OK) else "you may not write there"


def _is_no_file(path: Path) -> bool:
    """Whether it is a pipe, a terminal or another device: written to, and not exchanged for a file."""
    return path.exists() and not path.is_file()


def write_result(written: Path, content: str | bytes, option: str) -> None:
    """Write what was computed, text as UTF-8; what stood there before stays until all of it is on the disk.

    Raises:
        InvalidInput: it cannot be written.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "backslashreplace")  # half a surrogate pair: a name from another system
    try:
        if _is_no_file(written):
            written.write_bytes(content)
        else:
            write_whole(written.resolve(), content)  # where it is a link, that which it leads to
    except OSError as error:
        raise _cannot_write(written, error.strerror or str(error), option) from error


def _cannot_write(written: Path, problem: str, option: str) -> InvalidInput:
    return InvalidInput(f"{shown_name(written)} cannot be written: {problem}. Choose another with {option}.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is there in full or not at all: under another name first, and on the disk before it is renamed.

    Raises:
        OSError: it cannot be written; nothing is left of it.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


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
