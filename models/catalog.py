"""Which weights exist: one ModelCard each. Knows nothing of what is on this machine; `models.hub` does."""

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from models.errors import UnknownModel


class Task(StrEnum):
    """What a model is for. The values are the names that the Hugging Face hub uses where it has one."""

    QUESTION_ANSWERING = "question-answering"
    TEXT_TO_TEXT = "text-to-text"
    TEXT_GENERATION = "text-generation"
    OBJECT_DETECTION = "object-detection"

    @property
    def label(self) -> str:
        """The task's name in a sentence."""
        return self.value.replace("-", " ")


@dataclass(frozen=True)
class ModelCard:
    """One set of weights.

    Exactly one of `repository` (a Hugging Face id), `file` (the name of a YOLOv5 release file) and `path` (a folder or
    file on this machine) says where it comes from. Facts that could not be verified on a published page are None;
    `download_bytes` is the sum of the files that a wrapper needs, as published, rounded to megabytes.
    """

    model_id: str
    task: Task
    summary: str = ""
    repository: str | None = None
    file: str | None = None
    path: Path | None = None
    revision: str = "main"
    sha256: str | None = None
    parameters: int | None = None
    download_bytes: int | None = None
    licence: str | None = None
    languages: tuple[str, ...] = ()
    answers_no_answer: bool | None = None


CATALOG: tuple[ModelCard, ...] = (
    ModelCard(
        "deepset/roberta-base-squad2",
        Task.QUESTION_ANSWERING,
        "Finds the answer to a question in an English text, and says when the text does not hold one.",
        repository="deepset/roberta-base-squad2",
        parameters=124_000_000,
        download_bytes=497_000_000,
        licence="CC-BY-4.0",
        languages=("English",),
        answers_no_answer=True,
    ),
    ModelCard(
        "deepset/tinyroberta-squad2",
        Task.QUESTION_ANSWERING,
        "The same work with half the layers: about twice as fast, a little less accurate.",
        repository="deepset/tinyroberta-squad2",
        parameters=81_500_000,
        download_bytes=329_000_000,
        licence="CC-BY-4.0",
        languages=("English",),
        answers_no_answer=True,
    ),
    ModelCard(
        "distilbert/distilbert-base-cased-distilled-squad",
        Task.QUESTION_ANSWERING,
        "Small and quick. It was never shown a question without an answer, so it always gives one.",
        repository="distilbert/distilbert-base-cased-distilled-squad",
        parameters=65_000_000,
        download_bytes=262_000_000,
        licence="Apache-2.0",
        languages=("English",),
        answers_no_answer=False,
    ),
    ModelCard(
        "mrm8488/distill-bert-base-spanish-wwm-cased-finetuned-spa-squad2-es",
        Task.QUESTION_ANSWERING,
        "Questions and texts in Spanish; says when the text does not hold the answer.",
        repository="mrm8488/distill-bert-base-spanish-wwm-cased-finetuned-spa-squad2-es",
        parameters=110_000_000,
        download_bytes=439_000_000,
        licence="Apache-2.0",
        languages=("Spanish",),
        answers_no_answer=True,
    ),
    ModelCard(
        "google-t5/t5-base",
        Task.TEXT_TO_TEXT,
        "Translates English into French, German and Romanian, and summarizes English texts.",
        repository="google-t5/t5-base",
        parameters=220_000_000,
        download_bytes=894_000_000,
        licence="Apache-2.0",
        languages=("English", "French", "German", "Romanian"),
    ),
    ModelCard(
        "google-t5/t5-small",
        Task.TEXT_TO_TEXT,
        "The same tasks with a quarter of the parameters: much faster, with more mistakes.",
        repository="google-t5/t5-small",
        parameters=60_000_000,
        download_bytes=244_000_000,
        licence="Apache-2.0",
        languages=("English", "French", "German", "Romanian"),
    ),
    ModelCard(
        "datificate/gpt2-small-spanish",
        Task.TEXT_GENERATION,
        "Continues a text in Spanish; GPT-2 trained further on the Spanish Wikipedia.",
        repository="datificate/gpt2-small-spanish",
        parameters=124_000_000,
        download_bytes=511_000_000,
        licence="Apache-2.0",
        languages=("Spanish",),
    ),
    ModelCard(
        "openai-community/gpt2",
        Task.TEXT_GENERATION,
        "The original small GPT-2: continues a text in English.",
        repository="openai-community/gpt2",
        parameters=124_000_000,
        download_bytes=551_000_000,
        licence="MIT",
        languages=("English",),
    ),
    ModelCard(
        "distilbert/distilgpt2",
        Task.TEXT_GENERATION,
        "GPT-2 with half the layers: continues a text in English about twice as fast, less coherently.",
        repository="distilbert/distilgpt2",
        parameters=82_000_000,
        download_bytes=356_000_000,
        licence="Apache-2.0",
        languages=("English",),
    ),
    ModelCard(
        "yolov5su",
        Task.OBJECT_DETECTION,
        "Finds objects of 80 everyday kinds; a good balance of speed and accuracy on a CPU.",
        file="yolov5su.pt",
        parameters=9_100_000,
        licence="AGPL-3.0",
    ),
    ModelCard(
        "yolov5nu",
        Task.OBJECT_DETECTION,
        "The smallest and fastest; misses more small and crowded objects.",
        file="yolov5nu.pt",
        parameters=2_600_000,
        licence="AGPL-3.0",
    ),
    ModelCard(
        "yolov5mu",
        Task.OBJECT_DETECTION,
        "More accurate and slower; worth it on a fast machine.",
        file="yolov5mu.pt",
        parameters=25_100_000,
        licence="AGPL-3.0",
    ),
)

# What the hub allows in "owner/name": letters, digits, "-", "_" and ".", and no two folders above one another.
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)


def is_repository_id(model_id: str) -> bool:
    """Whether this can be the id of a repository on the hub; says nothing of whether there is one."""
    return _REPOSITORY.fullmatch(model_id) is not None


def models_for(task: Task) -> list[ModelCard]:
    """The catalog's models of a task, its default first."""
    return [card for card in CATALOG if card.task == task]


def default_model(task: Task) -> ModelCard:
    """The model that a page or command takes when none is named."""
    return models_for(task)[0]


def find_card(model_id: str, task: Task) -> ModelCard:
    """The card of a catalog id, of a file or folder on this machine, or of any other repository on the hub.

    Makes no request: whether a repository exists is found out when it is fetched.

    Raises:
        UnknownModel: none of these, or a model for another task.
    """
    if not model_id.strip():
        raise UnknownModel(f"No model was named. {_choices(task)}")
    known = {card.model_id: card for card in CATALOG}.get(model_id)
    if known is not None:
        if known.task != task:
            raise UnknownModel(f"{model_id} is a {known.task.label} model, not for {task.label}. {_choices(task)}")
        return known
    path = Path(model_id).expanduser()
    if path.exists():
        return _local_card(model_id, path.resolve(), task)
    if task != Task.OBJECT_DETECTION and is_repository_id(model_id):
        return ModelCard(model_id, task, f"A {task.label} model from the Hugging Face hub.", repository=model_id)
    raise UnknownModel(f"There is no model, file or folder “{model_id}”.{_suggestion(model_id, task)} {_choices(task)}")


def _local_card(model_id: str, path: Path, task: Task) -> ModelCard:
    if task == Task.OBJECT_DETECTION and not (path.is_file() and path.suffix.lower() == ".pt"):
        raise UnknownModel(f"{model_id} is not a YOLOv5 file, whose name ends in .pt. {_choices(task)}")
    if task != Task.OBJECT_DETECTION and not path.is_dir():
        raise UnknownModel(f"{model_id} is a file; {task.label} needs a folder with a config.json. {_choices(task)}")
    return ModelCard(model_id, task, "A model from this machine.", path=path)


def _suggestion(model_id: str, task: Task) -> str:
    names = {card.model_id.split("/")[-1]: card.model_id for card in models_for(task)}
    close = difflib.get_close_matches(model_id.split("/")[-1], names, n=1, cutoff=0.75)
    return f" Did you mean “{names[close[0]]}”?" if close else ""


def _choices(task: Task) -> str:
    other = "a YOLOv5 .pt file" if task == Task.OBJECT_DETECTION else "a Hugging Face id (owner/name), or a folder"
    return f"Choose one of {', '.join(card.model_id for card in models_for(task))}, or {other}."
