"""The two sides of a race: plain transformers in fp32 as a user writes it, and the suite's own wrapper.

Both load the same folder, read the same text and hand back how many tokens they have worked through.

| task | plain | ours |
| --- | --- | --- |
| text generation | tokenize, `generate` greedily | `TextGenerator.complete` without sampling |
| question answering | tokenize, forward, best start, best end | `QuestionAnswerer.read`: also searches spans |
| text to text | tokenize, `generate` with beams, decode | `TextToText.translate` with as many beams |
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.random_model import words
from benchmarks.subjects import BEAMS, LANGUAGE, Subject
from models.catalog import Task
from models.precision import Precision
from models.tasks import wrapper_class
from models.weights.cards import find_card

QUESTION_WORDS = 12
# Random weights go round in circles, which ours would cut: neither side may.
SEARCH = {"num_beams": BEAMS, "no_repeat_ngram_size": 3}


@dataclass(frozen=True)
class Side:
    """A loaded model, and its work: each call does it once and returns the number of tokens."""

    model: Any
    work: Callable[[], int]


def plain(subject: Subject, folder: Path) -> Side:
    """transformers alone, in fp32."""
    import torch
    import transformers

    classes = {
        Task.TEXT_GENERATION: transformers.AutoModelForCausalLM,
        Task.QUESTION_ANSWERING: transformers.AutoModelForQuestionAnswering,
        Task.TEXT_TO_TEXT: transformers.AutoModelForSeq2SeqLM,
    }
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = classes[subject.task].from_pretrained(folder, dtype=torch.float32)
    works = {
        Task.TEXT_GENERATION: _plain_generation,
        Task.QUESTION_ANSWERING: _plain_answer,
        Task.TEXT_TO_TEXT: _plain_translation,
    }
    return Side(model, works[subject.task](subject, model, tokenizer))


def ours(subject: Subject, folder: Path, precision: Precision) -> Side:
    """The wrapper of the task, in any precision. Raises what loading in this precision raises."""
    card = find_card(str(folder), subject.task)
    wrapper = wrapper_class(subject.task).load(card, device="cpu", precision=precision)
    works = {
        Task.TEXT_GENERATION: _our_generation,
        Task.QUESTION_ANSWERING: _our_answer,
        Task.TEXT_TO_TEXT: _our_translation,
    }
    return Side(wrapper.model, works[subject.task](subject, wrapper))


def _plain_generation(subject: Subject, model: Any, tokenizer: Any) -> Callable[[], int]:
    def work() -> int:
        read = tokenizer(words(subject.reads, len(tokenizer)), return_tensors="pt")
        written = model.generate(**read, do_sample=False, max_new_tokens=subject.writes)[
            0, read["input_ids"].shape[1] :
        ]
        return len(tokenizer.decode(written).split())

    return work


def _our_generation(subject: Subject, generator: Any) -> Callable[[], int]:
    from models.text_generation import GenerationSettings

    prompt = words(subject.reads, len(generator.tokenizer))
    settings = GenerationSettings(max_new_tokens=subject.writes, sample=False, no_repeat_ngram=0)
    return lambda: generator.complete(prompt, settings).tokens


def _question(subject: Subject, tokenizer: Any) -> tuple[str, str]:
    """A question, and the context that fills the rest of what is read."""
    room = subject.reads - tokenizer.num_special_tokens_to_add(pair=True) - QUESTION_WORDS
    return words(QUESTION_WORDS, len(tokenizer)), words(room, len(tokenizer))


def _plain_answer(subject: Subject, model: Any, tokenizer: Any) -> Callable[[], int]:
    import torch

    question, context = _question(subject, tokenizer)

    def work() -> int:
        read = tokenizer(question, context, truncation="only_second", max_length=subject.reads, return_tensors="pt")
        with torch.inference_mode():
            output = model(**read)
        start, end = int(output.start_logits.argmax()), int(output.end_logits.argmax())
        tokenizer.decode(read["input_ids"][0, start : end + 1])
        return read["input_ids"].shape[1]

    return work


def _our_answer(subject: Subject, answerer: Any) -> Callable[[], int]:
    question, context = _question(subject, answerer.tokenizer)

    def work() -> int:
        answerer.read(question, context)
        return len(answerer.tokenizer(question, context)["input_ids"])

    return work


def _source(subject: Subject, tokenizer: Any) -> str:
    """What is to be translated, without the words that say so and the token that ends it."""
    task = "translate English to French:"
    return words(subject.reads - len(tokenizer(task)["input_ids"]), len(tokenizer))


def _plain_translation(subject: Subject, model: Any, tokenizer: Any) -> Callable[[], int]:
    source = f"translate English to French: {_source(subject, tokenizer)}"

    def work() -> int:
        read = tokenizer(source, return_tensors="pt")
        written = model.generate(**read, **SEARCH, do_sample=False, max_new_tokens=subject.writes)
        return len(tokenizer.decode(written[0], skip_special_tokens=True).split())

    return work


def _our_translation(subject: Subject, translator: Any) -> Callable[[], int]:
    from models.text.task_settings import TextToTextSettings

    source = _source(subject, translator.tokenizer)
    settings = TextToTextSettings(max_new_tokens=subject.writes, no_repeat_ngram=SEARCH["no_repeat_ngram_size"])
    return lambda: sum(len(piece.text.split()) for piece in translator.translate(source, LANGUAGE, settings))
