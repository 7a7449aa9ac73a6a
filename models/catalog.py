"""Which weights exist: one ModelCard each. Knows nothing of what is on this machine; `models.hub` does."""

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
    file on this machine) says where it comes from. Facts that could not be verified on a published page are None.
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
