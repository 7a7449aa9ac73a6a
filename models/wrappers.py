"""Which wrapper is for which task. Named, not imported: a page must not wait for the libraries of the others."""

from importlib import import_module

from models.catalog import Task

WRAPPERS = {
    Task.QUESTION_ANSWERING: "models.question_answering:QuestionAnswerer",
    Task.TEXT_TO_TEXT: "models.text_to_text:TextToText",
    Task.TEXT_GENERATION: "models.text_generation:TextGenerator",
    Task.OBJECT_DETECTION: "models.object_detection:ObjectDetector",
    Task.TEXT_CLASSIFICATION: "models.text_classification:TextClassifier",
    Task.SUMMARIZATION: "models.extractive_summary:ExtractiveSummarizer",
    Task.SENTENCE_SIMILARITY: "models.sentence_encoder:SentenceEncoder",
}


def wrapper_class(task: Task) -> type:
    """The wrapper class of a task, imported on demand."""
    module, name = WRAPPERS[task].split(":")
    return getattr(import_module(module), name)
