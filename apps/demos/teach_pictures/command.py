"""Teaches a model to tell pictures of one's own apart: train-images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.terminal.options import AsJson, Device
from apps.terminal.output import ProgressLine, note, result_json
from apps.terminal.training import follow, show_figures
from apps.terminal.work import end, silence_libraries, stoppable
from apps.words.amounts import count_text
from models.device import choose_device
from models.errors import AulaError

if TYPE_CHECKING:
    from training.pictures.data import PictureData

Folder = Annotated[
    Path, typer.Argument(help="A folder with one subfolder a class, or a ZIP file of the same.", metavar="FOLDER|ZIP")
]
Base = Annotated[str, typer.Option(help="The model to start from: an id, or a folder.", metavar="ID|FOLDER")]
Method = Annotated[
    str, typer.Option(help="What learns: head (a new last layer), block (the last block, too), or all.", metavar="NAME")
]
Epochs = Annotated[float | None, typer.Option(help="Passes over the pictures. Left out: what suits the method.")]
Minutes = Annotated[float, typer.Option(help="The longest time that it may take.")]
LearningRate = Annotated[float | None, typer.Option(help="At most 1. Left out: what suits the method.")]
Augment = Annotated[
    bool | None,
    typer.Option("--augment/--no-augment", help="Learn from altered copies, too. Left out: what suits the method."),
]
AsWritten = Annotated[bool, typer.Option("--as-written", help="“Mug” and “mug” are two classes, not one.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random: the split, the first weights, the order.")]
Threads = Annotated[int | None, typer.Option(help="Processor threads. Left out: all.", min=1)]
Save = Annotated[
    str | None, typer.Option(help="Keep the model on this machine, under the id trained/NAME.", metavar="NAME")
]

MOST_LABELS = 10
MOST_FILES = 10


def train_images(
    folder: Folder,
    base: Base = "aula/efficientnet-lite0",
    method: Method = "head",
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    augment: Augment = None,
    as_written: AsWritten = False,
    minutes: Minutes = 10.0,
    seed: Seed = 0,
    device: Device = "auto",
    threads: Threads = None,
    save: Save = None,
    as_json: AsJson = False,
) -> None:
    """Train a picture classifier on labelled pictures.

    The pictures of each class lie in a folder that has its name; `train`, `validation` and `test` above these are the
    parts, where they are given. What cannot be read is named, and the rest is used. The training is a process of its
    own; one runs at a time, the others wait. Ctrl-C ends it and keeps the best weights so far.
    \f
    With --json: what the training wrote into its result.json, `model_id` (with `--save`, else null) and `finished`
    (false after Ctrl-C): `accuracy`, `macro_f1`, `majority_accuracy` and `nearest_accuracy` (0 to 1, on the test
    pictures; the last is that of the training picture which is most alike), `labels`, `confusion` (a row for each
    label, a column for each answer), `mistakes` and `tested` (`name`, `label`, `predicted`, `probability`), `remarks`,
    `trainable_parameters`, `total_parameters`, `settings`, `seconds` and `data`: how many pictures each part and class
    has, `remarks` about the classes, `left_out` (how many files) and `left_out_files` (`name`, `label` and `reason` of
    the first hundred). Exit code 1 when a file was left out.
    """
    from training import jobs
    from training.job_folders import PictureSettings
    from training.options import require_learning, require_run
    from training.pictures.bases import require_base
    from training.pictures.data import require_trainable
    from training.pictures.packing import NAME, pack

    require_run(minutes, seed)
    require_learning(epochs, learning_rate)
    device_type = choose_device(device).type
    if save is not None:
        jobs.require_new_name(save)
    require_base(base, method)
    data = _read(folder, as_written)
    require_trainable(data)
    _tell_doubt(method, learning_rate)
    silence_libraries()
    settings = PictureSettings(base, method, minutes, epochs, learning_rate, augment, seed, device_type, threads)
    job = jobs.start(pack(data), NAME, settings)
    with stoppable() as cancelled:
        progress = follow(job, cancelled, "pictures")
    if progress.state == "failed":
        raise AulaError(progress.problem)
    model_id = jobs.keep(job, save) if save is not None and job.has_model else None
    if as_json:
        result_json(job.result() | {"model_id": model_id, "finished": progress.state == "done"})
    elif job.has_model:
        _show_result(job.result())
    if model_id is not None:
        note(f"Kept as {model_id}. Try it: python aula.py classify-images PICTURE --model {model_id}")
    end(stopped=progress.state == "stopped")
    if data.left_out:
        raise typer.Exit(1)


def _read(folder: Path, as_written: bool) -> "PictureData":
    """The pictures, with what was found, decided and left out told on the way."""
    from training.pictures.reading import read_pictures

    line = ProgressLine()
    try:
        data = read_pictures(
            folder, as_written, lambda done, total: line.update(f"{done:,} of {total:,} pictures read", done / total)
        )
    finally:
        line.close()
    classes = sorted(data.classes.items(), key=lambda item: -item[1])
    found = [f"{count:,} {label}" for label, count in classes[:MOST_LABELS]]
    more = f" and {len(classes) - MOST_LABELS} more classes" if len(classes) > MOST_LABELS else ""
    note(f"{count_text(len(data.pictures), 'picture')}: {', '.join(found)}{more}")
    for sentence in (*data.remarks, *(one.reason for one in data.left_out[:MOST_FILES])):
        note(sentence)
    if len(data.left_out) > MOST_FILES:
        note(f"{len(data.left_out) - MOST_FILES} more files are left out.")
    return data


def _tell_doubt(method: str, learning_rate: float | None) -> None:
    from training.pictures.bases import doubt_about

    doubt = doubt_about(method, learning_rate)
    if doubt is not None:
        note(doubt)


def _show_result(figures: dict[str, Any]) -> None:
    """Its accuracy beside those of what needs no training."""
    accuracies = {
        "trained": figures["accuracy"],
        "most alike training picture": figures["nearest_accuracy"],
        "always the most frequent label": figures["majority_accuracy"],
    }
    show_figures(figures, accuracies, "picture", "name")
