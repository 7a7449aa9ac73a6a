"""The ratios that the suite asks of itself: which work, against what, and how many times as fast.

Where weights decide nothing but the time of loading, the shape is the real one and the weights are random; the models
that come with the suite are taken as they are.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks import random_model
from benchmarks.random_model import words
from benchmarks.subjects import PREFIX, SUBJECTS, Subject
from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.precision import Precision
from models.weights.cards import find_card
from quantization.measure.evaluation_sets import sentences
from quantization.race.ours import done, our_side
from quantization.race.plain import plain_side
from quantization.race.side import Side
from quantization.race.work import Work, picture_files, work_for

WINDOWS, QUESTIONS = 5, 3
LONG_CONTEXT = 1_250  # tokens, one a word: five windows of 384 that overlap by 128
MANY_SENTENCES = 64
PICTURES = 500
VIT, YOLOV5S, LITE0, TRANSLATOR = (
    "google/vit-base-patch16-224", "aula/yolov5s", "aula/efficientnet-lite0", "aula/t5-mini",
)  # fmt: skip

QUESTION_WORDS = 12

Sides = Callable[[Precision], tuple[Side, Side]]  # loads the other side, once, and the suite's in this precision
Prepare = Callable[[Path, int], Sides]


@dataclass(frozen=True)
class RatioRow:
    """One row: `title` is the work, `against` the other side, `unit` what is counted, `asked` the ratio to reach.

    `prepare` is given an empty folder and the number of pictures of the large folder.
    """

    name: str
    title: str
    against: str
    unit: str
    asked: float
    task: Task
    prepare: Prepare


def find_rows(names: Iterable[str]) -> tuple[RatioRow, ...]:
    """The rows with these names, in the order of the table; all of them for none. Raises InvalidInput for others."""
    wanted = tuple(names) or NAMES
    for name in wanted:
        if name not in NAMES:
            raise InvalidInput(f"There is no row “{name}”. Choose of: {', '.join(NAMES)}.")
    return tuple(row for row in ROWS if row.name in wanted)


def folder_for_row() -> AbstractContextManager[str]:
    """Where a row keeps what it makes, and which is gone after it."""
    return tempfile.TemporaryDirectory(prefix="aula-", ignore_cleanup_errors=True)


# Shapes with random weights


def _of_subject(name: str) -> Prepare:
    return lambda folder, pictures: subject_sides(SUBJECTS[name], folder)


def subject_sides(subject: Subject, folder: Path) -> Sides:
    """Both sides of a subject, whose checkpoint is written into the folder."""
    random_model.save(subject, folder)
    size = subject.configuration().vocab_size
    tokenizer = random_model.tokenizer(subject.task, subject.configuration())
    if subject.writes:
        taken = len(tokenizer(PREFIX if subject.task == Task.TEXT_TO_TEXT else "")["input_ids"])
        work = Work("token", subject.title, (words(subject.reads - taken, size),), tokens=subject.writes)
    else:
        room = subject.reads - tokenizer.num_special_tokens_to_add(pair=True) - QUESTION_WORDS
        work = Work("question", subject.title, (words(QUESTION_WORDS, size),), words(room, size))
    return _both(find_card(str(folder), subject.task), work)


def _long_text(folder: Path, pictures: int) -> Sides:
    return long_text_sides(SUBJECTS["roberta"], folder)


def long_text_sides(subject: Subject, folder: Path, context: int = LONG_CONTEXT) -> Sides:
    """Three questions on one text of several windows."""
    random_model.save(subject, folder)
    size = subject.configuration().vocab_size
    lines = words(QUESTIONS * QUESTION_WORDS, size).split()
    asked = tuple(" ".join(lines[number::QUESTIONS]) for number in range(QUESTIONS))
    work = Work("question", f"{QUESTIONS} questions", asked, words(context, size))
    return _both(find_card(str(folder), Task.QUESTION_ANSWERING), work)


def _vit(folder: Path, pictures: int) -> Sides:
    return vit_sides(folder, {})


def vit_sides(folder: Path, settings: dict[str, Any]) -> Sides:
    """A vision transformer of the published shape, or of one with other `settings`, with its usual preprocessor."""
    import torch
    from transformers import AutoModelForImageClassification, ViTImageProcessor

    from models.weights.configurations import configuration
    from models.wrapper import BUILDING

    config = configuration(VIT)
    config.update(settings)
    with torch.random.fork_rng(devices=[]), BUILDING:
        torch.manual_seed(0)
        model = AutoModelForImageClassification.from_config(config)
    model.save_pretrained(folder)
    side = {"height": config.image_size, "width": config.image_size}
    ViTImageProcessor(size=side).save_pretrained(folder)
    card = find_card(str(folder), Task.IMAGE_CLASSIFICATION)
    return _both(card, work_for(card))


# Models that come with the suite


def _both(card: ModelCard, work: Work) -> Sides:
    plain = cache(lambda: plain_side(card, work))
    return lambda precision: (plain(), our_side(card, work, precision))


def _embedded(model_id: str, task: Task) -> Prepare:
    def prepare(folder: Path, pictures: int) -> Sides:
        card = find_card(model_id, task)
        return _both(card, work_for(card))

    return prepare


def _one_picture_at_a_time(folder: Path, pictures: int) -> Sides:
    """File by file on both sides: how long one person waits for one picture."""
    card = find_card(YOLOV5S, Task.OBJECT_DETECTION)
    work = work_for(card)
    both = _both(card, work)

    def sides(precision: Precision) -> tuple[Side, Side]:
        plain, ours = both(precision)
        return plain, Side(ours.model, lambda: sum(done(ours.model.detect_files([file])) for file in work.pictures))

    return sides


def _many_sentences(folder: Path, pictures: int) -> Sides:
    card = find_card(TRANSLATOR, Task.TEXT_TO_TEXT)
    every = [each.english for each in sentences()]
    many = tuple(every[number % len(every)] for number in range(MANY_SENTENCES))
    return _both(card, replace(work_for(card), texts=many))


def _folder_of_pictures(folder: Path, pictures: int) -> Sides:
    """Copies of the photographs: read, looked at, drawn and written, one after the other or as the suite does it."""
    from models.object_detection import ObjectDetector

    copies = copied(folder / "pictures", pictures)
    drawn = folder / "drawn"
    drawn.mkdir()
    card = find_card(YOLOV5S, Task.OBJECT_DETECTION)

    def sides(precision: Precision) -> tuple[Side, Side]:
        model = ObjectDetector.load(card, device="cpu", precision=precision)
        return (
            Side(model, lambda: sum(_draw(model.detect_files([copy]), drawn) for copy in copies)),
            Side(model, lambda: _draw(model.detect_files(copies), drawn)),
        )

    return sides


def copied(folder: Path, count: int) -> list[Path]:
    """So many copies of the photographs that come with the suite, in a new folder."""
    folder.mkdir()
    originals = picture_files()
    copies = [folder / f"{number:04}{originals[number % len(originals)].suffix}" for number in range(count)]
    for number, copy in enumerate(copies):
        shutil.copyfile(originals[number % len(originals)], copy)
    return copies


def _draw(results: Iterable[Any], folder: Path) -> int:
    """Draw each result's boxes and write the picture, as the command does; how many there were."""
    from models.pictures.images import draw, open_image

    number = 0
    for result in results:
        if result.detections is None:
            raise RuntimeError(result.error)
        draw(open_image(result.path), result.detections).save(folder / result.path.name, quality=90)
        number += 1
    return number


PLAIN = "plain transformers fp32"


def _subject_row(name: str, unit: str, asked: float) -> RatioRow:
    subject = SUBJECTS[name]
    return RatioRow(name, subject.title, PLAIN, unit, asked, subject.task, _of_subject(name))


ROWS = (
    RatioRow(
        "yolov5s", "YOLOv5s, 640 pixels, file to boxes", "the same network in plain PyTorch, detect.py's steps",
        "picture", 3.0, Task.OBJECT_DETECTION, _one_picture_at_a_time,
    ),
    _subject_row("roberta", "question", 4.5),
    RatioRow(
        "windows", f"RoBERTa-base, {QUESTIONS} questions on one text of {WINDOWS} windows", f"{PLAIN}, one by one",
        "question", 5.0, Task.QUESTION_ANSWERING, _long_text,
    ),
    RatioRow(
        "efficientnet", "EfficientNet-Lite0, file to label", "plain transformers and timm fp32",
        "picture", 3.0, Task.IMAGE_CLASSIFICATION, _embedded(LITE0, Task.IMAGE_CLASSIFICATION),
    ),
    RatioRow("vit", "ViT-base, file to label", PLAIN, "picture", 3.0, Task.IMAGE_CLASSIFICATION, _vit),
    _subject_row("t5", "token", 5.0),
    _subject_row("gpt2", "token", 4.0),
    RatioRow(
        "sentences", f"{MANY_SENTENCES} sentences translated by {TRANSLATOR}", f"{PLAIN}, one by one",
        "sentence", 4.0, Task.TEXT_TO_TEXT, _many_sentences,
    ),
    RatioRow(
        "folder", "detect over the folder of pictures", "the suite, one after the other",
        "picture", 1.4, Task.OBJECT_DETECTION, _folder_of_pictures,
    ),
)  # fmt: skip
NAMES = tuple(row.name for row in ROWS)
