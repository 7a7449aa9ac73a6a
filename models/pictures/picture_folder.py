"""What lies in a folder: the pictures and films that can be read, and what is passed over, so that nobody misses it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import InvalidInput
from models.pictures.file_names import shown_name

# What Pillow and pillow-heif read, less what needs another program (.eps) or is mostly something else (.fit, .msp).
_READ = """
    .apng .avif .avifs .blp .bmp .bw .cur .dcx .dds .dib .fits .flc .fli .ftc .ftu .gbr .gif .heic .heics .heif .heifs
    .hif .icb .icns .ico .im .j2c .j2k .jfif .jp2 .jpc .jpe .jpeg .jpf .jpg .jpx .mpo .pbm .pcd .pcx .pfm .pgm .png .pnm
    .ppm .psd .pxr .qoi .ras .rgb .rgba .sgi .tga .tif .tiff .vda .webp .xbm .xpm
"""
SUFFIXES = frozenset(_READ.split())
FILM_SUFFIXES = frozenset((".avi", ".m4v", ".mkv", ".mov", ".mp4", ".webm"))
FOLDERS, VIDEO = "folder", "video"
KINDS = {
    VIDEO: ".3gp .flv .mpeg .mpg .mts .ogv .ts .wmv",
    "raw photograph": ".3fr .arw .cr2 .cr3 .dng .erf .nef .nrw .orf .pef .raf .raw .rw2 .sr2 .srw .x3f",
    "document": ".doc .docx .odp .odt .pdf .ppt .pptx .ps",
    "drawing": ".ai .cdr .dwg .dxf .eps .exr .jxl .svg .xcf",
}
OTHER = "other file"
_KIND_OF = {suffix: kind for kind, suffixes in KINDS.items() for suffix in suffixes.split()}
_LEFT_BY_THE_SYSTEM = ("desktop.ini", "thumbs.db")
MOST_NAMED = 3


@dataclass(frozen=True)
class FolderContents:
    """The pictures and films directly in a folder, by name, and what else is in it; none holds what is hidden."""

    folder: Path
    pictures: tuple[Path, ...]
    passed_over: tuple[tuple[str, tuple[str, ...]], ...]
    films: tuple[Path, ...] = ()

    @property
    def not_read(self) -> str | None:
        """What is passed over, counted and named by kinds, with what to do about it; None where there is nothing."""
        if not self.passed_over:
            return None
        kinds = ", ".join(_counted(kind, names) for kind, names in self.passed_over)
        return f"Not read in {shown_name(self.folder)}: {kinds}. {self._next_step}"

    @property
    def nothing(self) -> str:
        """What to say where there is no picture."""
        sentence = f"There is no picture in {shown_name(self.folder)}. Put JPEG or PNG files there, or choose another"
        return f"{sentence} folder. {self.films_text or ''} {self.not_read or ''}".strip()

    @property
    def films_text(self) -> str | None:
        """The films, counted and named, for whoever looks at pictures only; None where there is none."""
        if not self.films:
            return None
        return f"Films in {shown_name(self.folder)}: {_counted('film', [path.name for path in self.films])}."

    @property
    def _next_step(self) -> str:
        steps, kinds = [], {kind for kind, _ in self.passed_over}
        if kinds - {FOLDERS, VIDEO}:
            steps.append("Save what should be looked at as JPEG or PNG.")
        if VIDEO in kinds:
            steps.append("Save videos as MP4.")
        if FOLDERS in kinds:
            steps.append("Name a folder itself to have the pictures in it read.")
        return " ".join(steps)


def look_into(folder: Path) -> FolderContents:
    """The pictures and films directly in a folder, and what else is there.

    Raises:
        InvalidInput: there is no such folder, or no right to read it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {shown_name(folder)}. Check the name.")
    pictures: list[Path] = []
    films: list[Path] = []
    others: dict[str, list[str]] = {}
    try:
        for path in sorted(folder.iterdir(), key=lambda path: (path.name.lower(), path.name)):
            if path.name.startswith(".") or path.name.lower() in _LEFT_BY_THE_SYSTEM:
                continue
            if path.suffix.lower() in SUFFIXES and path.is_file():
                pictures.append(path)
            elif is_film(path) and path.is_file():
                films.append(path)
            else:
                others.setdefault(_kind(path), []).append(path.name)
    except PermissionError:
        sentence = f"{shown_name(folder)} may not be read by you. Ask its owner, or choose another folder."
        raise InvalidInput(sentence) from None
    order = [*KINDS, OTHER, FOLDERS]
    passed_over = sorted(others.items(), key=lambda item: order.index(item[0]))
    named = tuple((kind, tuple(names)) for kind, names in passed_over)
    return FolderContents(folder, tuple(pictures), named, tuple(films))


def is_film(path: Path) -> bool:
    """Whether a file is called as films are that can be read."""
    return path.suffix.lower() in FILM_SUFFIXES


def _kind(path: Path) -> str:
    return FOLDERS if path.is_dir() else _KIND_OF.get(path.suffix.lower(), OTHER)


def _counted(kind: str, names: Sequence[str]) -> str:
    named = [shown_name(name) for name in names[:MOST_NAMED]] + ["…"] * (len(names) > MOST_NAMED)
    return f"{len(names)} {kind}{'s' if len(names) > 1 else ''} ({', '.join(named)})"
