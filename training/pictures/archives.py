"""Looks into a ZIP file that somebody gave us, without writing anything to the disk or believing what it says.

Sizes are bounded as declared and as they turn out, since a file of some kilobytes can claim to hold terabytes.
"""

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PureWindowsPath

from models.errors import InvalidInput
from models.pictures.file_names import shown_name
from models.wording import size_text

MOST_BYTES = 200_000_000  # of the archive, and of all that is in it: pictures do not shrink
MOST_FILES = 20_000
_ENTRY = b"PK\x01\x02"  # begins each line of a ZIP's table of contents
_NAMES_ARE_UTF8 = 0x800
_IS_ENCRYPTED = 0x1
_MADE_ON_UNIX = 3
# What names of Western European files hold beside ASCII. In the wrong encoding they show as other signs.
_WESTERN = set("áéíóúüñçàèìòùâêîôûäëïöÿœæåøãõÁÉÍÓÚÜÑÇÀÈÌÒÙÂÊÎÔÛÄËÏÖŒÆÅØÃÕ¿¡ªº")


@dataclass(frozen=True)
class Entry:
    """One file or folder of an archive: its place in it, its bytes, and why these cannot be used where they cannot."""

    path: tuple[str, ...]
    is_folder: bool
    content: bytes = b""
    fault: str | None = None


def is_archive(path: Path) -> bool:
    """Whether a file is a ZIP, by its content."""
    with path.open("rb") as file:
        return zipfile.is_zipfile(file)


def entries(content: bytes, name: str) -> list[Entry]:
    """All that is in the bytes of a ZIP file, read into memory, by its name.

    An entry that is damaged, or a link, has a `fault` instead of content.

    Raises:
        InvalidInput: not a ZIP or a damaged one, one with a password, one with names that lead out of it, more than
            20,000 files, or more than 200 MB, packed or unpacked.
    """
    name = shown_name(name)
    if len(content) > MOST_BYTES:
        raise InvalidInput(f"{name} has {size_text(len(content))}; at most {size_text(MOST_BYTES)} are read. {_LESS}")
    if content.count(_ENTRY) > MOST_FILES:  # counted before each becomes an object of Python's
        raise InvalidInput(f"{name} holds more than {MOST_FILES:,} files. {_LESS}")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            paths = _paths(infos, name)
            _require_harmless(infos, name)
            return sorted(_read(archive, infos, paths, name), key=lambda entry: entry.path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{name} is not a ZIP file, or a damaged one. Pack the folder again.") from error


_LESS = "Leave some pictures out, or make them smaller."


def _require_harmless(infos: Sequence[zipfile.ZipInfo], name: str) -> None:
    if any(info.flag_bits & _IS_ENCRYPTED for info in infos):
        raise InvalidInput(f"{name} is protected with a password. Pack the folder again without one.")
    declared = sum(info.file_size for info in infos)
    if declared > MOST_BYTES:
        raise InvalidInput(
            f"Unpacked, {name} would have {size_text(declared)}; at most {size_text(MOST_BYTES)} are read. {_LESS}"
        )


def _read(
    archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo], paths: Sequence[tuple[str, ...]], name: str
) -> Iterator[Entry]:
    left = MOST_BYTES
    for info, path in zip(infos, paths, strict=True):
        if not path:
            continue
        if info.is_dir():
            yield Entry(path, True)
            continue
        entry = _entry(archive, info, path, left)
        left -= len(entry.content)
        if left < 0:
            raise InvalidInput(f"Unpacked, {name} has more than {size_text(MOST_BYTES)}, and it hides that. {_LESS}")
        yield entry


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: tuple[str, ...], most: int) -> Entry:
    if stat.S_ISLNK(info.external_attr >> 16):
        return Entry(path, False, fault="is a link to another file, not a picture")
    try:
        with archive.open(info) as file:
            return Entry(path, False, file.read(most + 1))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, ValueError, OSError, EOFError):
        return Entry(path, False, fault="is damaged in the ZIP file, or packed in a way that cannot be read here")


def _paths(infos: Sequence[zipfile.ZipInfo], name: str) -> list[tuple[str, ...]]:
    """The folders and the name of each entry. Raises InvalidInput where one leads out of the archive."""
    encoding = _encoding_of([info for info in infos if not info.flag_bits & _NAMES_ARE_UTF8])
    paths = []
    for info in infos:
        written = info.orig_filename
        if not info.flag_bits & _NAMES_ARE_UTF8:
            written = _bytes_of(info).decode(encoding, "replace")
        parts = PureWindowsPath(written.split("\0")[0])  # the one that knows drives and both kinds of slash
        if parts.anchor or ".." in parts.parts:
            raise InvalidInput(
                f"{name} holds a file that would be written outside of its folder ({shown_name(written)}), so it was "
                "not read. Pack the folder itself again."
            )
        paths.append(tuple(parts.parts))
    return paths


def _bytes_of(info: zipfile.ZipInfo) -> bytes:
    """The name as it stands in the archive: Python reads it as cp437, in which every byte is a sign."""
    return info.orig_filename.encode("cp437", "replace")


def _encoding_of(infos: Sequence[zipfile.ZipInfo]) -> str:
    """The encoding of names that do not say theirs: the first in which all are words of Western Europe.

    Old programs wrote that of DOS on Windows, and whatever the system used elsewhere: UTF-8 or Latin-1.
    """
    names = b" ".join(map(_bytes_of, infos))
    made_on_unix = any(info.create_system == _MADE_ON_UNIX for info in infos)
    for encoding in ("utf-8", *(("cp1252", "cp437") if made_on_unix else ("cp437", "cp1252"))):
        try:
            text = names.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or all(sign in _WESTERN for sign in text if sign > "\x7f"):
            return encoding
    return "cp437"
