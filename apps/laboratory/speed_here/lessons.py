"""What a class does on each page that is measured: which button it presses, and what each student has put in before.

Every student has another input of the same size, so that nobody gets a neighbour's answer from a cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.errors import InvalidInput
from quantization.race.class_work import PHOTOGRAPH, opinion_work, picture_work, question_work, sentence_work


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


def _question_texts(number: int) -> Mapping[str, str]:
    work = question_work(number)
    return {"qa-context": work.context, "qa-questions": "\n".join(work.texts)}


def _sentences(number: int) -> Mapping[str, str]:
    return {"Translate-text": "\n".join(sentence_work(number).texts)}


def _opinions(number: int) -> Mapping[str, str]:
    return {"classification-texts": "\n".join(opinion_work(number).texts)}


def _photograph(number: int) -> str:
    [file] = picture_work(number).pictures
    return f"choose-{file.name}"


LESSONS = (
    Lesson("question_answering", "Answer", question_work(0).told, _question_texts),
    Lesson("object_detection", "Detect", PHOTOGRAPH, before=_photograph),
    Lesson("translate_summarize", "Translate", sentence_work(0).told, _sentences),
    Lesson("text_classification", "Classify", opinion_work(0).told, _opinions),
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
