"""Says which things pictures show: classify-images."""

import contextlib
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.demos.object_detection.sources import Search, look_for
from apps.terminal.on_cluster import on_cluster
from apps.terminal.options import AsJson, Device, Model, Precision
from apps.terminal.output import ProgressLine, note, result_json, result_table
from apps.terminal.work import UntilStopped, end, load_model, stoppable
from apps.terminal.written import require_writable, write_result
from apps.words.amounts import count_text, seconds_text
from apps.words.known_labels import known_text
from models.catalog import Task
from models.errors import InvalidInput
from models.pictures.file_names import path_from, shown_name
from models.pictures.label_export import to_csv, to_json

if TYPE_CHECKING:
    from models.image_classification import FileResult, ImageClassifier

Paths = Annotated[
    list[str],
    typer.Argument(help="Pictures, folders of them, patterns and lists, as for `detect`.", metavar="PATH"),
]
EVERY_SECONDS = 5.0  # between two writings of the table

TopK = Annotated[int, typer.Option("--top-k", min=1, help="How many labels are told of each picture.")]
Out = Annotated[
    Path | None,
    typer.Option(
        help="Write a table to this file as well, while the work goes on: .csv for a spreadsheet, or .json.",
        metavar="FILE",
    ),
]


@on_cluster("classify-images", named="paths")
def classify_images(
    paths: Paths,
    top_k: TopK = 5,
    out: Out = None,
    model: Model = None,
    device: Device = "auto",
    precision: Precision = None,
    as_json: AsJson = False,
) -> None:
    """Say which of the things that a model knows pictures show.

    The likeliest labels of each picture, best first. A broken picture is named and the rest goes on; Ctrl-C keeps what
    is done. ImageNet's thousand things, which most models know, have no person among them.
    """
    search = _look_for_pictures([path_from(path) for path in paths])  # before the libraries are read: they take seconds
    require_writable(out, "--out", (".csv", ".json"))
    classifier = load_model(Task.IMAGE_CLASSIFICATION, model, device, precision)
    note(known_text(classifier.labels))
    table = _Table(out, classifier.card.model_id) if out is not None else None
    with stoppable() as cancelled:
        results = UntilStopped(classifier.classify_files(search.pictures, top_k, cancelled))
        done = _collect(results, len(search.pictures), table)
    _tell(search, done)
    if as_json:
        result_json(_as_dict(classifier, search, done, not results.stopped))
    else:
        _show(done)
    if table is not None and out is not None:
        table.write(done)
        note(f"Written to {shown_name(out)}.")
    end(results.stopped, failed=bool(search.problems) or any(one.error for one in done))


def _look_for_pictures(paths: list[Path]) -> Search:
    """What `look_for` finds, less the films, of which it is said that they are left out.

    Raises:
        InvalidInput: as `look_for`; or there are films only.
    """
    search = look_for(paths)
    if search.films:
        first = shown_name(search.films[0].name)
        sentence = f"{count_text(len(search.films), 'film')} left out ({first}): only pictures are looked at here."
        search.problems.append(f"{sentence} For films there is `python aula.py detect`.")
    if not search.pictures:
        raise InvalidInput(" ".join(search.problems))
    return search


class _Table:
    """The table of --out, written anew every few seconds, so that little is lost where the machine goes off.

    Each time it takes the place of the one before at once: whoever looks at it never sees half of one.
    """

    def __init__(self, out: Path, model_id: str):
        self._out, self._model_id = out.resolve(), model_id
        self._due = time.monotonic() + EVERY_SECONDS

    def update(self, done: list["FileResult"]) -> None:
        """Write what is done, if the last time is long ago. Where somebody holds the file, the next time may do."""
        if time.monotonic() < self._due:
            return
        started = time.monotonic()
        with contextlib.suppress(InvalidInput):
            self.write(done)
        took = time.monotonic() - started
        # A table of 100,000 pictures takes a while: not more than a twentieth of the time.
        self._due = time.monotonic() + EVERY_SECONDS + 20 * took

    def write(self, done: list["FileResult"]) -> None:
        """Write what is done. Raises InvalidInput where the file cannot be written."""
        found = {self._model_id: done}
        text = to_json(found) + "\n" if self._out.suffix.lower() == ".json" else to_csv(found)
        write_result(self._out, text, "--out")


def _collect(results: Iterable["FileResult"], total: int, table: _Table | None) -> list["FileResult"]:
    progress = ProgressLine(lambda speed: f"{speed * total:.1f} pictures/s")
    done = []
    try:
        for one in results:
            done.append(one)
            if table is not None:
                table.update(done)
            progress.update(f"{len(done)} of {count_text(total, 'picture')}", len(done) / total)
    finally:
        progress.close()
    return done


def _tell(search: Search, done: list["FileResult"]) -> None:
    """What was passed over, assumed and not done, what is worst last."""
    for sentence in search.not_read:
        note(sentence)
    for one in done:
        if one.classification is not None and one.classification.remark:
            note(f"{shown_name(one.path.name)}: {one.classification.remark}")
    for sentence in search.problems:
        note(sentence)
    for one in done:
        if one.error:
            note(one.error)


def _as_dict(classifier: "ImageClassifier", search: Search, done: list["FileResult"], finished: bool) -> dict[str, Any]:
    return {
        "model": classifier.card.model_id,
        "device": classifier.device.type,
        "precision": classifier.precision,
        "finished": finished,
        "images": [one.as_dict() for one in done],
    } | ({"not_read": search.not_read} if search.not_read else {})


def _show(done: list["FileResult"]) -> None:
    rows = [
        (shown_name(one.path), _in_words(one), seconds_text(one.seconds))
        for one in done
        if one.classification is not None
    ]
    if rows:
        result_table(("PICTURE", "SHOWS", "TIME"), rows, numbers=("TIME",))


def _in_words(one: "FileResult") -> str:
    """The likeliest labels with their scores: espresso 0.95 · cup 0.01."""
    assert one.classification is not None
    top = one.classification.top
    return " · ".join(f"{shown_name(entry.label.split(',')[0])} {entry.score:.2f}" for entry in top)
