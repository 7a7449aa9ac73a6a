"""Trains a text classifier on rows of one's own: train."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apps.demos.transfer_learning.reading import doubts, left_out_texts, listed, reading_text
from apps.terminal.options import AsJson, Device, EvenIfUnreadable, names_in
from apps.terminal.output import note, result_json
from apps.terminal.training import follow, show_figures
from apps.terminal.work import end, silence_libraries, stoppable
from apps.words.amounts import count_text
from apps.words.remarks import misfit
from models.device import choose_device
from models.errors import AulaError, InvalidInput
from models.weights import hub

if TYPE_CHECKING:
    from training.text_data import TextData

File = Annotated[Path, typer.Argument(help="Rows with a text and a label: CSV, TSV or JSON.", metavar="FILE")]
TextColumn = Annotated[str | None, typer.Option(help="The column of the texts, by name or number. Left out: guessed.")]
LabelColumn = Annotated[
    str | None, typer.Option(help="The column of the labels, by name or number. Left out: guessed.")
]
Header = Annotated[
    bool | None, typer.Option("--header/--no-header", help="The first line names the columns. Left out: found out.")
]
Missing = Annotated[
    list[str] | None,
    typer.Option(help="A sign that counts as nothing beside empty cells, as NA; repeat it, or separate by commas."),
]
Encoding = Annotated[str | None, typer.Option(help="The file's encoding, as cp1252. Left out: found out.")]
Base = Annotated[str, typer.Option(help="The model to start from: an id, or a folder.", metavar="ID|FOLDER")]
Method = Annotated[str, typer.Option(help="What learns: head (a new last layer), lora, or all.", metavar="NAME")]
Epochs = Annotated[float | None, typer.Option(help="Passes over the rows. Left out: what suits the method.")]
Minutes = Annotated[float, typer.Option(help="The longest time that it may take.")]
LearningRate = Annotated[float | None, typer.Option(help="At most 1. Left out: what suits the method.")]
Seed = Annotated[int, typer.Option(help="Seed of everything random: the split, the first weights, the order.")]
Save = Annotated[
    str | None, typer.Option(help="Keep the model on this machine, under the id trained/NAME.", metavar="NAME")
]

MOST_LABELS = 10
MOST_GUESSED = 50  # rows by which a language is guessed


def train(
    file: File,
    text_column: TextColumn = None,
    label_column: LabelColumn = None,
    header: Header = None,
    missing: Missing = None,
    encoding: Encoding = None,
    base: Base = "aula/minilm",
    method: Method = "head",
    epochs: Epochs = None,
    learning_rate: LearningRate = None,
    minutes: Minutes = 10.0,
    seed: Seed = 0,
    device: Device = "auto",
    save: Save = None,
    even_if_unreadable: EvenIfUnreadable = False,
    as_json: AsJson = False,
) -> None:
    """Train a text classifier on labelled texts.

    The training is a process of its own, as on the page “Transfer learning”, which shows it too. One runs at a time,
    the others wait. Ctrl-C ends it and keeps the best weights so far. How the file was read is told first: the line
    that names the columns, the columns of texts and labels, what counts as missing, each line that is left out.
    \f
    With --json: what the training wrote into its result.json, `model_id` (with `--save`, else null) and `finished`
    (false after Ctrl-C): `accuracy`, `macro_f1`, `majority_accuracy` and `untrained_accuracy` (0 to 1, on the test
    rows), `labels`, `confusion` (a row for each label, a column for each answer), `mistakes` (`text`, `label`, `line`,
    `predicted`, `probability`), `remarks` (sentences about a model that learned nothing), `trainable_parameters`,
    `total_parameters`, `settings`, `seconds` and `data`: among others `header_line` (null: no line names the columns),
    `columns`, `text_column`, `label_column`, `missing`, `left_out` (how many lines), `left_out_reasons` (how many for
    each reason), `left_out_lines` (`line` and `reason` of the first hundred), `unreadable` (the share of the texts that
    the model's vocabulary lacks, 0 to 1) and `unreadable_signs`.
    """
    from training import jobs
    from training.job_folders import TrainingSettings
    from training.options import require_learning, require_run
    from training.text_data import read_texts, require_trainable

    require_run(minutes, seed)
    require_learning(epochs, learning_rate)
    device_type = choose_device(device).type
    signs = names_in(missing)
    data = read_texts(file, None, text_column, label_column, encoding=encoding, header=header, missing=signs)
    _tell_facts(data)
    require_trainable(data)
    if save is not None:
        jobs.require_new_name(save)
    silence_libraries()
    _require_base(base, method)
    _tell_unreadable(base, data, even_if_unreadable)
    _tell_doubt(method, learning_rate)
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
        header=header,
        missing=tuple(signs),
        encoding=encoding,
        even_if_unreadable=even_if_unreadable,
    )
    job = jobs.start(file.read_bytes(), file.name, settings)
    with stoppable() as cancelled:
        progress = follow(job, cancelled)
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
    """How the file was read, what was found in it, and the lines that were left out."""
    note(reading_text(data.table, data.missing))
    classes = Counter(row.label for row in data.rows).most_common()
    found = listed([f"{count} {label}" for label, count in classes], MOST_LABELS)
    columns = f"texts in “{data.text_column}”, labels in “{data.label_column}”"
    note(f"{count_text(len(data.rows), 'row')}, {columns}: {found}")
    for sentence in (*left_out_texts(data.faults), *doubts(data)):
        note(sentence)
    other = "--header" if data.table.header_line is None else "--no-header"
    names = "" if data.table.delimiter is None else f"{other}, "
    note(f"To read it otherwise: {names}--text-column, --label-column, --missing, --encoding.")


def _tell_doubt(method: str, learning_rate: float | None) -> None:
    from training.classifier_models import doubt_about

    doubt = doubt_about(method, learning_rate)
    if doubt is not None:
        note(doubt)


def _tell_unreadable(base: str, data: "TextData", even_if_unreadable: bool) -> None:
    """What of the texts the base cannot read; where that is too much, at once instead of from the training."""
    from training.classifier_models import find_base, read_by

    lost = read_by(base, [row.text for row in data.rows])
    if lost.too_much and not even_if_unreadable:
        raise InvalidInput(lost.refusal(base, "the texts"))
    if lost.worth_telling:
        note(lost.sentence(base, "the texts"))
    elif (odd := misfit(find_base(base), " ".join(row.text for row in data.rows[:MOST_GUESSED]))) is not None:
        note(odd)


def _require_base(base: str, method: str) -> None:
    """Say at once what would otherwise be said by the training, after its libraries are read."""
    from training.classifier_models import METHODS, find_base

    if method not in METHODS:
        raise InvalidInput(f"There is no method “{method}”. Choose one of: {', '.join(METHODS)}.")
    hub.require(find_base(base))


def _show_result(figures: dict[str, Any]) -> None:
    """Its accuracy beside those of what needs no training."""
    accuracies = {
        "trained": figures["accuracy"],
        "untrained head": figures["untrained_accuracy"],
        "always the most frequent label": figures["majority_accuracy"],
    }
    show_figures(figures, accuracies, "row", "text")
