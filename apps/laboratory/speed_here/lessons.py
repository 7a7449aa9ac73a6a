"""What a class does on each page that is measured: which button it presses, and what each student has put in before.

Every student has another input of the same size, so that nobody gets a neighbour's answer from a cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from models.errors import InvalidInput
from quantization.measure.evaluation_sets import questions, sentences
from quantization.race.work import picture_files

QUESTIONS, SENTENCES, TEXTS = 3, 4, 4
OPINIONS = (
    "A warm, funny and beautifully acted film that I could watch again tomorrow.",
    "The plot is a mess, the jokes are tired, and two hours feel like five.",
    "An honest and moving story with a wonderful young actress.",
    "Dull, predictable and far too long.",
    "The room was spotless and the staff could not have been kinder.",
    "The battery is empty after two hours and nobody answers my emails.",
    "The soup was delicious and the bread was still warm.",
    "We waited for an hour, and then the food was cold.",
)

T = TypeVar("T")


@dataclass(frozen=True)
class Lesson:
    """One page of the class: the `page`'s name, the `button` that everybody presses, and `told`, what it answers.

    `texts` says what student number n types, by the fields' keys; `before` which button n presses on the way there, by
    its key, where there is one.
    """

    page: str
    button: str
    told: str
    texts: Callable[[int], Mapping[str, str]] | None = None
    before: Callable[[int], str] | None = None


def turned(items: tuple[T, ...], number: int, count: int) -> list[T]:
    """`count` of the items, beginning at another one for each number, going round."""
    start = number * count
    return [items[(start + each) % len(items)] for each in range(count)]


def _question_texts(number: int) -> Mapping[str, str]:
    contexts = tuple(dict.fromkeys(question.context for question in questions()))
    context = contexts[number % len(contexts)]
    asked = [question.question for question in questions() if question.context == context][:QUESTIONS]
    return {"qa-context": f"{context} This is copy {number + 1}.", "qa-questions": "\n".join(asked)}


def _sentences(number: int) -> Mapping[str, str]:
    return {"Translate-text": "\n".join(each.english for each in turned(sentences(), number, SENTENCES))}


def _opinions(number: int) -> Mapping[str, str]:
    lines = turned(OPINIONS, number, TEXTS)
    return {"classification-texts": "\n".join(f"{line} That was number {number + 1}." for line in lines)}


def _photograph(number: int) -> str:
    files = picture_files()
    return f"choose-{files[number % len(files)].name}"


LESSONS = (
    Lesson("question_answering", "Answer", f"{QUESTIONS} questions on a text", _question_texts),
    Lesson("object_detection", "Detect", "one photograph", before=_photograph),
    Lesson("translate_summarize", "Translate", f"{SENTENCES} sentences", _sentences),
    Lesson("text_classification", "Classify", f"{TEXTS} texts and the words that matter", _opinions),
)


def lessons_on(pages: list[str]) -> tuple[Lesson, ...]:
    """The lessons on these pages, in the order of the list; all of them where none is named.

    Raises:
        InvalidInput: a page on which nothing is measured.
    """
    names = [lesson.page for lesson in LESSONS]
    for page in pages:
        if page not in names:
            raise InvalidInput(f"A class cannot be measured on the page “{page}”. Choose of: {', '.join(names)}.")
    return tuple(lesson for lesson in LESSONS if not pages or lesson.page in pages)
