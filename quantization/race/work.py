"""What both sides of a race do in one round: real questions, sentences and pictures, and what they are counted in.

Everything comes with the suite, so that two machines do the same work. Knows no model.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.wording import count_text
from quantization.measure.default_text import DEFAULT_PROMPT
from quantization.measure.evaluation_sets import questions, sentences

IMAGES = Path(__file__).resolve().parents[2] / "images"
QUESTIONS, SENTENCES, TEXTS, TOKENS = 3, 4, 12, 32
SPANISH = (
    "El autobús sale a las ocho de la mañana.",
    "Mi hermana estudia medicina en otra ciudad.",
    "Hoy no hay clase porque el profesor está enfermo.",
    "¿Dónde puedo comprar un billete de tren?",
)


@dataclass(frozen=True)
class Work:
    """One round's work.

    `unit` is what is counted, in the singular (“question”), and `told` says all of it in words. `texts` are questions,
    sentences or the prompt, `context` is what questions are about, `pictures` are files. `tokens` is how many are
    written; 0 where a model ends a text by itself.
    """

    unit: str
    told: str
    texts: tuple[str, ...] = ()
    context: str = ""
    pictures: tuple[Path, ...] = field(default=(), repr=False)
    tokens: int = 0

    def amount(self, written: Iterable[str]) -> int:
        """How much these texts are: their words where each has a fixed length, else how many say something."""
        return sum(len(text.split()) if self.tokens else bool(text.strip()) for text in written)


def work_for(card: ModelCard) -> Work:
    """What a model of this card does in a round.

    Raises:
        InvalidInput: there is no work here for models of its kind.
    """
    task = card.task.loaded_as
    if task not in _WORKS:
        raise InvalidInput(f"There is no work here for {task.label} models. Choose another model.")
    return _WORKS[task](card)


def can_race(card: ModelCard) -> bool:
    """Whether there is work for a model of this card, and fp32 to race against."""
    try:
        work_for(card)
    except InvalidInput:
        return False
    return card.precision is None


def picture_files() -> tuple[Path, ...]:
    """The photographs that come with the suite, by name."""
    return tuple(sorted(IMAGES.glob("*.jpg")))


def _answers(card: ModelCard) -> Work:
    asked = questions()[:QUESTIONS]
    words = len(asked[0].context.split())
    told = f"{QUESTIONS} questions on one text of {words} words"
    return Work("question", told, tuple(question.question for question in asked), asked[0].context)


def _translation(card: ModelCard) -> Work:
    """Sentences in the language that the model reads."""
    if "translate" not in card.verbs:
        raise InvalidInput(f"{card.model_id} does not translate, and there is no other work for it here.")
    language = card.languages[0] if card.languages else "English"
    few = sentences()[:SENTENCES]
    sources = {
        "English": tuple(each.english for each in few),
        "French": tuple(each.french[0] for each in few),
        "Spanish": SPANISH,
    }
    if language not in sources:
        raise InvalidInput(f"There are no sentences in {language} here for {card.model_id} to translate.")
    return Work("sentence", f"{SENTENCES} sentences translated", sources[language])


def _english(unit: str, told: str) -> Callable[[ModelCard], Work]:
    def work(card: ModelCard) -> Work:
        return Work(unit, told, tuple(each.english for each in sentences()[:TEXTS]))

    return work


def _photographs(told: str) -> Callable[[ModelCard], Work]:
    def work(card: ModelCard) -> Work:
        files = picture_files()
        if not files:
            raise InvalidInput("There is no picture in the folder images/. Put JPEG files there.")
        return Work("picture", f"{count_text(len(files), 'photograph')} {told}", pictures=files)

    return work


def _writing(card: ModelCard) -> Work:
    return Work("word", f"{TOKENS} tokens written, as words", (DEFAULT_PROMPT,), tokens=TOKENS)


_WORKS: dict[Task, Callable[[ModelCard], Work]] = {
    Task.QUESTION_ANSWERING: _answers,
    Task.TEXT_TO_TEXT: _translation,
    Task.TEXT_GENERATION: _writing,
    Task.TEXT_CLASSIFICATION: _english("text", f"{TEXTS} sentences sorted by labels"),
    Task.SENTENCE_SIMILARITY: _english("sentence", f"{TEXTS} sentences made vectors"),
    Task.IMAGE_CLASSIFICATION: _photographs("from file to label"),
    Task.OBJECT_DETECTION: _photographs("from file to boxes"),
}
