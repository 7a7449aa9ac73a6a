"""Trains a text classifier on rows of one's own: train."""

import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.demos.transfer_learning.state import state_text
from apps.terminal.options import AsJson, Device
from apps.terminal.output import ProgressLine, note, result, result_json, result_table
from apps.terminal.work import end, silence_libraries, stoppable
from apps.words.amounts import count_text
from models.device import choose_device
from models.errors import AulaError, InvalidInput
from models.weights import hub

if TYPE_CHECKING:
    from training.job_folders import Job, Progress
    from training.text_data import TextData

File = Annotated[Path, typer.Argument(help="Rows with a text and a label: CSV, TSV or JSON lines.", metavar="FILE")]
TextColumn = Annotated[str | None, typer.Option(help="The column of the texts. Left out: guessed, and told.")]
LabelColumn = Annotated[str | None, typer.Option(help="The column of the labels. Left out: guessed, and told.")]
Base = Annotated[str, typer.Option(help="The model to start from: an id, or a folder.", metavar="ID|FOLDER")]
Method = Annotated[str, typer.Option(help="What learns: head (a new last layer), lora, or all.", metavar="NAME")]
Epochs = Annotated[float | None, typer.Option(help="Passes over the rows. Left out: what suits the method.", min=0.1)]
Minutes = Annotated[float, typer.Option(help="The longest time that it may take.", min=0.05)]
LearningRate = Annotated[float | None, typer.Option(help="Left out: what suits the method.", min=0)]
Seed = Annotated[int, typer.Option(help="Seed of everything random: the split, the first weights, the order.", min=0)]
Save = Annotated[
    str | None, typer.Option(help="Keep the model on this machine, under the id trained/NAME.", metavar="NAME")
]

MOST_LABELS = 10
MOST_FAULTS = 5
MOST_MISTAKES = 5
_LOOK_SECONDS = 0.3


def train(
    file: File,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    base: Base = "aula/minilm",
    method: Method = "head",
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    minutes: Minutes = 10.0,
    seed: Seed = 0,
    device: Device = "auto",
    save: Save = None,
    as_json: AsJson = False,
) -> None:
    """Train a text classifier on labelled texts.

    The training is a process of its own, as on the page “Transfer learning”, which shows it too. One runs at a time,
    the others wait. Ctrl-C ends it and keeps the best weights so far.
    \f
    With --json: what the training wrote into its result.json, `model_id` (with `--save`, else null) and `finished`
    (false after Ctrl-C): `accuracy`, `macro_f1`, `majority_accuracy` and `untrained_accuracy` (0 to 1, on the test
    rows), `labels`, `confusion` (a row for each label, a column for each answer), `mistakes` (`text`, `label`, `line`,
    `predicted`, `probability`), `trainable_parameters`, `total_parameters`, `settings`, `data` and `seconds`.
    """
    from training import jobs
    from training.job_folders import TrainingSettings
    from training.text_data import read_texts, require_trainable

    device_type = choose_device(device).type
    data = read_texts(file, text_column=text_column, label_column=label_column)
    _tell_facts(data)
    require_trainable(data)
    if save is not None:
        jobs.require_new_name(save)
    silence_libraries()
    _require_base(base, method)
    settings = TrainingSettings(
        text_column=data.text_column,
        label_column=data.label_column,
        base=base,
        method=method,
        minutes=minutes,
        epochs=epochs,
        learning_rate=learning_rate,
        seed=seed,
        device=device_type,
    )
    job = jobs.start(file.read_bytes(), file.name, settings)
    with stoppable() as cancelled:
        progress = _follow(job, cancelled)
    if progress.state == "failed":
        raise AulaError(progress.problem)
    model_id = jobs.keep(job, save) if save is not None and job.has_model else None
    if as_json:
        result_json(job.result() | {"model_id": model_id, "finished": progress.state == "done"})
    elif job.has_model:
        _show_result(job.result())
    if model_id is not None:
        note(f"Kept as {model_id}. Try it: python aula.py classify TEXT --model {model_id}")
    end(stopped=progress.state == "stopped")


def _tell_facts(data: "TextData") -> None:
    """What was read, and the lines that were not."""
    classes = Counter(row.label for row in data.rows).most_common()
    listed = ", ".join(f"{count} {label}" for label, count in classes[:MOST_LABELS])
    more = f" and {len(classes) - MOST_LABELS} labels more" if len(classes) > MOST_LABELS else ""
    columns = f"texts in “{data.text_column}”, labels in “{data.label_column}”"
    note(f"{count_text(len(data.rows), 'row')}, {columns}: {listed}{more}")
    for fault in data.faults[:MOST_FAULTS]:
        note(f"Line {fault.line} is left out: {fault.reason}.")
    if len(data.faults) > MOST_FAULTS:
        note(f"{len(data.faults) - MOST_FAULTS} lines more are left out.")


def _require_base(base: str, method: str) -> None:
    """Say at once what would otherwise be said by the training, after its libraries are read."""
    from training.classifier_models import METHODS, find_base

    if method not in METHODS:
        raise InvalidInput(f"There is no method “{method}”. Choose one of: {', '.join(METHODS)}.")
    hub.require(find_base(base))


def _follow(job: "Job", cancelled: threading.Event) -> "Progress":
    """Tell how the training stands until it is over; the first Ctrl-C stops it and is patient."""
    from training import jobs
    from training.job_folders import look

    line = ProgressLine()
    try:
        while not (progress := look(job)).is_over:
            if cancelled.is_set():
                jobs.stop(job)
            line.update(state_text(progress), progress.fraction)
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:  # the second one
        jobs.stop(job)
        raise
    finally:
        line.close()
    return progress


def _show_result(figures: dict[str, Any]) -> None:
    """Accuracies beside what needs no training, and the mistakes of which the model was surest."""
    accuracies = {
        "trained": figures["accuracy"],
        "untrained head": figures["untrained_accuracy"],
        "always the most frequent label": figures["majority_accuracy"],
    }
    heading = f"ON {count_text(figures['data']['test'], 'TEST ROW').upper()}"
    rows = [(what, f"{value:.3f}") for what, value in accuracies.items()]
    result_table((heading, "ACCURACY"), rows, numbers=("ACCURACY",))
    result(f"\nMacro F1 {figures['macro_f1']:.3f}")
    if figures["mistakes"]:
        result("\nThe worst mistakes, each with the label it has and the one it was given:")
    for one in figures["mistakes"][:MOST_MISTAKES]:
        result(f"  {one['label']}, not {one['predicted']} ({one['probability']:.2f}): {one['text']}")
