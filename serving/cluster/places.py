"""Where files lie: folders of this machine, and addresses (s3://, gs://, …), which pyarrow's file systems reach."""

import os
import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import InvalidInput
from models.pictures.file_names import path_from, path_text, shown_name

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_MAGIC = re.compile(r"[*?[]")
_STEPS = re.compile(r"\*\*/|\*\*|\*|\?|\[[^]]*\]|.", re.DOTALL)


@dataclass(frozen=True)
class Place:
    """A file system of pyarrow, which travels to other processes; `scheme` is empty for that of this machine."""

    system: Any
    scheme: str = ""

    def name(self, path: str) -> str:
        """What a file is called wherever it is told of. Nothing of how one signs in stands in it."""
        return f"{self.scheme}://{path}" if self.scheme else path_text(Path(path))


def locate(address: str) -> tuple[Place, str]:
    """The file system of a path or an address, and the path in it. Raises InvalidInput for one that nobody reaches."""
    from pyarrow import ArrowException
    from pyarrow.fs import FileSystem, LocalFileSystem

    found = _ADDRESS.match(address)
    if found is None or found[1].lower() == "file":
        return Place(LocalFileSystem()), os.path.abspath(path_from(address)).replace(os.sep, "/")
    try:
        system, path = FileSystem.from_uri(address)
    except (ArrowException, ValueError, OSError, ImportError) as error:
        raise InvalidInput(
            f"{without_secrets(address)} cannot be reached: {first_line(error)}. "
            "Give a path of this machine, or an address that begins with s3:// or gs://."
        ) from error
    return Place(system, found[1].lower()), path


def without_secrets(address: str) -> str:
    """An address to read on one line, without what stands in it of how one signs in."""
    return shown_name(re.sub(r"(?<=://)[^/@]*@|\?[^/]*=.*$", "", address))


def first_line(error: Exception) -> str:
    """What a library says of an error, in a line that ends without a full stop."""
    known = getattr(error, "strerror", None)
    return str(known or str(error).strip().split("\n")[0]).rstrip(".")


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Raise InvalidInput, which names what was to be read, where it is not there or may not be read."""
    try:
        yield
    except FileNotFoundError as error:
        raise InvalidInput(
            f"There is no {name}. Check the name; where several machines work, each has to reach it."
        ) from error
    except OSError as error:
        raise InvalidInput(f"{name} cannot be read: {first_line(error)}.") from error


def read(place: Place, path: str, at: int = 0, length: int | None = None) -> bytes:
    """The bytes of a file, or `length` of them from `at` on. Raises InvalidInput where it cannot be read."""
    with reading(place.name(path)), place.system.open_input_file(path) as file:
        file.seek(at)
        return bytes(file.read(length))


# Folders and patterns


def is_pattern(path: str) -> bool:
    return bool(_MAGIC.search(path))


def files_in(place: Place, folder: str, recursive: bool = False) -> list[Any]:
    """What pyarrow tells of the files in a folder, by name; hidden ones are left out. Raises InvalidInput."""
    from pyarrow.fs import FileSelector, FileType

    with reading(place.name(folder)):
        found = place.system.get_file_info(FileSelector(folder, recursive=recursive))
    files = (info for info in found if info.type == FileType.File and not info.base_name.startswith("."))
    return sorted(files, key=lambda info: (info.path.lower(), info.path))


def fitting(place: Place, pattern: str) -> list[Any]:
    """The files that a pattern fits, by name; ** are folders in folders. Raises InvalidInput."""
    steps = pattern.split("/")
    first = next(number for number, step in enumerate(steps) if is_pattern(step))
    folder = "/".join(steps[:first]) or "/"
    expression = re.compile(_expression(pattern), re.DOTALL)
    deep = "**" in pattern or first < len(steps) - 1
    return [info for info in files_in(place, folder, deep) if expression.fullmatch(info.path)]


def _expression(pattern: str) -> str:
    """The pattern as a regular expression."""
    meant = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(meant.get(step) or _one_of(step) or re.escape(step) for step in _STEPS.findall(pattern))


def _one_of(step: str) -> str | None:
    """[a-c], or [!a-c] for all others; None for what is none of them, as the [2024-01] in a folder's name."""
    inner = step[1:-1].replace("\\", r"\\")
    meant = f"[^{inner[1:]}]" if inner.startswith("!") else f"[{inner}]"
    try:
        re.compile(meant)
    except re.error:
        return None
    return meant


def suffix(path: str) -> str:
    """A file's ending, small, with its dot."""
    return posixpath.splitext(path)[1].lower()
