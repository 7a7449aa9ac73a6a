"""Trains a picture classifier on anybody's labelled pictures: a new head on a base, its last block, or all of it.

The events of a training are in `events.jsonl` of its run folder (see `training.events`), its outcome in `result.json`
(see `training.pictures.result`), the model in the output folder.
"""

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from models.device import memory_in_use, processor_name
from models.errors import InvalidInput, PrecisionNotApplicable
from training.classifier_result import assess, cut_short, judgements, majority_accuracy, remarks, write_result
from training.command import run_command
from training.events import Events
from training.options import Output, Run, require_learning, require_run, rest_of, with_run_options
from training.pictures.bases import BASE, METHODS, RECIPES, Learner, parameters, prepare, save
from training.pictures.data import Picture, PictureData, PictureSplit, require_trainable, split
from training.pictures.packing import is_packed, unpack
from training.pictures.reading import read_pictures
from training.pictures.result import describe, picture_facts, told, write_picture_card

if TYPE_CHECKING:
    from training.pictures.lessons import FeatureLesson, Item, PixelLesson

WATCHED = 200  # validation pictures, or a quarter of the training pictures where that is more
MOST_TESTED = 2_000
LOOKING = {"head": 0.8, "block": 0.1, "all": 0.05}  # the share of the work that is looking at every picture once
_TELL_SECONDS = 0.5


@dataclass(frozen=True)
class Settings:
    """What a person decides beside the run, under the names of the options; None leaves it to the method's recipe."""

    base: str = BASE
    method: str = "head"
    epochs: float | None = None
    learning_rate: float | None = None
    augment: bool | None = None


def train(data: PictureData, output: Path, run: Run, settings: Settings) -> dict[str, Any]:
    """Train, write the model with its card and `result.json`, whose content is returned.

    Raises:
        InvalidInput: a number beyond its range, pictures that nothing can be learned from (`require_trainable`), or a
            learning rate with which the weights grew beyond every number.
        What `prepare` raises.
    """
    from training.trainer import forget

    started = time.monotonic()
    _require(data, run, settings)
    run, settings = _begun(run), _decided(settings)
    forget(run.folder)
    learner = prepare(settings.base, data.labels, settings.method, run.device)
    counts = dict(zip(("trainable_parameters", "total_parameters"), parameters(learner), strict=True))
    seen = _Seen(learner, run, _used(split(data, run.seed), run.seed), bool(settings.augment))
    lesson, examples, watched, test = _lesson(learner, seen, settings)
    best = _fit(lesson, examples, watched, rest_of(run, time.monotonic() - started), settings)
    counts["memory_bytes"] = memory_in_use(run.device)
    lesson.finish()
    probabilities = lesson.probabilities(test).tolist()
    save(learner, output)
    result = write_result(
        run.folder,
        assess(seen.parts.test, probabilities, data.labels, picture_facts),
        **_beside(seen, probabilities, data.labels, best, settings),
        settings=_told_settings(settings, run),
        data=describe(data, seen.parts),
        seconds=round(time.monotonic() - started, 1),
        **counts,
    )
    write_picture_card(output, learner.card, result)
    return result


def _begun(run: Run) -> Run:
    """The run with the number of threads that it has; torch has these and the seed."""
    import torch

    if run.threads:
        torch.set_num_threads(run.threads)
    torch.manual_seed(run.seed)
    return replace(run, threads=torch.get_num_threads())


def _beside(
    seen: "_Seen", probabilities: list[list[float]], labels: list[str], best: dict[str, float], settings: Settings
) -> dict[str, Any]:
    """What stands in the result beside the figures: those of what needs no training, every picture, and remarks."""
    test = seen.parts.test
    outcome = assess(test, probabilities, labels, picture_facts)
    majority, nearest = majority_accuracy(seen.parts.train, test), seen.nearest_accuracy
    said = remarks(outcome, settings.learning_rate or 0.0, best.get("loss", 0.0), "picture")
    return {
        "majority_accuracy": majority,
        "nearest_accuracy": nearest,
        "tested": judgements(test, probabilities, labels, picture_facts),
        "remarks": [*said, *told(outcome.accuracy, nearest, majority, len(test)), *seen.remarks],
    }


def _require(data: PictureData, run: Run, settings: Settings) -> None:
    require_run(run.minutes, run.seed)
    require_learning(settings.epochs, settings.learning_rate)
    require_trainable(data)
    if run.resume:
        raise InvalidInput("A training on pictures cannot go on from a checkpoint. Start it again without --resume.")
    if settings.method not in METHODS:
        raise InvalidInput(f"There is no method “{settings.method}”. Choose one of: {', '.join(METHODS)}.")


def _decided(settings: Settings) -> Settings:
    """The settings with what was left to the method's recipe."""
    recipe = RECIPES[settings.method]
    return replace(
        settings,
        epochs=settings.epochs or recipe.epochs,
        learning_rate=settings.learning_rate or recipe.learning_rate,
        augment=recipe.augment if settings.augment is None else settings.augment,
    )


def _used(parts: PictureSplit, seed: int) -> PictureSplit:
    """The training pictures, and of the others as many as may be looked at several times; all in random order."""
    return PictureSplit(
        _sample(parts.train, len(parts.train), seed),
        _sample(parts.validation, max(WATCHED, len(parts.train) // 4), seed),
        _sample(parts.test, MOST_TESTED, seed),
    )


def _sample(pictures: Sequence[Picture], count: int, seed: int) -> tuple[Picture, ...]:
    return tuple(random.Random(seed).sample(list(pictures), min(count, len(pictures))))


class _Seen:
    """What the base makes of the pictures before anything is learned: the features of each part.

    A head learns from these alone; `copies` are those of altered copies, where it learns from such, too. Training
    pictures for which half of the minutes do not suffice are left out of `parts`, and that is remarked.
    """

    def __init__(self, learner: Learner, run: Run, parts: PictureSplit, augment: bool) -> None:
        from training.pictures.lessons import COPIES, altered_copies, features

        is_head = learner.method == "head"
        watched = parts.validation if is_head else ()
        copies = COPIES if is_head and augment else 0
        total = len(parts.test) + len(watched) + (1 + copies) * len(parts.train)
        tell = _Tell(Events(run.folder), LOOKING[learner.method], total)
        threads = run.threads or 1
        self.test = features(learner, parts.test, tell.next(), threads=threads)
        self.validation = features(learner, watched, tell.next(), threads=threads) if watched else None
        seconds = 30 * run.minutes / (1 + copies)
        self.train = features(learner, parts.train, tell.next(), seconds, threads)
        self.parts = replace(parts, train=parts.train[: len(self.train)])
        self.remarks = cut_short(len(parts.train), len(self.train), run.minutes, "picture")
        self.copies = altered_copies(learner, self.parts.train, tell.next()) if copies else None

    @property
    def nearest_accuracy(self) -> float:
        """That of the nearest neighbour on the features of the untouched base, 0 to 1."""
        from training.pictures.lessons import nearest_accuracy

        labels = [[picture.label for picture in part] for part in (self.parts.train, self.parts.test)]
        return nearest_accuracy(self.train, labels[0], self.test, labels[1])


class _Tell:
    """Passes on how many pictures have been looked at, twice a second."""

    def __init__(self, events: Events, share: float, total: int) -> None:
        self.events, self.share, self.total = events, share, total
        self.started = self.last = time.monotonic()
        self.done = 0

    def next(self) -> Callable[[int, int], None]:
        """What one more part tells of itself."""
        before = self.done
        return lambda done, total: self._done(before + done)

    def _done(self, done: int) -> None:
        now = time.monotonic()
        self.done = done
        if now - self.last < _TELL_SECONDS and done < self.total:
            return
        self.last = now
        left = (now - self.started) / done * max(0, self.total - done) / self.share
        self.events.preparation(done, self.total, min(1.0, done / self.total) * self.share, left)


def _lesson(
    learner: Learner, seen: _Seen, settings: Settings
) -> tuple["FeatureLesson | PixelLesson", "list[Item]", "list[Item]", "list[Item]"]:
    """How this learner is taught, and what it learns from, is watched on and tested on."""
    from training.pictures.lessons import FeatureLesson, PixelLesson

    parts = seen.parts
    if settings.method != "head":
        pixels = PixelLesson(learner, bool(settings.augment))
        return pixels, pixels.items(parts.train), pixels.items(parts.validation), pixels.items(parts.test)
    lesson = FeatureLesson(learner, seen.train)
    examples = lesson.items(parts.train, seen.train)
    if seen.copies is not None:
        examples += lesson.items(*seen.copies)
    watched = lesson.items(parts.validation, seen.validation) if seen.validation is not None else []
    return lesson, examples, watched, lesson.items(parts.test, seen.test)


def _fit(
    lesson: "FeatureLesson | PixelLesson",
    examples: "Sequence[Item]",
    watched: "Sequence[Item]",
    run: Run,
    settings: Settings,
) -> dict[str, float]:
    """Train the lesson's model; the figures of the best weights, which it then has."""
    from training.trainer import Schedule, TokenBatches, diverged, fit

    recipe = RECIPES[settings.method]
    batches = TokenBatches([1] * len(examples), recipe.batch, run.seed)
    steps = min(run.steps or 10**9, math.ceil((settings.epochs or 1) * len(batches)))
    schedule = Schedule(
        settings.learning_rate or recipe.learning_rate,
        recipe.weight_decay,
        evaluations=recipe.evaluations,
        metric="loss",
        greater_is_better=False,
        logging_steps=max(1, min(20, steps // 40)) if settings.method == "head" else 1,  # others take a second each
        half=False,
    )
    print(f"{len(examples)} pictures to learn from, {len(watched)} to watch, {steps} steps", flush=True)
    try:
        return fit(
            lesson.model,
            examples,
            lesson.collate,
            batches,
            schedule,
            # Of a head's small products, no thread would be worth waiting for.
            replace(run, steps=steps, threads=1 if settings.method == "head" else run.threads),
            lambda model: _figures(lesson, watched),
            lesson.load_best,
            begun=True,
        )
    except PrecisionNotApplicable as error:  # it saw pictures before: only the training can have spoiled it
        raise diverged(schedule.learning_rate) from error


def _figures(lesson: "FeatureLesson | PixelLesson", watched: "Sequence[Item]") -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, and the loss on the validation pictures."""
    probabilities = lesson.probabilities(watched).tolist()
    rows = [_Watched(lesson.labels[label]) for _, label in watched]
    outcome = assess(rows, probabilities, lesson.labels, lambda row: {})
    right = [chances[label] for chances, (_, label) in zip(probabilities, watched, strict=True)]
    loss = sum(-math.log(max(chance, 1e-12)) for chance in right) / len(right)
    return {"accuracy": outcome.accuracy, "macro_f1": outcome.macro_f1, "loss": loss}


@dataclass(frozen=True)
class _Watched:
    label: str


def _told_settings(settings: Settings, run: Run) -> dict[str, Any]:
    return {
        "base": settings.base,
        "method": settings.method,
        "epochs": settings.epochs,
        "learning_rate": settings.learning_rate,
        "weight_decay": RECIPES[settings.method].weight_decay,
        "augment": settings.augment,
        "minutes": run.minutes,
        "seed": run.seed,
        "device": run.device,
        "threads": run.threads,
        "processor": processor_name(),
    }


@with_run_options("runs/training/pictures", minutes=10)
def main(
    output: Output,
    run: Run,
    file: Annotated[Path, typer.Option(help="A folder with one subfolder a class, or a ZIP file of the same.")],
    base: Annotated[str, typer.Option(help="The model to start from: an id, or a folder.")] = BASE,
    method: Annotated[str, typer.Option(help=f"What learns: {', '.join(METHODS)}.")] = "head",
    epochs: Annotated[float | None, typer.Option(help="Passes over the pictures. Left out: the method's.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Left out: the method's.")] = None,
    augment: Annotated[
        bool | None, typer.Option("--augment/--no-augment", help="Learn from altered copies. Left out: the method's.")
    ] = None,
    as_written: Annotated[bool, typer.Option("--as-written", help="“Mug” and “mug” are two classes.")] = False,
) -> None:
    """Train a picture classifier, and write the model with its card."""
    data = unpack(file) if is_packed(file) else read_pictures(file, as_written)
    for sentence in (*data.remarks, *(one.reason for one in data.left_out)):
        print(sentence, flush=True)
    result = train(data, output, run, Settings(base, method, epochs, learning_rate, augment))
    tested = result["data"]["test"]
    print(f"On {tested} test pictures: accuracy {result['accuracy']:.3f}, macro F1 {result['macro_f1']:.3f}")
    for remark in result["remarks"]:
        print(remark)


if __name__ == "__main__":
    run_command(main)
