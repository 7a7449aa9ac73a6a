"""Films in the terminal: each gets a folder in that of the run, one after another."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.demos.object_detection.film_run import FilmProgress, FilmRun
from apps.terminal.output import ProgressLine, note, result_table
from apps.words.amounts import count_text, seconds_text
from models.pictures.file_names import shown_name
from models.pictures.film_results import FilmResult

if TYPE_CHECKING:
    from models.object_detection import ObjectDetector


class FilmRuns:
    """The films of one command, in the folder `films` of its run folder. `results` are of those that were begun."""

    def __init__(self, films: Sequence[Path], folder: Path, every: int, line_thickness: int | None = None):
        self._films, self._folder, self._every = films, folder / "films", every
        self._line_thickness = line_thickness
        self._runs: list[FilmRun] = []

    @property
    def results(self) -> list[FilmResult]:
        """What was found in the films so far."""
        return [run.result for run in self._runs]

    @property
    def failed(self) -> bool:
        """Whether something went wrong with one of them."""
        return any(result.error for result in self.results)

    def look(
        self, detector: "ObjectDetector", cancelled: threading.Event, settings: dict[str, Any]
    ) -> Iterator[FilmResult]:
        """Look at one film after another, with a line of progress for each; one that is broken costs only itself.

        Raises Cancelled; what was found before is kept.
        """
        from models.pictures.detection_export import unique_names

        for path, name in zip(self._films, unique_names(self._films), strict=True):
            stem = Path(name).stem
            run = FilmRun(path, self._folder / stem, stem, self._every, line_thickness=self._line_thickness)
            self._runs.append(run)
            _show_progress(run.name, run.look(detector, cancelled, **settings))
            yield run.result

    def tell(self) -> None:
        """What went wrong, on standard error."""
        for result in self.results:
            if result.error:
                note(result.error)

    def show(self) -> None:
        """A line for each film of which there is something."""
        seen = [result for result in self.results if result.frames]
        rows = [
            (
                shown_name(result.path),
                f"{result.looked_at} of {result.frames}" if self._every > 1 else str(result.frames),
                ", ".join(f"{count} {shown_name(label)}" for label, count in result.most_at_once.items()) or "nothing",
                seconds_text(result.seconds),
            )
            for result in seen
        ]
        if rows:
            result_table(("FILM", "FRAMES", "MOST AT ONCE", "TIME"), rows, numbers=("FRAMES", "TIME"))


def _show_progress(name: str, steps: Iterator[FilmProgress]) -> None:
    """A bar with frames a second and the time left; how far it is alone where the film does not say how long it is."""
    fps = 0.0
    line = ProgressLine(lambda _: f"{fps:.1f} frames/s")
    try:
        for progress in steps:
            fps = progress.frames / progress.seconds if progress.seconds else 0.0
            of = f" of {progress.duration:.1f}" if progress.duration is not None else ""
            text = f"{name}: {count_text(progress.frames, 'frame')}, {progress.film_seconds:.1f}{of} s"
            line.update(text, progress.fraction or 0.0)
    finally:
        line.close()
