"""Trains a text classifier on anybody's labelled texts, or `aula/sentiment-minilm` on the sentences of film reviews.

The events of a training are in `events.jsonl` of its run folder (see `training.events`), its outcome in `result.json`
(see `training.classifier_result`), the model in the output folder.
"""

import math
import random
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.catalog import ModelCard, Task
from models.device import memory_in_use, processor_name
from models.errors import InvalidInput
from models.folders import read_json
from models.precision import FP32, Precision
from training import options
from training.classifier_data import SENTENCES, SENTIMENT, Material, file_rows, film_sentences
from training.classifier_models import BASE, LONGEST, METHODS, RECIPES, Learner, parts, prepare, save
from training.classifier_plan import Estimate, estimate
from training.classifier_result import assess, majority_accuracy, write_classifier_card, write_result
from training.command import run_command
from training.samples import sample
from training.text_data import Row, Split

if TYPE_CHECKING:
    from training.classifier_lessons import TokenLesson

__all__ = ["Estimate", "Settings", "estimate", "evaluate", "parts", "train"]

RUN = Path("runs/training/classification")
WATCHED = 200  # validation rows, or a quarter of the training rows where that is more
MOST_TESTED = 2_000


@dataclass(frozen=True)
class Settings:
    """What a person decides, under the names of the options; None leaves it to the method's recipe."""

    output: Path
    run: Path = RUN
    base: str = BASE
    method: str = "head"
    minutes: float = 10.0
    steps: int | None = None
    epochs: float | None = None
    learning_rate: float | None = None
    examples: int | None = None
    seed: int = 0
    device: str = "cpu"
    threads: int | None = None
    resume: bool = False


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, of a model on the film sentences kept for the test, through its wrapper.

    `examples` limits how many sentences are judged, always the same ones.
    """
    from models.text_classification import TextClassifier

    rows = sample(film_sentences(data).split.test, examples)
    card = ModelCard(folder.name, Task.TEXT_CLASSIFICATION, path=folder)
    classifier = TextClassifier.load(card, "cpu", precision)
    found = classifier.classify([row.text for row in rows])
    scores = [[one.scores[label] for label in SENTIMENT.values()] for one in found]
    outcome = assess(rows, scores, list(SENTIMENT.values()))
    return {"accuracy": outcome.accuracy, "F1": outcome.macro_f1}


def train(rows: Material, settings: Settings) -> dict[str, Any]:
    """Train, write the model with its card and `result.json`, whose content is returned.

    Raises:
        What `prepare` raises.
    """
    import torch

    from training.classifier_lessons import lesson

    if settings.threads:
        torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    learner = prepare(settings.base, rows.labels, settings.method, settings.device)
    counts = _parameters(learner)
    lessons = lesson(learner)
    used = _used(rows.split, settings)
    test = lessons.items(used.test)
    untrained = assess(used.test, lessons.probabilities(test).tolist(), rows.labels)
    examples = lessons.items(used.train, seconds=30 * settings.minutes)  # at most half of the time
    used = replace(used, train=used.train[: len(examples)])
    told = _fit(lessons, examples, used, settings)
    memory = memory_in_use(settings.device)
    outcome = assess(used.test, lessons.probabilities(test).tolist(), rows.labels)
    save(learner, settings.output)
    result = write_result(
        settings.run,
        outcome,
        majority_accuracy=majority_accuracy(used.train, used.test),
        untrained_accuracy=untrained.accuracy,
        settings=told,
        data=_described(rows, used),
        seconds=_spent(settings.run),
        memory_bytes=memory,
        **counts,
    )
    write_classifier_card(settings.output, learner.card, rows, result)
    return result


def _used(parts: Split, settings: Settings) -> Split:
    """Training rows as many as wanted, and of the others as many as may be read several times; all in random order."""
    train = _sample(parts.train, settings.examples or len(parts.train), settings.seed)
    validation = _sample(parts.validation, max(WATCHED, len(train) // 4), settings.seed)
    return Split(train, validation, _sample(parts.test, MOST_TESTED, settings.seed))


def _sample(rows: tuple[Row, ...], count: int, seed: int) -> tuple[Row, ...]:
    return tuple(random.Random(seed).sample(rows, min(count, len(rows))))


def _fit(lessons: "TokenLesson", examples: list[Any], used: Split, settings: Settings) -> dict[str, Any]:
    """Train the lesson's model; the settings, as they were in the end."""
    import torch

    from training.trainer import Run, Schedule, fit

    recipe = RECIPES[settings.method]
    validation = lessons.items(used.validation)
    batches = lessons.batches(examples, settings.seed)
    epochs, rate = settings.epochs or recipe.epochs, settings.learning_rate or recipe.learning_rate
    steps = min(settings.steps or 10**9, math.ceil(epochs * len(batches)))
    schedule = Schedule(
        rate,
        recipe.weight_decay,
        evaluations=recipe.evaluations,
        metric="macro_f1",
        logging_steps=max(1, min(20, steps // 40)),
    )
    run = Run(settings.run, settings.minutes, steps, settings.seed, settings.device, settings.threads, settings.resume)
    print(f"{len(examples)} texts to learn from, {len(validation)} to watch, {steps} steps", flush=True)
    fit(
        lessons.model,
        examples,
        lessons.collate,
        batches,
        schedule,
        run,
        lambda model: _figures(lessons, used, validation),
    )
    return {
        "base": settings.base,
        "method": settings.method,
        "epochs": epochs,
        "learning_rate": rate,
        "weight_decay": recipe.weight_decay,
        "minutes": settings.minutes,
        "seed": settings.seed,
        "longest": LONGEST,
        "device": settings.device,
        "threads": torch.get_num_threads(),
        "processor": processor_name(),
    }


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


def _spent(run: Path) -> float:
    """Seconds of training, those before an interruption included."""
    return round(read_json(run / "budget.json").get("spent_seconds", 0.0), 1)


def main(
    output: options.Output,
    file: Annotated[Path | None, typer.Option(help="CSV, TSV or JSON lines with a text and a label a row.")] = None,
    data: Annotated[Path | None, typer.Option(help=f"Folder of the data, with {SENTENCES}, instead of a file.")] = None,
    base: Annotated[str, typer.Option(help="The model to start from: an id, or a folder.")] = BASE,
    method: Annotated[str, typer.Option(help=f"What learns: {', '.join(METHODS)}.")] = "head",
    run: options.RunFolder = RUN,
    text_column: Annotated[str | None, typer.Option(help="The column of the texts. Left out: guessed.")] = None,
    label_column: Annotated[str | None, typer.Option(help="The column of the labels. Left out: guessed.")] = None,
    minutes: options.Minutes = 10,
    epochs: Annotated[
        float | None, typer.Option(help="Passes over the texts. Left out: the method's.", min=0.01)
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Left out: the method's.", min=0)] = None,
    steps: options.Steps = None,
    examples: Annotated[int | None, typer.Option(help="Train on so many texts at most.", min=1)] = None,
    seed: options.Seed = 0,
    device: options.Device = "cpu",
    threads: options.Threads = None,
    resume: options.Resume = False,
) -> None:
    """Train a text classifier, and write the model with its card."""
    settings = Settings(
        output, run, base, method, minutes, steps, epochs, learning_rate, examples, seed, device, threads, resume
    )
    if (file is None) == (data is None):
        raise InvalidInput("Name either a --file of texts and labels, or the --data folder.")
    rows = film_sentences(data) if data else file_rows(file, seed, text_column, label_column)
    result = train(rows, settings)
    print(
        f"On {result['data']['test']} test rows: accuracy {result['accuracy']:.3f}, macro F1 {result['macro_f1']:.3f}"
    )


if __name__ == "__main__":
    run_command(main)
