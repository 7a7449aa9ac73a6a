"""One film from its file to the film with boxes and its tables, frame by frame; page and terminal share it."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.words.amounts import seconds_text
from models.errors import AulaError, InvalidInput, OutOfMemory, UnreadableFilm, sentence_for, unforeseen
from models.pictures.file_names import shown_name
from models.pictures.film_results import (
    FilmResult,
    FrameResult,
    counts_lines,
    detection_lines,
    detections_head,
    frame_line,
)

if TYPE_CHECKING:  # they bring torch, Pillow and ffmpeg
    from PIL import Image

    from models.object_detection import ObjectDetector
    from models.pictures.film_writer import FilmWriter
    from models.pictures.films import Film

MOST_FRAMES = 500_000  # over four hours at 30 a second; a film that goes on longer may have no end


@dataclass(frozen=True)
class FilmProgress:
    """How far a film is: frames done, and the film's seconds up to there; `duration` is how long it lasts, None where
    it does not say so; `seconds` is how long the work took up to now.
    """

    frames: int
    film_seconds: float
    duration: float | None
    seconds: float

    @property
    def fraction(self) -> float | None:
        """The part that is done, 0 to 1; None where the film does not say how long it is."""
        return min(1.0, self.film_seconds / self.duration) if self.duration else None


class FilmRun:
    """Looks at one film and keeps what it finds in a folder of its own: `<stem>.mp4`, `detections.csv`, `counts.csv`
    with a line for each frame looked at, and `frames.jsonl` with all of it.

    `latest` is the picture with boxes that was written last. `ended` is set when the files are complete, however the
    work ended.
    """

    def __init__(
        self,
        path: Path,
        folder: Path,
        stem: str,
        every: int = 1,
        most_frames: int = MOST_FRAMES,
        line_thickness: int | None = None,
    ):
        self.path, self.folder = path, folder
        self.every, self.most_frames, self.line_thickness = every, most_frames, line_thickness
        self.latest: Image.Image | None = None
        self.class_ids: dict[str, int] = {}  # of the labels that were found
        self.ended = threading.Event()
        self.started = False
        self._annotated = folder / f"{stem}.mp4"
        self._writer: FilmWriter | None = None
        self._rows: list[_Rows] = []
        self._frames = self._looked_at = 0
        self._film_seconds = self._seconds = 0.0
        self._most: Counter[str] = Counter()
        self._error: str | None = None
        self._finished = False

    @property
    def name(self) -> str:
        """The film's name, to read."""
        return shown_name(self.path.name)

    @property
    def result(self) -> FilmResult:
        """What was found so far."""
        return FilmResult(
            path=self.path,
            folder=self.folder,
            annotated=self._annotated if self._frames else None,
            error=self._error,
            finished=self._finished,
            frames=self._frames,
            looked_at=self._looked_at,
            film_seconds=self._film_seconds,
            most_at_once=dict(self._most.most_common()),
            seconds=self._seconds,
        )

    def look(
        self, detector: "ObjectDetector", cancelled: threading.Event | None = None, **settings: Any
    ) -> Generator[FilmProgress, None, None]:
        """Look at the film, telling of each frame. What goes wrong with this film becomes the error of its result.

        `settings` are those of `ObjectDetector.detect`. Raises Cancelled, and what is wrong with the settings; the
        files are complete even then.
        """
        self.started, begin = True, time.perf_counter()
        try:
            yield from self._look(detector, cancelled, settings)
            self._finished = True
        except (UnreadableFilm, OutOfMemory, MemoryError, _TooLong) as problem:
            self._error = sentence_for(problem)
        except AulaError:  # Stop, or what concerns all films
            raise
        except OSError as problem:
            self._error = self._cannot_write(problem)
        except Exception as problem:
            self._error = f"{self.name}: {unforeseen(problem)}"
        finally:
            self._close()
            self._seconds = time.perf_counter() - begin
            self.ended.set()

    def _look(
        self, detector: "ObjectDetector", cancelled: threading.Event | None, settings: dict[str, Any]
    ) -> Iterator[FilmProgress]:
        from models.pictures.films import Film

        begin = time.perf_counter()
        with Film.open(self.path) as film:
            for result in detector.detect_frames(film.frames(cancelled), self.every, cancelled, **settings):
                if self._frames == self.most_frames:
                    raise _TooLong(self._too_long())
                self._keep(result, film)
                yield FilmProgress(self._frames, self._film_seconds, film.duration, time.perf_counter() - begin)

    def _keep(self, result: FrameResult, film: "Film") -> None:
        from models.pictures.images import draw

        if self._writer is None:
            self._writer = self._begin(result, film.rate)
        self.latest = draw(result.frame.image, result.detections, self.line_thickness)
        self._writer.add(self.latest, result.frame.seconds)
        self._frames, self._film_seconds = self._frames + 1, film.end
        if result.looked_at:
            self._keep_rows(result)

    def _begin(self, result: FrameResult, rate: Fraction | None) -> "FilmWriter":
        from models.pictures.film_writer import FilmWriter

        self.folder.mkdir(parents=True, exist_ok=True)
        self._rows = [
            _Rows(self.folder / "detections.csv", detections_head().encode()),
            _Rows(self.folder / "frames.jsonl", b""),
        ]
        return FilmWriter(self._annotated, result.frame.image.size, rate, result.frame.pixel_aspect)

    def _keep_rows(self, result: FrameResult) -> None:
        for rows, text in zip(self._rows, (detection_lines(result), frame_line(result)), strict=True):
            rows.append(text.encode("utf-8", "backslashreplace"))
        self._looked_at += 1
        self._most |= Counter(result.detections.counts())
        self.class_ids.update((one.label, one.class_id) for one in result.detections.detections)

    def _close(self) -> None:
        """Complete the files. Where that fails, what is there is still a film that plays, and tables that are whole."""
        for rows in self._rows:
            rows.close()
        try:
            if self._writer is not None:
                self._writer.close()
            if self._looked_at:
                self._write_counts()
        except OSError as problem:
            self._error = self._error or self._cannot_write(problem)
            self._finished = False

    def _write_counts(self) -> None:
        with (
            (self.folder / "frames.jsonl").open(encoding="utf-8") as lines,
            (self.folder / "counts.csv").open("w", encoding="utf-8", newline="") as counts,
        ):
            counts.writelines(counts_lines(lines, list(self.result.most_at_once)))

    def _cannot_write(self, problem: OSError) -> str:
        kept = "What was found until then is kept. " if self._frames else ""
        return (
            f"What is found in {self.name} cannot be written: {problem.strerror or problem}. {kept}"
            "Make room, or choose another place."
        )

    def _too_long(self) -> str:
        return (
            f"{self.name} has more than {self.most_frames:,} frames. The first {seconds_text(self._film_seconds)} were "
            "looked at. Cut the film, and look at the rest of it by itself."
        )


class _TooLong(InvalidInput):
    """The film goes on after the last frame that is taken."""


class _Rows:
    """A table that is whole after each row. Rows are left to the system: to wait for the disk would take longer."""

    def __init__(self, path: Path, head: bytes):
        self._file = path.open("wb", buffering=0)
        self._length = 0
        self.append(head)

    def append(self, content: bytes) -> None:
        """Write all of it or nothing. Raises OSError."""
        try:
            left = content
            while left:
                left = left[self._file.write(left) :]
        except BaseException:
            self._file.seek(self._length)
            self._file.truncate()
            raise
        self._length += len(content)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
