"""The suite's own small evaluation sets: questions about short texts, and sentences with their translations.

They were written for the suite; `evaluation/README.md` says how, and under which licence.
"""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "evaluation"
QUESTIONS = FOLDER / "questions.json"
SENTENCES = FOLDER / "sentences.tsv"


@dataclass(frozen=True)
class Question:
    """A question about `context`, and the answers that count: pieces of it. None of them: the text does not tell."""

    question: str
    context: str
    answers: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the model is asked."""
        return self.question

    @property
    def references(self) -> tuple[str, ...]:
        """What a person answers."""
        return self.answers


@dataclass(frozen=True)
class Sentence:
    """An English sentence and French translations of it, each of them right."""

    english: str
    french: tuple[str, ...]

    @property
    def text(self) -> str:
        """What the model is asked."""
        return self.english

    @property
    def references(self) -> tuple[str, ...]:
        """What a person answers."""
        return self.french


@cache
def questions() -> tuple[Question, ...]:
    """The questions, with their texts, in the order of the file."""
    return tuple(
        Question(asked["question"], paragraph["context"], tuple(asked["answers"]))
        for paragraph in json.loads(QUESTIONS.read_text(encoding="utf-8"))
        for asked in paragraph["questions"]
    )


@cache
def sentences() -> tuple[Sentence, ...]:
    """The sentences with two or three translations each, in the order of the file."""
    with SENTENCES.open(encoding="utf-8", newline="") as lines:
        return tuple(Sentence(english, tuple(french)) for english, *french in csv.reader(lines, delimiter="\t"))
