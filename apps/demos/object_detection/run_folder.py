"""A new numbered folder for what one `detect` finds: pictures with boxes, and the files that other programs read."""

from collections.abc import Sequence
from pathlib import Path

from models.errors import InvalidInput
from models.pictures.detection_export import export_files, unique_names
from models.pictures.detections import ImageResult
from models.pictures.images import draw, open_image


class RunFolder:
    """Keeps each picture as it comes, so that an end before the end loses nothing."""

    def __init__(self, path: Path, pictures: Sequence[Path]):
        self.path = path
        self.results: list[ImageResult] = []
        self._names = unique_names(pictures)  # the names that the export gives, too

    @classmethod
    def create(cls, parent: Path, pictures: Sequence[Path]) -> "RunFolder":
        """The first of `detect-001`, `detect-002` … in `parent` that does not exist. Raises InvalidInput."""
        number = 1
        while True:
            path = parent / f"detect-{number:03d}"
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                if not parent.is_dir():
                    raise InvalidInput(f"{parent} is a file, not a folder. Choose another one with --out.") from None
                number += 1
            except OSError as error:
                raise InvalidInput(
                    f"{path} cannot be made: {error.strerror}. Choose another one with --out."
                ) from error
            else:
                return cls(path, pictures)

    def add(self, result: ImageResult) -> Path | None:
        """Keep the result of the next picture; where its picture with boxes is, or None when it could not be read."""
        name = Path(self._names[len(self.results)])
        self.results.append(result)
        if result.detections is None:
            return None
        # JPEG stays JPEG; the other formats are not all written by Pillow, and PNG loses nothing.
        suffix = name.suffix if name.suffix.lower() in (".jpg", ".jpeg") else ".png"
        target = self.path / "pictures" / f"{name.stem}{suffix}"
        target.parent.mkdir(exist_ok=True)
        draw(open_image(result.path), result.detections).save(target, quality=92)
        return target

    def write_files(self, labels: dict[int, str]) -> None:
        """Write `detections.csv`, `coco.json` and `labels/*.txt` for the pictures so far."""
        for name, content in export_files(self.results, labels).items():
            target = self.path / name
            target.parent.mkdir(exist_ok=True)
            target.write_text(content, encoding="utf-8", newline="\n")
