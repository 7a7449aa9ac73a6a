"""Trains a text classifier on anybody's labelled texts, or `aula/sentiment-minilm` on the sentences of film reviews.

The events of a training are in `events.jsonl` of its run folder (see `training.events`), its outcome in `result.json`
(see `training.classifier_result`), the model in the output folder.
"""

import math
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.catalog import ModelCard, Task
from models.device import memory_in_use, processor_name
from models.errors import InvalidInput, PrecisionNotApplicable
from models.precision import FP32, Precision
from models.text.labelled_row import Row
from models.text.readable import Unreadable, unreadable_in
from training.budget import spent_seconds
from training.classifier_data import SENTENCES, SENTIMENT, Material, file_rows, film_sentences
from training.classifier_models import BASE, LONGEST, METHODS, RECIPES, Learner, prepare, save
from training.classifier_result import (
    assess,
    cut_short,
    majority_accuracy,
    remarks,
    write_classifier_card,
    write_result,
)
from training.collection import sample
from training.command import run_command
from training.options import Output, Run, require_learning, require_run, rest_of, with_run_options
from training.text_data import Split

if TYPE_CHECKING:
    from training.classifier_lessons import TokenLesson

WATCHED = 200  # validation rows, or a quarter of the training rows where that is more
MOST_TESTED = 2_000


@dataclass(frozen=True)
class Settings:
    """What a person decides beside the run, under the names of the options; None leaves it to the method's recipe.

    `examples` are how many texts are trained on at most; None: all. `even_if_unreadable`: also where the base cannot
    read more than half of them.
    """

    base: str = BASE
    method: str = "head"
    epochs: float | None = None
    learning_rate: float | None = None
    examples: int | None = None
    even_if_unreadable: bool = False


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, of a model on the film sentences kept for the test, through its wrapper.

    `examples` limits how many sentences are judged, always the same ones.
    """
    return graded(folder, sample(film_sentences(data).split.test, examples), precision)


def graded(folder: Path, rows: Sequence[Row], precision: Precision = FP32) -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, of a model that tells praise from blame, on these rows, through its wrapper."""
    from models.text_classification import TextClassifier

    card = ModelCard(folder.name, Task.TEXT_CLASSIFICATION, path=folder)
    classifier = TextClassifier.load(card, "cpu", precision)
    judged = classifier.classify([row.text for row in rows])
    scores = [[one.scores[label] for label in SENTIMENT.values()] for one in judged]
    outcome = assess(rows, scores, list(SENTIMENT.values()))
    return {"accuracy": outcome.accuracy, "F1": outcome.macro_f1}


def train(rows: Material, output: Path, run: Run, settings: Settings) -> dict[str, Any]:
    """Train, write the model with its card and `result.json`, whose content is returned.

    Raises:
        InvalidInput: a number beyond its range, texts of which the base cannot read more than half, or a learning rate
            with which the weights grew beyond every number.
        What `prepare` raises.
    """
    import torch

    from training.classifier_lessons import lesson

    started = time.monotonic()
    require_run(run.minutes, run.seed)
    require_learning(settings.epochs, settings.learning_rate)

    if run.threads:
        torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    learner = prepare(settings.base, rows.labels, settings.method, run.device)
    lost = _require_read(learner, rows, settings)
    counts = _parameters(learner)
    lessons = lesson(learner)
    used = _used(rows.split, settings.examples, run.seed)
    test = lessons.items(used.test)
    untrained = assess(used.test, lessons.probabilities(test).tolist(), rows.labels)
    examples = lessons.items(used.train, seconds=30 * run.minutes)  # at most half of the time
    cut = cut_short(len(used.train), len(examples), run.minutes)
    used = replace(used, train=used.train[: len(examples)])
    settings_used, best = _fit(lessons, examples, used, run, settings, time.monotonic() - started)
    memory = memory_in_use(run.device)
    outcome = assess(used.test, lessons.probabilities(test).tolist(), rows.labels)
    said = [*cut, *remarks(outcome, settings_used["learning_rate"], best.get("loss", 0.0))]
    if lost.worth_telling:
        said = [lost.sentence(settings.base, "the texts"), *said]
    save(learner, output)
    result = write_result(
        run.folder,
        outcome,
        majority_accuracy=majority_accuracy(used.train, used.test),
        untrained_accuracy=untrained.accuracy,
        settings=settings_used,
        data=_described(rows, used) | {"unreadable": lost.share, "unreadable_signs": lost.signs},
        seconds=round(spent_seconds(run.folder), 1),
        memory_bytes=memory,
        remarks=said,
        **counts,
    )
    write_classifier_card(output, learner.card, rows, result)
    return result


def _require_read(learner: Learner, rows: Material, settings: Settings) -> Unreadable:
    """How much of the texts the base cannot read. Raises InvalidInput above one half, unless asked for."""
    lost = unreadable_in(learner.reader.tokenizer, [row.text for row in rows.split.train])
    if lost.too_much and not settings.even_if_unreadable:
        raise InvalidInput(lost.refusal(settings.base, "the texts"))
    return lost


def _used(parts: Split, examples: int | None, seed: int) -> Split:
    """Training rows as many as wanted, and of the others as many as may be read several times; all in random order."""
    train = _sample(parts.train, examples or len(parts.train), seed)
    validation = _sample(parts.validation, max(WATCHED, len(train) // 4), seed)
    return Split(train, validation, _sample(parts.test, MOST_TESTED, seed))


def _sample(rows: tuple[Row, ...], count: int, seed: int) -> tuple[Row, ...]:
    return tuple(random.Random(seed).sample(rows, min(count, len(rows))))


def _fit(
    lessons: "TokenLesson", examples: list[Any], used: Split, run: Run, settings: Settings, spent: float
) -> tuple[dict[str, Any], dict[str, float]]:
    """Train the lesson's model; the settings, as they were in the end, and the figures of the best weights.

    `spent` are the seconds that looking at the texts took of the run.
    """
    import torch

    from training.trainer import Schedule, diverged, fit

    recipe = RECIPES[settings.method]
    validation = lessons.items(used.validation)
    batches = lessons.batches(examples, run.seed)
    epochs, rate = settings.epochs or recipe.epochs, settings.learning_rate or recipe.learning_rate
    steps = min(run.steps or 10**9, math.ceil(epochs * len(batches)))
    schedule = Schedule(
        rate,
        recipe.weight_decay,
        evaluations=recipe.evaluations,
        metric="macro_f1",
        logging_steps=max(1, min(20, steps // 40)),
    )
    print(f"{len(examples)} texts to learn from, {len(validation)} to watch, {steps} steps", flush=True)
    try:
        best = fit(
            lessons.model,
            examples,
            lessons.collate,
            batches,
            schedule,
            replace(rest_of(run, spent), steps=steps),
            lambda model: _figures(lessons, used, validation),
        )
    except PrecisionNotApplicable as error:  # it read texts before: only the training can have spoiled it
        raise diverged(rate) from error
    used_settings = {
        "base": settings.base,
        "method": settings.method,
        "epochs": epochs,
        "learning_rate": rate,
        "weight_decay": recipe.weight_decay,
        "minutes": run.minutes,
        "seed": run.seed,
        "longest": LONGEST,
        "device": run.device,
        "threads": torch.get_num_threads(),
        "processor": processor_name(),
    }
    return used_settings, best


def _figures(lessons: "TokenLesson", used: Split, validation: list[Any]) -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, and the loss on the validation rows."""
    probabilities = lessons.probabilities(validation)
    outcome = assess(used.validation, probabilities.tolist(), lessons.labels)
    right = [row[label] for row, (_, label) in zip(probabilities.tolist(), validation, strict=True)]
    loss = sum(-math.log(max(chance, 1e-12)) for chance in right) / len(right)
    return {"accuracy": outcome.accuracy, "macro_f1": outcome.macro_f1, "loss": loss}


def _parameters(learner: Learner) -> dict[str, int]:
    counts = [(parameter.numel(), parameter.requires_grad) for parameter in learner.model.parameters()]
    return {
        "trainable_parameters": sum(count for count, learns in counts if learns),
        "total_parameters": sum(count for count, _ in counts),
    }


def _described(rows: Material, used: Split) -> dict[str, Any]:
    """Facts about the data, for the result and the card."""
    counts = Counter(row.label for part in (used.train, used.validation, used.test) for row in part)
    return {
        "name": rows.name,
        "classes": dict(sorted(counts.items())),
        "train": len(used.train),
        "validation": len(used.validation),
        "test": len(used.test),
        **rows.facts,
    }


@with_run_options("runs/training/classification", minutes=10)
def main(
    output: Output,
    run: Run,
    file: Annotated[Path | None, typer.Option(help="CSV, TSV or JSON with a text and a label a row.")] = None,
    data: Annotated[Path | None, typer.Option(help=f"Folder of the data, with {SENTENCES}, instead of a file.")] = None,
    base: Annotated[str, typer.Option(help="The model to start from: an id, or a folder.")] = BASE,
    method: Annotated[str, typer.Option(help=f"What learns: {', '.join(METHODS)}.")] = "head",
    text_column: Annotated[str | None, typer.Option(help="The column of the texts. Left out: guessed.")] = None,
    label_column: Annotated[str | None, typer.Option(help="The column of the labels. Left out: guessed.")] = None,
    header: Annotated[bool | None, typer.Option(help="The first line names the columns. Left out: found out.")] = None,
    missing: Annotated[
        list[str] | None, typer.Option(help="A sign that counts as nothing, beside empty cells.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The file's encoding. Left out: found out.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Passes over the texts. Left out: the method's.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Left out: the method's.")] = None,
    examples: Annotated[int | None, typer.Option(help="Train on so many texts at most.", min=1)] = None,
    even_if_unreadable: Annotated[
        bool, typer.Option(help="Also where the model cannot read more than half of the texts.")
    ] = False,
) -> None:
    """Train a text classifier, and write the model with its card."""
    if data is not None and file is None:
        rows = film_sentences(data)
    elif file is not None and data is None:
        rows = file_rows(file, run.seed, text_column, label_column, header, missing or (), encoding)
    else:
        raise InvalidInput("Name either a --file of texts and labels, or the --data folder.")
    result = train(rows, output, run, Settings(base, method, epochs, learning_rate, examples, even_if_unreadable))
    print(
        f"On {result['data']['test']} test rows: accuracy {result['accuracy']:.3f}, macro F1 {result['macro_f1']:.3f}"
    )
    for remark in result["remarks"]:
        print(remark)


if __name__ == "__main__":
    run_command(main)
