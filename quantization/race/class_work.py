"""What each student of a class puts in when all of them press the same button: another input of the same size.

Nobody then gets a neighbour's answer. The page's class (`apps.laboratory.speed_here`) and the simulation of a school
day (`benchmarks.school_day`) take the same from here, so that one can be held against the other. Students count from 0.
"""

from typing import TypeVar

from quantization.measure.evaluation_sets import questions, sentences
from quantization.race.work import QUESTIONS, SENTENCES, Work, picture_files

TEXTS = 4
PHOTOGRAPH = "one photograph"
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


def turned(items: tuple[T, ...], number: int, count: int) -> list[T]:
    """`count` of the items, beginning at another one for each number, going round."""
    start = number * count
    return [items[(start + each) % len(items)] for each in range(count)]


def question_work(number: int) -> Work:
    """Questions on one text."""
    contexts = tuple(dict.fromkeys(question.context for question in questions()))
    context = contexts[number % len(contexts)]
    asked = [question.question for question in questions() if question.context == context][:QUESTIONS]
    told = f"{QUESTIONS} questions on a text"
    return Work("question", told, tuple(asked), f"{context} This is copy {number + 1}.")


def sentence_work(number: int) -> Work:
    """Sentences to translate."""
    texts = tuple(each.english for each in turned(sentences(), number, SENTENCES))
    return Work("sentence", f"{SENTENCES} sentences", texts)


def opinion_work(number: int) -> Work:
    """Texts to classify, each word of which is explained."""
    texts = tuple(f"{line} That was number {number + 1}." for line in turned(OPINIONS, number, TEXTS))
    return Work("text", f"{TEXTS} texts and the words that matter", texts)


def picture_work(number: int) -> Work:
    """A photograph to look at."""
    files = picture_files()
    return Work("picture", PHOTOGRAPH, pictures=(files[number % len(files)],))
