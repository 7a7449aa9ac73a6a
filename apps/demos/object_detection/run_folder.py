"""A new numbered folder for what one `detect` finds: pictures with boxes, and the files that other programs read."""

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from PIL import Image

from apps.demos.object_detection.extras import NO_EXTRAS, Extras
from apps.demos.object_detection.growing_files import GrowingCoco, GrowingCsv, forget
from apps.terminal.written import write_whole
from models.errors import InvalidInput, UnreadableImage
from models.pictures.crops import class_folders, crop_names, crops
from models.pictures.detection_export import coco_text, to_yolo_labels, unique_names
from models.pictures.detections import Detections, ImageResult
from models.pictures.file_names import shown_name
from models.pictures.images import draw, jpeg, open_image
from models.pictures.one_of_many import named


@dataclass
class _Kept:
    """The files of one picture."""

    annotated: Path | None = None
    label: Path | None = None
    crops: list[Path] = field(default_factory=list)


class RunFolder:
    """Keeps each picture as it comes: whatever ends the program, all files are whole for the pictures done by then.

    `results` are those that are kept, `annotated` where their pictures with boxes are (None: there is none), `crops`
    those of their objects, `problems` the sentences about pictures that could be looked at, but not kept.
    """

    def __init__(self, path: Path, pictures: Sequence[Path], labels: Mapping[int, str], extras: Extras = NO_EXTRAS):
        self.path = path
        self.extras = extras
        self.results: list[ImageResult] = []
        self.annotated: list[Path | None] = []
        self.crops: list[list[Path]] = []
        self.problems: list[str] = []
        self._labels = labels
        self._class_folders = class_folders(labels)
        self._names = unique_names(pictures)  # the names that the export gives, too
        self._csv = GrowingCsv(path / "detections.csv")
        self._coco = GrowingCoco(path / "coco.json", list(zip(self._names, pictures, strict=True)), labels)

    @classmethod
    def create(
        cls, parent: Path, pictures: Sequence[Path], labels: Mapping[int, str], extras: Extras = NO_EXTRAS
    ) -> Self:
        """The first of `detect-001`, `detect-002` … in `parent` that does not exist. Raises InvalidInput."""
        number = 1
        while True:
            path = parent / f"detect-{number:03d}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not parent.is_dir():
                    sentence = f"{shown_name(parent)} is a file, not a folder. Choose another one with --out."
                    raise InvalidInput(sentence) from None
                number += 1
            except OSError as error:
                raise InvalidInput(
                    f"{shown_name(path)} cannot be made: {error.strerror}. Choose another one with --out."
                ) from error
            else:
                return cls._begin(path, pictures, labels, extras)

    @classmethod
    def _begin(cls, path: Path, pictures: Sequence[Path], labels: Mapping[int, str], extras: Extras) -> Self:
        try:
            return cls(path, pictures, labels, extras)
        except OSError as error:
            raise InvalidInput(f"{cannot_write(path, error)} Choose another one with --out.") from error

    def add(self, result: ImageResult) -> None:
        """Keep the result of the next picture.

        Raises:
            InvalidInput: the disk is full, or the folder is gone. What was kept before stays whole.
        """
        kept, lines = _Kept(), self._csv.length
        if result.detections is not None:
            try:
                self._keep(result.path, result.detections, kept)
            except Exception as error:
                self._take_back(lines, kept)
                if not isinstance(error, OSError):
                    raise
                raise InvalidInput(
                    f"{cannot_write(self.path, error)} What was done before {shown_name(result.path.name)} is kept. "
                    "Make room, or choose another place with --out."
                ) from error
        self.results.append(result)
        self.annotated.append(kept.annotated)
        self.crops.append(kept.crops)

    def _keep(self, source: Path, detections: Detections, kept: _Kept) -> None:
        """Write everything about a picture, and note in `kept` what is written so far."""
        number = len(self.results)
        name = Path(self._names[number])
        image = self._opened(source)
        if image is not None:
            kept.annotated = self._draw(name, image, detections)
            for crop in self._cut(name, image, detections):
                kept.crops.append(crop)
        kept.label = self.path / "labels" / f"{name.stem}.txt"
        self._write(kept.label, to_yolo_labels(detections, self.extras.label_confidence).encode())
        self._csv.add(str(name), source, detections)
        self._coco.add(number, str(name), source, detections)

    def finish(self) -> None:
        """Write `coco.json` as people like to read it, without blank room. It is whole even if this never happens."""
        self._csv.close()
        self._coco.close()
        if not self._names:  # films alone, which have tables of their own
            for name in ("detections.csv", "coco.json"):
                forget(self.path / name)
            return
        with contextlib.suppress(OSError):
            content = coco_text(self.results, self._labels)
            write_whole(self.path / "coco.json", content.encode("utf-8", "backslashreplace"))

    def _opened(self, source: Path) -> Image.Image | None:
        """The picture once more; None where the file is gone by now."""
        try:
            return open_image(source)
        except (UnreadableImage, MemoryError) as error:
            self.problems.append(f"No picture with boxes could be made: {named(shown_name(source.name), error)}")
            return None

    def _draw(self, name: Path, image: Image.Image, detections: Detections) -> Path | None:
        """The picture with boxes; None where the memory is full."""
        # JPEG stays JPEG; the other formats are not all written by Pillow, and PNG loses nothing.
        is_jpeg = name.suffix.lower() in (".jpg", ".jpeg")
        target = self.path / "pictures" / f"{name.stem}{name.suffix if is_jpeg else '.png'}"
        try:
            drawn = draw(image, detections, self.extras.line_thickness)
            content = jpeg(drawn, quality=92) if is_jpeg else _png(drawn)
        except MemoryError as error:
            self.problems.append(f"No picture with boxes could be made: {named(name.name, error)}")
            return None
        self._write(target, content)
        return target

    def _cut(self, name: Path, image: Image.Image, detections: Detections) -> Iterator[Path]:
        """Each object as a picture of its own, where that is wanted, and where it is kept."""
        if not self.extras.crops:
            return
        (self.path / "crops").mkdir(exist_ok=True)
        names = crop_names(name.stem, detections, self._class_folders)
        for target, content in zip(names, crops(image, detections), strict=True):
            self._write(self.path / "crops" / target, content)
            yield self.path / "crops" / target

    def _write(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(exist_ok=True)
        write_whole(target, content)

    def _take_back(self, lines: int, kept: _Kept) -> None:
        """Leave nothing of a picture that could be kept only in part."""
        with contextlib.suppress(OSError):
            self._csv.cut(lines)
        for path in (kept.annotated, kept.label, *kept.crops):
            if path is not None:
                forget(path)


def cannot_write(folder: Path, error: OSError) -> str:
    """The sentence about a folder in which nothing more can be kept."""
    return f"{shown_name(folder)} cannot be written: {error.strerror or error}."


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
