"""Reads labelled pictures: from a folder with one subfolder a class, a ZIP of the same, or several uploads a class.

A folder around all classes does not matter, and `train`, `validation` and `test` above the classes are the parts, as in
the imagefolder of Hugging Face. Every file is opened once: what cannot be read is named, and the rest goes on.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

from PIL import Image

from models.errors import InvalidInput
from models.folders import place_named
from models.pictures.file_names import shown_name
from models.pictures.images import open_image
from models.pictures.picture_folder import SUFFIXES
from training.part_names import part_called
from training.pictures.archives import entries, is_archive
from training.pictures.data import LeftOut, Picture, PictureData, clean_label, merged_labels

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "things.zip"
MOST_PICTURES = 10_000
SMALLEST_SIDE = 8  # pixels
LONGEST_RATIO = 64  # of the sides, as in `models.pictures.prepared`, which needs torch
ENOUGH = 512  # pixels of the shorter side that are kept: models for pictures look at 224 to 384
QUALITY = 92  # of the JPEG that a large picture becomes
_LEFT_BY_SYSTEMS = ("__macosx", "desktop.ini", "thumbs.db")
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz")

OnStep = Callable[[int, int], None]  # how many files are read, and of how many


@dataclass(frozen=True)
class File:
    """A file before it is opened: the folders above it and its name, and where its bytes are.

    `fault` is a sentence that says why it cannot be read, where that is known already.
    """

    path: tuple[str, ...]
    source: Path | bytes
    fault: str | None = None

    @property
    def name(self) -> str:
        """As a person reads it, with “/” between the folders."""
        return shown_name("/".join(self.path))


@dataclass(frozen=True)
class _Labelled:
    file: File
    label: str
    part: str | None = None


def read_pictures(path: Path, as_written: bool = False, on_step: OnStep | None = None) -> PictureData:
    """The labelled pictures of a folder or of a ZIP file on this machine.

    Labels that differ only in capital letters are one class, unless they are to count `as_written`.

    Raises:
        InvalidInput: there is neither, it may not be read, no subfolder holds a picture, there are over 10,000
            pictures, or what `archives.entries` raises.
    """
    place = place_named(str(path))
    if place is not None and place.is_dir():
        return _read(place.resolve().name, *_in_folder(place), as_written, on_step)
    if place is None or not place.is_file():
        raise InvalidInput(f"There is no folder or ZIP file {shown_name(path)}. Check the name.")
    try:
        if not is_archive(place):
            raise InvalidInput(
                f"{shown_name(path.name)} is neither a folder nor a ZIP file. Put the pictures of each class into a "
                "folder of its own, and name the folder around these."
            )
        return read_archive(place.read_bytes(), place.name, as_written, on_step)
    except PermissionError:
        raise InvalidInput(f"{shown_name(path)} may not be read by you. Ask its owner.") from None


def read_archive(content: bytes, name: str, as_written: bool = False, on_step: OnStep | None = None) -> PictureData:
    """The labelled pictures in the bytes of a ZIP file that came under this name. Nothing is written to the disk.

    Raises:
        InvalidInput: no subfolder in it holds a picture, there are over 10,000, or what `archives.entries` raises.
    """
    found = entries(content, name)
    files = [File(entry.path, entry.content, entry.fault) for entry in found if not entry.is_folder]
    return _read(shown_name(name), files, [entry.path for entry in found if entry.is_folder], as_written, on_step)


def read_uploads(
    classes: Mapping[str, Sequence[tuple[str, bytes]]],
    name: str = "pictures",
    as_written: bool = False,
    on_step: OnStep | None = None,
) -> PictureData:
    """The pictures that somebody chose or shot for each class: label → (name, bytes of the file).

    Raises:
        InvalidInput: a class without a name that has pictures, or over 10,000 pictures.
    """
    if any(pictures and not clean_label(label) for label, pictures in classes.items()):
        raise InvalidInput("A class with pictures has no name. Name it.")
    labelled = [
        _Labelled(File((label, own_name), content), label)
        for label, pictures in classes.items()
        for own_name, content in pictures
    ]
    empty = [clean_label(label) for label, pictures in classes.items() if not pictures and clean_label(label)]
    return _opened(name, labelled, [], empty, as_written, on_step)


def _in_folder(folder: Path) -> tuple[list[File], list[tuple[str, ...]]]:
    """Every file below a folder, and every folder; what is hidden is passed over, and links to folders, too."""
    files, folders = [], []
    try:
        for path in sorted(folder.rglob("*")):
            names = path.relative_to(folder).parts
            if _is_hidden(names):
                continue
            if path.is_dir():
                folders.append(names)
            elif path.is_file():
                files.append(File(names, path))
            else:
                files.append(File(names, path, "is a pipe, a device or a link that leads nowhere"))
    except PermissionError as error:
        raise InvalidInput(f"{shown_name(error.filename)} may not be read by you. Ask its owner.") from None
    return files, folders


def _is_hidden(names: Sequence[str]) -> bool:
    return any(name.startswith(".") or name.lower() in _LEFT_BY_SYSTEMS for name in names)


def _is_picture(file: File) -> bool:
    return Path(file.path[-1]).suffix.lower() in SUFFIXES


def _read(
    name: str, files: Sequence[File], folders: Iterable[tuple[str, ...]], as_written: bool, on_step: OnStep | None
) -> PictureData:
    """Labels by the folders that files are in, and then the pictures themselves."""
    files = [file for file in files if not _is_hidden(file.path)]
    depth, has_parts = _layout([file.path for file in files if _is_picture(file)], name)
    labelled, left_out = [], []
    for file in files:
        problem = _unusable(file, depth)
        if problem is None:
            part = part_called(file.path[depth - 1]) if has_parts else None
            labelled.append(_Labelled(file, file.path[depth], part))
        else:
            left_out.append(LeftOut(file.name, problem))
    full = {one.file.path[: depth + 1] for one in labelled}
    empty = {path[depth] for path in folders if len(path) == depth + 1 and path not in full and not _is_hidden(path)}
    empty -= {one.label for one in labelled}  # a class may well be missing from a part
    return _opened(name, labelled, left_out, sorted(empty), as_written, on_step)


def _layout(paths: Sequence[tuple[str, ...]], name: str) -> tuple[int, bool]:
    """How many folders stand above those of the classes, and whether the last of these names a part."""
    if not paths:
        raise InvalidInput(f"There is no picture in {name}. Put the pictures of each class into a folder of its own.")
    depth = 0
    while all(len(path) > depth + 2 for path in paths) and len({path[depth] for path in paths}) == 1:
        depth += 1
    inside = [path for path in paths if len(path) > depth + 1]
    if not inside:
        raise InvalidInput(
            f"The pictures in {name} lie in no folders. Put those of each class into a folder that has its name."
        )
    are_parts = all(part_called(path[depth]) for path in inside)
    # Any, not all: one stray picture beside the classes of a part must not make classes of the parts.
    has_parts = are_parts and any(len(path) > depth + 2 for path in inside)
    return depth + has_parts, has_parts


def _unusable(file: File, depth: int) -> str | None:
    """Why a file cannot be a picture of a class, before it is opened; None where it can."""
    if file.fault:
        return f"{file.name} {file.fault}."
    if Path(file.path[-1]).suffix.lower() in _ARCHIVES:
        return f"{file.name} is an archive inside. Unpack it, and put its pictures into the folders of their classes."
    if not _is_picture(file):
        return f"{file.name} is not a picture."
    if len(file.path) <= depth + 1:
        return f"{file.name} lies in no class's folder. Put it into one."
    return None


def _opened(
    name: str,
    labelled: Sequence[_Labelled],
    left_out: Sequence[LeftOut],
    empty: Iterable[str],
    as_written: bool,
    on_step: OnStep | None,
) -> PictureData:
    if len(labelled) > MOST_PICTURES:
        raise InvalidInput(
            f"{name} has {len(labelled):,} pictures; at most {MOST_PICTURES:,} are read. Keep some hundred of each "
            "class: more hardly teach more."
        )
    classes, remarks = merged_labels((one.label for one in labelled), as_written)
    found = list(_each([replace(one, label=classes[one.label]) for one in labelled], on_step))
    pictures = tuple(one for one in found if isinstance(one, Picture))
    broken = [one for one in found if isinstance(one, LeftOut)]
    said = [f"The class “{label}” has no picture, so it is left out." for label in empty]
    return PictureData(name, pictures, (*left_out, *broken), (*remarks, *said))


def _each(labelled: Sequence[_Labelled], on_step: OnStep | None) -> Iterator[Picture | LeftOut]:
    # Two at once: Pillow decodes without Python's lock, and a hundred megapixels need 300 MB each.
    with ThreadPoolExecutor(2) as pool:
        for number, one in enumerate(pool.map(_look_at, labelled), start=1):
            if on_step is not None:
                on_step(number, len(labelled))
            yield one


def _look_at(one: _Labelled) -> Picture | LeftOut:
    """Open a file; the picture, or the sentence that says why it is left out."""
    file = one.file
    try:
        content = file.source if isinstance(file.source, bytes) else file.source.read_bytes()
        if not content:
            return LeftOut(file.name, f"{file.name} is empty.", one.label)
        image = open_image(_Named(content, file.path[-1]))
    except InvalidInput as error:
        return LeftOut(file.name, str(error), one.label)
    except OSError:
        return LeftOut(file.name, f"{file.name} may not be read by you, or has gone.", one.label)
    except MemoryError:
        return LeftOut(file.name, f"{file.name} is too large for this machine's memory. Make it smaller.", one.label)
    if min(image.size) < SMALLEST_SIDE:
        size = f"{image.width} × {image.height} pixels"
        reason = f"{file.name} has only {size}; at least {SMALLEST_SIDE} × {SMALLEST_SIDE} are needed."
        return LeftOut(file.name, reason, one.label)
    if max(image.size) > LONGEST_RATIO * min(image.size):
        reason = f"{file.name} is a strip, in which a model sees nothing. Cut out a part that is closer to a square."
        return LeftOut(file.name, reason, one.label)
    digest = hashlib.sha256(content).hexdigest()
    source = _smaller(image) if min(image.size) > ENOUGH else file.source
    return Picture(file.name, one.label, image.width, image.height, digest, source, one.part)


class _Named(BytesIO):
    """Bytes of a file that messages call by its name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def _smaller(image: Image.Image) -> bytes:
    """A copy whose shorter side has 512 pixels, as JPEG."""
    scale = ENOUGH / min(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    out = BytesIO()
    image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
