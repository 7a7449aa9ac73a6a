"""Files that grow with each picture and are whole at any moment, whatever ends the program."""

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from apps.terminal.written import write_whole
from models.pictures.detection_export import coco_annotations, coco_categories, coco_image, csv_head, csv_lines
from models.pictures.detections import Detections

UNKNOWN = 999_999_999  # pixels: as long a number as any width or height, in the room kept for an entry
END = b"\n]}\n"


class GrowingFile:
    """A file whose last bytes are written anew; where that fails, they are again what they were."""

    def __init__(self, path: Path, content: bytes, end: bytes = b""):
        write_whole(path, content + end)
        self._file = path.open("r+b", buffering=0)
        self._end = end
        self.length = len(content)  # without the end

    def append(self, content: bytes) -> None:
        """Put `content` before the end. Raises OSError."""
        try:
            self.overwrite(self.length, content + self._end)
        except BaseException:
            self.cut(self.length)
            raise
        self.length += len(content)

    def overwrite(self, position: int, content: bytes) -> None:
        """Write at a position, on to the disk."""
        self._file.seek(position)
        while content:
            content = content[self._file.write(content) :]
        os.fsync(self._file.fileno())

    def cut(self, length: int) -> None:
        """Make it as long as it was once, with its end; takes no room on a full disk."""
        self.length = length
        self._file.seek(length)
        self._file.write(self._end)
        self._file.truncate()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class GrowingCsv(GrowingFile):
    """`detections.csv`: the lines of a picture are appended in one go."""

    def __init__(self, path: Path):
        super().__init__(path, csv_head().encode())

    def add(self, name: str, path: Path, detections: Detections) -> None:
        """Append the lines of one picture. Raises OSError."""
        self.append(_encoded(csv_lines(name, path, detections)))


class GrowingCoco(GrowingFile):
    """`coco.json`: annotations are appended; each picture has room of its own, blank until it is done.

    Blanks mean nothing between two entries of a list, so that the file is JSON at any moment, without being written
    anew for each of thousands of pictures. A picture's entry is written last: with it, the picture is done.
    """

    def __init__(self, path: Path, named: Sequence[tuple[str, Path]], labels: Mapping[int, str]):
        rooms = [
            len(_json(coco_image(len(named), name, source, (UNKNOWN, UNKNOWN)))) + len(b",\n") for name, source in named
        ]
        start = b'{"categories": ' + _json(coco_categories(labels)) + b',\n"images": [\n'
        self._places = list(accumulate(rooms, initial=len(start)))[:-1]
        super().__init__(path, start + b" " * sum(rooms) + b'],\n"annotations": [', END)
        self._images = self._annotations = 0

    def add(self, number: int, name: str, path: Path, detections: Detections) -> None:
        """Add the picture whose place in the list is `number`. Raises OSError."""
        entries = coco_annotations(self._images + 1, self._annotations + 1, detections)
        separators = [b",\n" if self._annotations + index else b"\n" for index in range(len(entries))]
        before, place = self.length, self._places[number]
        self.append(b"".join(mark + _json(entry) for mark, entry in zip(separators, entries, strict=True)))
        entry = b",\n" * bool(self._images) + _json(coco_image(self._images + 1, name, path, detections.image_size))
        try:
            self.overwrite(place, entry)
        except BaseException:
            self.cut(before)
            self.overwrite(place, b" " * len(entry))
            raise
        self._images += 1
        self._annotations += len(entries)


def _json(value: Any) -> bytes:
    return _encoded(json.dumps(value, ensure_ascii=False))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")  # a name of a class may be no text


def forget(path: Path) -> None:
    """Take a file away, if it is there and can be."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
