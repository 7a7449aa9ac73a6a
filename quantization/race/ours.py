"""The suite's own way of doing a race's work: the wrapper that the pages use, asked as they ask it."""

from collections.abc import Callable, Iterable
from typing import Any

from models.catalog import ModelCard, Task
from models.failures import Failure
from models.precision import Precision
from models.tasks import wrapper_class
from quantization.race.side import Side
from quantization.race.work import Work


def our_side(card: ModelCard, work: Work, precision: Precision) -> Side:
    """The wrapper in this precision on the CPU, and its work. Raises what loading raises."""
    wrapper = wrapper_class(card.task.loaded_as).load(card, device="cpu", precision=precision)
    return Side(wrapper, asked(wrapper, work))


def asked(wrapper: Any, work: Work) -> Callable[[], int]:
    """This work as something to call, of a wrapper that is loaded; how much got done comes back."""
    return _SIDES[wrapper.card.task.loaded_as](wrapper, work)


def done(results: Iterable[Any]) -> int:
    """How many results there are. Raises RuntimeError for the first one that is none: nothing then was raced."""
    number = 0
    for result in results:
        problem = result.error if isinstance(result, Failure) else getattr(result, "error", None)
        if problem is not None:
            raise RuntimeError(problem)
        number += 1
    return number


def _answers(answerer: Any, work: Work) -> Callable[[], int]:
    return lambda: done(answerer.attempt_many(work.texts, work.context))


def _translations(translator: Any, work: Work) -> Callable[[], int]:
    from models.text.task_settings import TextToTextSettings

    text, settings = "\n".join(work.texts), TextToTextSettings(max_new_tokens=work.tokens or None)
    return lambda: work.amount(piece.text for piece in translator.translate(text, settings=settings))


def _writing(generator: Any, work: Work) -> Callable[[], int]:
    from models.text_generation import GenerationSettings

    settings = GenerationSettings(max_new_tokens=work.tokens, sample=False, no_repeat_ngram=0, beams=1)
    return lambda: int(generator.complete(work.texts[0], settings).tokens)


def _labels(classifier: Any, work: Work) -> Callable[[], int]:
    return lambda: done(classifier.attempt_each(work.texts))


def _vectors(encoder: Any, work: Work) -> Callable[[], int]:
    return lambda: len(encoder.encode(work.texts))


def _labelled_pictures(classifier: Any, work: Work) -> Callable[[], int]:
    return lambda: done(classifier.classify_files(work.pictures))


def _boxes(detector: Any, work: Work) -> Callable[[], int]:
    return lambda: done(detector.detect_files(work.pictures))


_SIDES: dict[Task, Callable[[Any, Work], Callable[[], int]]] = {
    Task.QUESTION_ANSWERING: _answers,
    Task.TEXT_TO_TEXT: _translations,
    Task.TEXT_GENERATION: _writing,
    Task.TEXT_CLASSIFICATION: _labels,
    Task.SENTENCE_SIMILARITY: _vectors,
    Task.IMAGE_CLASSIFICATION: _labelled_pictures,
    Task.OBJECT_DETECTION: _boxes,
}
