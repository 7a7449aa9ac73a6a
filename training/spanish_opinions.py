"""Spanish texts of praise and of blame to learn from, made of English ones: none may be learned from as they stand.

The sentences of film reviews are translated by the suite's own translator. Of everyday sentences, whose Spanish people
wrote, those are taken of whose English the suite's own classifier is sure. Both take minutes, so what has been made is
kept in the folder of the run.
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import torch

from models.catalog import Task
from models.precision import BF16
from models.text.labelled_row import Row
from models.text.repetition import circles
from models.text.task_settings import TextToTextSettings
from models.text_classification import TextClassifier
from models.text_to_text import TextToText
from models.weights.cards import find_card
from training.classifier_data import SENTIMENT, Material, film_sentences, part
from training.collection import sample
from training.sentence_pairs import read_rows
from training.subjects import EVERYDAY
from training.text_data import Split
from training.translation_figures import translate

TRANSLATOR, JUDGE = "aula/t5-mini", "aula/sentiment-minilm"
TRANSLATED, JUDGED = "translated.tsv", "everyday.tsv"  # in the folder of the run
GREEDY = TextToTextSettings(beams=1, max_new_tokens=128)
LOOKED_AT = 100_000  # everyday sentences; of a hundred, the judge is sure that five praise and six blame
SURE = 0.95  # the least probability of a judgement that is learned from
OF_EACH = 4_500  # everyday sentences of a label, at most
AT_ONCE = 500  # texts between two writings to the folder
NOTE = """
It learned from Spanish sentences of praise and of blame that were made of English ones.
"""


def opinions(data: Path, folder: Path, seed: int, of_each: int = OF_EACH, examples: int | None = None) -> Material:
    """Translated film sentences and everyday ones, split; the test has film sentences only.

    `folder` keeps what takes long to make. `examples`: look at so many of each source and part only, for a trial.

    Raises:
        InvalidInput: the film sentences or the everyday pairs are not in `data`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    films = translated_films(data, folder, examples)
    everyday = everyday_opinions(data, folder, seed, of_each, examples)
    rows = apart(films, everyday)
    facts = {"film_sentences": len(films.train), "everyday_sentences": len(everyday.train)}
    return Material("rt_polarity in Spanish and everyday sentences", rows, facts, NOTE, ("es",))


def apart(films: Split, everyday: Split) -> Split:
    """Both together, without what would be in two parts: different sentences may have one translation."""
    validation = _unlike((*films.validation, *everyday.validation), films.test)
    return Split(_unlike((*films.train, *everyday.train), (*films.test, *validation)), validation, films.test)


def _unlike(rows: Iterable[Row], others: Iterable[Row]) -> tuple[Row, ...]:
    """The rows, none twice, whose letters are not those of any other."""
    seen, left = {_letters(row.text) for row in others}, list[Row]()
    for row in rows:
        if (letters := _letters(row.text)) not in seen:
            seen.add(letters)
            left.append(row)
    return tuple(left)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def translated_films(data: Path, folder: Path, examples: int | None = None) -> Split:
    """The film sentences in Spanish, each in the part that its English is in, so that every training agrees on them."""
    english = film_sentences(data).split
    parts = [sample(rows, examples) for rows in (english.train, english.validation, english.test)]
    spanish = translations({as_typed(row.text) for rows in parts for row in rows}, folder / TRANSLATED)
    return Split(*(tuple(_translated(rows, spanish)) for rows in parts))


def _translated(rows: Iterable[Row], spanish: dict[str, str]) -> Iterator[Row]:
    """Those that the translator understood: one that is at a loss says the same twice in a row, or nothing."""
    for row in rows:
        text = spanish[as_typed(row.text)]
        if text and not circles(text.split()):
            yield Row(row.line, text, row.label)


def as_typed(sentence: str) -> str:
    """A sentence of the collection as people write it, and as the translator has learned to read.

    There it is in lower case, and what an editor has put in stands in square brackets.
    """
    words = " ".join(re.sub(r"[\[\]]", "", sentence).split())
    return words[:1].upper() + words[1:]


def translations(texts: Iterable[str], file: Path) -> dict[str, str]:
    """The Spanish of English texts. Those that `file` holds are read there, and the others added to it."""
    known = {english: spanish for english, spanish, *_ in _kept(file)}
    left = _by_length({*texts} - known.keys())
    if not left:
        return known
    translator = TextToText.load(find_card(TRANSLATOR, Task.TEXT_TO_TEXT), "cpu")
    for batch in _batches(left):
        with torch.autocast("cpu", torch.bfloat16):
            written = translate(translator.model, translator.tokenizer, batch, "es", GREEDY)
        rows = [(english, " ".join(spanish.split())) for english, spanish in zip(batch, written, strict=True)]
        _keep(file, rows)
        known |= dict(rows)
        print(f"{len(known):,} sentences are translated", flush=True)
    return known


def everyday_opinions(
    data: Path, folder: Path, seed: int, of_each: int = OF_EACH, examples: int | None = None
) -> Split:
    """Everyday sentences of which the judge is sure, as many of praise as of blame; a tenth are the validation.

    A sentence belongs to the validation by its English, as a film sentence does. None is for the test.
    """
    spanish = {row[0]: row[1] for row in reversed(read_rows(data / EVERYDAY))}  # of several translations the first
    judged = judgements(sample(list(spanish), examples or LOOKED_AT), folder / JUDGED)
    chosen = sure_of(judged, of_each, seed)
    rows = [(part(english), Row(0, spanish[english], label)) for english, label in chosen if english in spanish]
    validation = tuple(row for place, row in rows if place == "validation")
    return Split(tuple(row for place, row in rows if place != "validation"), validation, ())


def judgements(texts: Iterable[str], file: Path) -> dict[str, tuple[str, float]]:
    """Label and probability of English texts. Those that `file` holds are read there, and the others added to it."""
    known = {english: (label, float(chance)) for english, label, chance in _kept(file)}
    left = _by_length({*texts} - known.keys())
    if not left:
        return known
    judge = TextClassifier.load(find_card(JUDGE, Task.TEXT_CLASSIFICATION), "cpu", BF16)
    for batch in _batches(left):
        found = judge.classify(batch, even_if_unreadable=True)
        rows = [(text, one.label, f"{one.score:.4f}") for text, one in zip(batch, found, strict=True)]
        _keep(file, rows)
        known |= {text: (label, float(chance)) for text, label, chance in rows}
        print(f"{len(known):,} everyday sentences are judged", flush=True)
    return known


def sure_of(judged: dict[str, tuple[str, float]], of_each: int, seed: int) -> list[tuple[str, str]]:
    """Sentences with their labels that were judged with SURE or more: as many of each label, in chance order."""
    sure = {label: sorted(text for text, found in judged.items() if found[0] == label and found[1] >= SURE)
            for label in SENTIMENT.values()}  # fmt: skip
    count = min(of_each, *map(len, sure.values()))
    generator = random.Random(seed)
    return [(text, label) for label, texts in sure.items() for text in generator.sample(texts, count)]


def _by_length(texts: Iterable[str]) -> list[str]:
    """Neighbours of like length need little padding."""
    return sorted(texts, key=lambda text: (len(text), text))


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[begin : begin + AT_ONCE] for begin in range(0, len(texts), AT_ONCE))


def _kept(file: Path) -> list[tuple[str, ...]]:
    """The rows of a file that `_keep` wrote; a line that a stop has cut off is not one of them."""
    lines = file.read_text(encoding="utf-8").split("\n")[:-1] if file.is_file() else []
    return [tuple(line.split("\t")) for line in lines]


def _keep(file: Path, rows: Iterable[tuple[str, ...]]) -> None:
    """Add rows behind those that are there, in place of a line that was cut off."""
    whole = file.read_bytes().rpartition(b"\n") if file.is_file() else (b"", b"", b"")
    with file.open("r+b" if file.is_file() else "wb") as out:
        out.truncate(len(whole[0]) + len(whole[1]))
        out.seek(0, 2)
        out.write("".join("\t".join(row) + "\n" for row in rows).encode())
