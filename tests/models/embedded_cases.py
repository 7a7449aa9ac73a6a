"""What the embedded models are known to answer. Run as a program, it asks them all where no network can be reached.

    python -m tests.models.embedded_cases     prints {model id: {what was asked: answer}} as JSON

The cases are in KNOWN. Whoever embeds new weights looks at what the program prints, and adapts the table if it is good.
"""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from apps.demos.question_answering.words import LIGHTHOUSE, PLANET
from models.catalog import CATALOG
from models.folders import EMBEDDED
from serving.loading import ModelKey, load

IMAGES = Path(__file__).parents[2] / "images"
CHOICES = ("A dog runs across the meadow.", "The bank raised its interest rates.", "She plays the violin very well.")


@dataclass(frozen=True)
class Case:
    """What a model is asked, and what its answer must hold; an empty `answer` means that there must be none."""

    model_id: str
    asked: str
    answer: str
    context: str = ""

    def holds(self, found: str) -> bool:
        """Whether a model's answer is good."""
        return self.answer in found if self.answer else not found


KNOWN = (
    Case("aula/minilm", "A puppy is chasing a ball on the grass.", CHOICES[0]),
    Case("aula/minilm", "Loans will become more expensive.", CHOICES[1]),
    Case("aula/minilm", "He practises the piano every day.", CHOICES[2]),
    Case("aula/qa-minilm", "Who built the lighthouse?", "Margaret Halloran", LIGHTHOUSE),
    Case("aula/qa-minilm", "When was the lighthouse built?", "1874", LIGHTHOUSE),
    Case("aula/qa-minilm", "Where does the Sun rise on Venus?", "west", PLANET),
    Case("aula/qa-minilm", "How many ships sank near Gannet Rock?", "", LIGHTHOUSE),
    Case("aula/sentiment-minilm", "A warm and funny film with wonderful actors.", "positive"),
    Case("aula/sentiment-minilm", "A dull, endless and badly told story.", "negative"),
    Case("aula/sentiment-gpt2-mini-es", "La película es maravillosa y los actores están geniales.", "positive"),
    Case("aula/sentiment-gpt2-mini-es", "Una historia aburrida y mal contada.", "negative"),
    Case("aula/t5-mini", "I don't know where he lives.", "Je ne sais pas où il"),
    Case("aula/t5-mini", "She is my sister.", "ma sœur"),
    Case("aula/t5-mini", "Where is the station?", "Où est la gare ?"),
    Case("aula/t5-mini", "There are 25 students in my class.", "Il y a 25 élèves"),
    Case("aula/gpt2-mini-es", "Me gusta mucho el fútbol", " "),  # what follows is a matter of taste
    Case("aula/yolov5s", "astronaut.jpg", "person"),
    Case("aula/yolov5s", "bus.jpg", "1 bus, 4 person"),
    Case("aula/yolov5s", "chelsea.jpg", "1 cat"),
    Case("aula/yolov5s", "coffee.jpg", "1 cup"),
    Case("aula/yolov5s", "photographer.jpg", "1 person"),
    Case("aula/yolov5s", "zidane.jpg", "2 person, 1 tie"),
    Case("aula/efficientnet-lite0", "chelsea.jpg", "Egyptian cat"),
    Case("aula/efficientnet-lite0", "coffee.jpg", "espresso"),
    Case("aula/efficientnet-lite0", "bus.jpg", "minibus"),
    Case("aula/extractive", "short", "The lighthouse on Gannet Rock was built in 1874", LIGHTHOUSE),
    Case("aula/extractive", "medium", "A day on Venus is longer than its year.", PLANET),
    Case("aula/label-similarity", "The parcel never arrived.", "delivery", "hardware, delivery, sport"),
    Case("aula/label-similarity", "The striker scored twice.", "sport", "hardware, delivery, sport"),
)


def closest(encoder: Any, case: Case) -> str:
    """The choice whose vector is closest to that of what was asked."""
    vectors = encoder.encode([case.asked, *CHOICES])
    return CHOICES[int((vectors[1:] @ vectors[0]).argmax())]


def answer(answerer: Any, case: Case) -> str:
    """The best answer, empty for “the text does not tell”."""
    return answerer.answer(case.asked, case.context, top_k=1)[0].text


def label(classifier: Any, case: Case) -> str:
    """The likeliest label."""
    return str(classifier.classify([case.asked])[0].label)


def translation(translator: Any, case: Case) -> str:
    """The French sentence."""
    from models.text_to_text import join

    return join(translator.translate(case.asked))


def continuation(generator: Any, case: Case) -> str:
    """Twenty tokens, always the likeliest."""
    from models.text_generation import GenerationSettings

    return generator.complete(case.asked, GenerationSettings(max_new_tokens=20, sample=False)).text


def objects(detector: Any, case: Case) -> str:
    """How many of each label, in the order of their names."""
    from models.pictures.images import open_image

    counts = detector.detect(open_image(IMAGES / case.asked)).counts()
    return ", ".join(f"{count} {label}" for label, count in sorted(counts.items()))


def thing(classifier: Any, case: Case) -> str:
    """The likeliest label."""
    from models.pictures.images import open_image

    return classifier.classify([open_image(IMAGES / case.asked)])[0].label


def likest(sorter: Any, case: Case) -> str:
    """The label whose sentence is likest to the text."""
    from models.text.label_sentences import LabelSentences, labels_in

    [found] = sorter.sort_each([case.asked], LabelSentences(labels_in(case.context)))
    return found.label


ASK: dict[str, Callable[[Any, Case], str]] = {
    "aula/minilm": closest,
    "aula/qa-minilm": answer,
    "aula/sentiment-minilm": label,
    "aula/sentiment-gpt2-mini-es": label,
    "aula/t5-mini": translation,
    "aula/gpt2-mini-es": continuation,
    "aula/yolov5s": objects,
    "aula/efficientnet-lite0": thing,
    "aula/label-similarity": likest,
    "aula/extractive": lambda summarizer, case: summarizer.select(case.context, case.asked).text,
}
TASKS = {card.model_id: card.task for card in CATALOG if card.embedded and (EMBEDDED / card.embedded).is_dir()}


def answers(precision: str = "fp32") -> dict[str, dict[str, str]]:
    """What each embedded model that is here answers to its cases."""
    found = {}
    for model_id in [model_id for model_id in ASK if model_id in TASKS]:
        model = load(ModelKey(TASKS[model_id], model_id, "cpu", precision))
        found[model_id] = {case.asked: ASK[model_id](model, case) for case in KNOWN if case.model_id == model_id}
    return found


def _refuse(*anything: object, **more: object) -> NoReturn:
    raise AssertionError("An embedded model asked the network.")


def block_the_network() -> None:
    """Let every connection and every look-up of a name fail."""
    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, _refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, _refuse)


if __name__ == "__main__":
    block_the_network()
    print(json.dumps(answers(), ensure_ascii=False, indent=2))
