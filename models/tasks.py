"""What a model can be for: one row a task, from which everything else that must know a task is derived.

A new task is a row here, cards in `models.catalog`, and a row in `apps.pages` where it has a page. Wrappers are named,
not imported: a page must not wait for the libraries of the others.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any


class Task(StrEnum):
    """What a model is for. The values are the names that the Hugging Face hub uses where it has one."""

    QUESTION_ANSWERING = "question-answering"
    TEXT_TO_TEXT = "text-to-text"
    TEXT_GENERATION = "text-generation"
    OBJECT_DETECTION = "object-detection"
    IMAGE_CLASSIFICATION = "image-classification"
    TEXT_CLASSIFICATION = "text-classification"
    SUMMARIZATION = "summarization"  # by choosing sentences; T5, which writes its own, is text-to-text
    SENTENCE_SIMILARITY = "sentence-similarity"
    ZERO_SHOT = "zero-shot-classification"
    TEXT_TO_IMAGE = "text-to-image"
    LABEL_SIMILARITY = "label-similarity"  # labels of one's own by a sentence encoder, which only compares

    @property
    def label(self) -> str:
        """The task's name in a sentence."""
        return self.value.replace("-", " ")

    @property
    def row(self) -> "TaskRow":
        """All that is known of the task."""
        return ROWS[self]

    @property
    def loaded_as(self) -> "Task":
        """The task whose wrapper loads the weights: another one where this one only adds a rule to its models."""
        return self.row.weights_of or self

    @property
    def pipeline(self) -> str:
        """What the hub calls the task."""
        return self.row.pipeline or str(self)


class Kind(StrEnum):
    """What models of a task take, which decides what they need beside their weights."""

    TEXT = "text"  # and a tokenizer
    WRITES = "writes"  # the same, and they answer with tokens, one after another
    PICTURE = "picture"  # and a preprocessor
    DETECTOR = "detector"  # one YOLOv5 file, or a folder made of one, which holds everything
    DIFFUSER = "diffuser"  # text, and they are several networks: a folder of folders, which model_index.json names


@dataclass(frozen=True)
class TaskRow:
    """One task.

    `wrapper` is “module:Class”. `auto_class` is the class of transformers that builds its models; None: something else
    does. `architectures` matches the class that a config.json names, and so tells what an unknown model is for; None:
    its models are recognised by other means. `example` is a terminal command that uses FOLDER. `pipeline` is the task's
    name on the hub, where that is another one. `weights_of` is the task whose models are loaded for this one.
    """

    kind: Kind
    wrapper: str
    auto_class: str | None = None
    architectures: re.Pattern[str] | None = None
    example: str | None = None
    pipeline: str | None = None
    weights_of: Task | None = None

    @property
    def reads_text(self) -> bool:
        """Whether its models take text, through a tokenizer."""
        return self.kind in (Kind.TEXT, Kind.WRITES)

    @property
    def is_detector(self) -> bool:
        """Whether its models are YOLOv5's, never from the hub: a `.pt` file each, or a folder that Aula made of one."""
        return self.kind == Kind.DETECTOR

    @property
    def is_diffuser(self) -> bool:
        """Whether its models are pipelines of diffusers: a folder for each part, and no config.json for the whole."""
        return self.kind == Kind.DIFFUSER

    @property
    def has_configuration(self) -> bool:
        """Whether one config.json says all about the shape of its models."""
        return not self.is_detector and not self.is_diffuser

    def command(self, model: object = "FOLDER") -> str | None:
        """The terminal command that uses `model`, an id or folder; None where there is none for it alone."""
        return f"python aula.py {self.example.replace('FOLDER', str(model))}" if self.example is not None else None


ROWS: dict[Task, TaskRow] = {
    Task.QUESTION_ANSWERING: TaskRow(
        Kind.TEXT,
        "models.question_answering:QuestionAnswerer",
        "AutoModelForQuestionAnswering",
        re.compile(r"ForQuestionAnswering$"),
        'answer "Who wrote it?" --context-file text.txt --model FOLDER',
    ),
    Task.TEXT_TO_TEXT: TaskRow(
        Kind.WRITES,
        "models.text_to_text:TextToText",
        "AutoModelForSeq2SeqLM",
        re.compile(r"^(((T5|MT5).*|Bart|Pegasus)ForConditionalGeneration|(T5|MT5).*WithLMHeadModel|MarianMTModel)$"),
        'translate "Good morning." --model FOLDER',
        pipeline="translation",
    ),
    Task.TEXT_GENERATION: TaskRow(
        Kind.WRITES,
        "models.text_generation:TextGenerator",
        "AutoModelForCausalLM",
        re.compile(r"(LMHeadModel|ForCausalLM)$"),
        'generate "Me gusta" --model FOLDER',
    ),
    Task.OBJECT_DETECTION: TaskRow(
        Kind.DETECTOR,
        "models.object_detection:ObjectDetector",
        architectures=re.compile(r"^YOLOv5Detector$"),  # ours: `models.pictures.yolov5_folder`
    ),
    Task.IMAGE_CLASSIFICATION: TaskRow(
        Kind.PICTURE,
        "models.image_classification:ImageClassifier",
        "AutoModelForImageClassification",
        re.compile(r"ForImageClassification$"),
        "classify-images images/ --model FOLDER",
    ),
    Task.TEXT_CLASSIFICATION: TaskRow(
        Kind.TEXT,
        "models.text_classification:TextClassifier",
        "AutoModelForSequenceClassification",
        re.compile(r"ForSequenceClassification$|^SentenceClassifier$"),
        'classify "A good film." --model FOLDER',
    ),
    Task.SUMMARIZATION: TaskRow(
        Kind.TEXT,
        "models.extractive_summary:ExtractiveSummarizer",
        "AutoModel",
        weights_of=Task.SENTENCE_SIMILARITY,
    ),
    Task.SENTENCE_SIMILARITY: TaskRow(Kind.TEXT, "models.sentence_encoder:SentenceEncoder", "AutoModel"),
    Task.ZERO_SHOT: TaskRow(
        Kind.TEXT,
        "models.zero_shot:ZeroShotClassifier",
        "AutoModelForSequenceClassification",
        example='zero-shot "My screen stays black." --labels hardware,delivery,praise --model FOLDER',
        weights_of=Task.TEXT_CLASSIFICATION,
    ),
    Task.TEXT_TO_IMAGE: TaskRow(
        Kind.DIFFUSER,
        "models.text_to_image:TextToImage",
        architectures=re.compile(r"Pipeline$"),  # as model_index.json names them; loading looks closer
        example='imagine "A fox in the snow, watercolour" --model FOLDER',
    ),
    Task.LABEL_SIMILARITY: TaskRow(
        Kind.TEXT,
        "models.zero_shot:LabelSimilarity",
        "AutoModel",
        pipeline="zero-shot-classification",
        weights_of=Task.SENTENCE_SIMILARITY,
    ),
}

TEXT_TASKS = frozenset(task for task, row in ROWS.items() if row.reads_text)
# Their models have a head as large as their vocabulary, which may share the embedding's matrix.
WRITING_TASKS = frozenset(task for task, row in ROWS.items() if row.kind == Kind.WRITES)


def wrapper_class(task: Task) -> Any:
    """The wrapper class of a task, imported on demand."""
    module, name = task.row.wrapper.split(":")
    return getattr(import_module(module), name)


def task_made_with(architecture: str) -> Task | None:
    """The task of the models that a class of transformers, by its name, is made for; None where no row says."""
    named = (task for task, row in ROWS.items() if row.architectures and row.architectures.search(architecture))
    return next(named, None)
