"""Tiny data to train on: collections in the layout of the real one, and a file of reviews."""

import gzip
import io
import json
import random
import zipfile
from collections.abc import Iterable
from pathlib import Path

from PIL import Image, ImageDraw

from tests.tiny.question_answering import SENTENCES
from training import subjects
from training.classifier_data import SENTENCES as FILM_SENTENCES
from training.sentence_pairs import Translated

SIZE = 64  # of pictures, in pixels
CSV = """split,file,licence,licence_url,flickr_url
train,coco_000000000001.jpg,Attribution License,,
train,coco_000000000002.jpg,Attribution-NonCommercial License,,
train,coco_000000000003.jpg,Attribution-NoDerivs License,,
train,coco_000000000004.jpg,Attribution-ShareAlike License,,
train,coco_000000000005.jpg,not stated in the repository,,
train,coco_000000000006.jpg,Attribution-NonCommercial-NoDerivs License,,
val,coco_000000000007.jpg,Attribution-NonCommercial License,,
"""
BUS, CHAIR = 5, 56  # COCO numbers


def picture(generator: random.Random, number: int) -> tuple[bytes, str]:
    """A JPEG with one coloured rectangle, and its YOLO row."""
    image = Image.new("RGB", (SIZE, SIZE), (90, 90, 90))
    x, y, side = generator.randint(0, 30), generator.randint(0, 30), generator.randint(16, 30)
    ImageDraw.Draw(image).rectangle((x, y, x + side, y + side), fill=(250, 200, 0))
    out = io.BytesIO()
    image.save(out, "JPEG")
    middle = ((x + side / 2) / SIZE, (y + side / 2) / SIZE)
    return out.getvalue(), f"{number} {middle[0]:.4f} {middle[1]:.4f} {side / SIZE:.4f} {side / SIZE:.4f}\n"


def photographs(folder: Path) -> Path:
    """A folder with a detection.zip: 18 training pictures of VOC and six of COCO, three to validate."""
    generator = random.Random(0)
    names = [f"train/voc07_{number:06}" for number in range(18)]
    names += [f"train/coco_{number:012}" for number in range(1, 7)]
    names += ["val/voc07_000100", "val/voc07_000101", "val/coco_000000000007"]
    with zipfile.ZipFile(folder / "detection.zip", "w") as archive:
        archive.writestr("coco_image_licences.csv", CSV)
        for name in names:
            pixels, row = picture(generator, CHAIR if name.endswith("0001") else BUS)
            archive.writestr(f"detection/images/{name}.jpg", pixels)
            if name != "val/voc07_000101":
                archive.writestr(f"detection/labels/{name}.txt", row)
    return folder


CONTEXTS = [f"{sentence} {other}" for sentence in SENTENCES for other in SENTENCES[:6]]


def question(context: str, source: str, words: tuple[int, int] | None, asked: str = "Who wrote this?") -> dict:
    """A question whose answer is the words from the first to before the second, or that has none."""
    answers = []
    if words:
        text = " ".join(context.split(" ")[slice(*words)])
        answers = [{"text": text, "answer_start": context.index(text)}]
    return {
        "context": context, "question": asked, "answers": answers, "is_impossible": not answers, "source": source,
    }  # fmt: skip


def _write_questions(file: Path, questions: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in questions)


def questions(folder: Path) -> Path:
    """A collection of questions in which two sources may not be trained on."""
    core = [question(context, "qamr", (2, 4)) for context in CONTEXTS] + [question(CONTEXTS[0], "tweetqa", (0, 1))]
    _write_questions(folder / "qa/train.core.jsonl.gz", core)
    without = [question(context, "squad2.0-dev", None) for context in CONTEXTS]
    _write_questions(folder / "qa/train.impossible.jsonl.gz", [*without, question(CONTEXTS[0], "subjqa", None)])
    _write_questions(
        folder / "qa/valid.jsonl.gz", [question(context, "squad1.1-dev", (0, 2)) for context in CONTEXTS[:5]]
    )
    test = [question(context, "xquad.en", (1, 3)) for context in CONTEXTS[:12]]
    _write_questions(folder / "qa/test.xquad.en.jsonl.gz", test)
    return folder


WORDS = [
    "el",
    "niño",
    "juega",
    "al",
    "fútbol",
    "¿dónde",
    "está",
    "la",
    "señora?",
    "¡Sí!",
    "«güero»",
    "corazón",
    "y",
    "más",
]


def spanish(folder: Path) -> Path:
    """A collection of a few thousand words, always the same."""
    generator = random.Random(0)
    (folder / "spanish").mkdir()

    def text(lines: int) -> str:
        return "".join(" ".join(generator.choices(WORDS, k=12)) + "\n" for _ in range(lines))

    with gzip.open(folder / "spanish/train.txt.gz", "wt", encoding="utf-8") as out:
        out.write(text(1_000))
    for name, lines in (("football.train", 4), ("valid", 20), ("test", 20)):
        (folder / f"spanish/{name}.txt").write_text(text(lines), encoding="utf-8")
    return folder


def pairs(folder: Path, rows: Iterable[tuple[str, str]]) -> Path:
    """The English and Spanish sentences as everyday pairs of the collection."""
    return _written(folder, subjects.EVERYDAY, rows)


def others(folder: Path, rows: Iterable[tuple[str, str, str]]) -> Path:
    """The English and Spanish sentences as pairs of the kinds that stand in the third place."""
    return _written(folder, subjects.OTHER, rows)


def _written(folder: Path, name: str, rows: Iterable[tuple[str, ...]]) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)
    return folder


PEOPLE = (
    ("The teacher", "Le professeur", "El profesor"),
    ("My brother", "Mon frère", "Mi hermano"),
    ("The boy", "Le garçon", "El niño"),
    ("Anna", "Anna", "Anna"),
)
DOINGS = (
    ("reads a book", "lit un livre", "lee un libro"),
    ("works here", "travaille ici", "trabaja aquí"),
    ("is at school", "est à l'école", "está en la escuela"),
)
WHENS = (("today", "aujourd'hui", "hoy"), ("now", "maintenant", "ahora"), ("on Monday", "lundi", "el lunes"))
_SENTENCES = [
    tuple(f"{who} {does} {when}." for who, does, when in zip(person, doing, moment, strict=True))
    for person in PEOPLE
    for doing in DOINGS
    for moment in WHENS
]
PAIRS = {"fr": [(row[0], row[1]) for row in _SENTENCES], "es": [(row[0], row[2]) for row in _SENTENCES]}
TRANSLATED = [Translated(*pair, language) for language, pairs in PAIRS.items() for pair in pairs]


def translations(folder: Path) -> Path:
    """A collection of 36 pairs a language, of which two are the test, one with two translations, and two of law."""
    (folder / "translation").mkdir()
    for language, pairs in PAIRS.items():
        write_pairs(folder / f"translation/en-{language}.train.tsv.gz", pairs[2:])
        write_pairs(folder / f"translation/en-{language}.valid.tsv.gz", pairs[2:6])
        other = "Il lit." if language == "fr" else "Él lee."
        write_pairs(folder / f"translation/en-{language}.test.multiref.tsv.gz", [(*pairs[0], other), pairs[1]])
    write_pairs(folder / "translation/other.en-fr.train.tsv.gz", [(*pair, "law") for pair in PAIRS["fr"][:20]])
    write_pairs(folder / "translation/other.en-fr.test.tsv.gz", [(*pair, "law") for pair in PAIRS["fr"][4:6]])
    return folder


def write_pairs(file: Path, rows: list[tuple[str, ...]]) -> None:
    """Rows as the collection has them: a text and its translations, with tabs between."""
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines("\t".join(row) + "\n" for row in rows)


GOOD = ("a wonderful film", "great actors", "the best ending", "my daughter loves it", "good and quick", "good value")
BAD = ("the waiter was rude", "cold food", "never again", "it was slow", "the room was dirty", "bad service")


def reviews(folder: Path, times: int = 3) -> Path:
    """Rows whose label stands in their words; every text is different."""
    rows = [f"{text} {number},{label}" for label, texts in (("good", GOOD), ("bad", BAD)) for text in texts
            for number in range(times)]  # fmt: skip
    file = folder / "reviews.csv"
    file.write_text("text,label\n" + "\n".join(rows) + "\n")
    return file


def film_reviews(folder: Path) -> Path:
    """A collection of 80 film sentences."""
    file = folder / "data" / FILM_SENTENCES
    file.parent.mkdir(parents=True)
    texts = [f"a {word} film, number {number} ." for number in range(40) for word in ("good", "bad")]
    file.write_text("".join(f"{text}\t{int('good' in text)}\n" for text in texts))
    return folder / "data"
