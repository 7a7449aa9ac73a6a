"""Trains `aula/qa-minilm`: extractive question answering in English that knows when there is no answer.

The base is the sentence encoder `aula/minilm`. Its encoder layers are trained whole, its large word table through a
LoRA of low rank, so that what is saved is a small peft adapter: the table is in the base already.
"""

import json
import random
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from models.catalog import ModelCard, Task
from models.device import choose_device
from models.precision import FP32, Precision
from models.question_answering import QuestionAnswerer
from models.text.answer_scores import exact_match, f1
from models.weights import hub
from models.weights.cards import find_card
from models.weights.completeness import ADAPTER_SETTINGS
from models.wrapper import Pretrained
from training.card import card_text, write_card
from training.collection import sample
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, StartFrom, with_run_options
from training.question_data import (
    TEST,
    Question,
    collate,
    impossible_questions,
    read_questions,
    tokenize,
    training_questions,
    validation_questions,
)
from training.saved_tokenizer import save_tokenizer
from training.sittings import Sitting, add, table
from training.trainer import Schedule, TokenBatches, fit

MODEL_ID = "aula/qa-minilm"
BASE = "aula/minilm"
TOKENS_A_STEP = 3072
LEARNING_RATE = 2e-4
LEARNING_RATE_OF_TRAINED = 1e-4  # a warm-up to more would undo what the weights know
FIGURES_ON = "XQuAD in English, and held-out SQuAD 2.0 questions without an answer"
DATASETS = ("SQuAD 1.1", "SQuAD 2.0", "SQuADShifts", "QAMR", "FairytaleQA")


def adapted(base: Path, start_from: Path | None = None) -> Any:
    """The base with a question answering head, its encoder trainable, its word table through a LoRA of rank 16.

    Head and adapter are new, or those of the folder `start_from`.
    """
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import AutoModelForQuestionAnswering

    # No dropout: the training sees hardly any example twice.
    model = AutoModelForQuestionAnswering.from_pretrained(
        base, dtype=torch.float32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
        attn_implementation="eager",
    )  # fmt: skip
    if start_from:
        return PeftModel.from_pretrained(model, start_from, is_trainable=True).float()
    settings = LoraConfig(
        r=16, lora_alpha=16, target_modules=["word_embeddings"], modules_to_save=["encoder", "qa_outputs"]
    )
    return get_peft_model(model, settings)


def answerer(model: Any, tokenizer: Any, device: str) -> QuestionAnswerer:
    """The wrapper around a model in training."""
    card = ModelCard(MODEL_ID, Task.QUESTION_ANSWERING, answers_no_answer=True)
    return QuestionAnswerer(Pretrained(card, model, tokenizer, choose_device(device), "fp32", 0, 0.0))


def best(reader: QuestionAnswerer, question: Question, no_answer: bool = True) -> str:
    """The text of the best answer, empty for “no answer” where that competes.

    Answers are ranked by `score`, as SQuAD's figures are; in texts of one window the pages' own ranking differs little.
    """
    options: dict[str, Any] = {"no_answer": no_answer, "rank_by": "score"}
    return reader.answer(question["question"], question["context"], 1, **options)[0].text


def score(reader: QuestionAnswerer, questions: list[Question], no_answer: bool = True) -> dict[str, float]:
    """F1 and exact match in percent over all questions, and how well “no answer” is told: balanced accuracy, 0 to 1."""
    return points(questions, [best(reader, question, no_answer) for question in questions])


def points(questions: list[Question], answers: list[str]) -> dict[str, float]:
    """The same of answers that are known."""
    totals: dict[str, float] = defaultdict(float)
    for question, answer in zip(questions, answers, strict=True):
        references = [] if question["is_impossible"] else [reference["text"] for reference in question["answers"]]
        kind = "answerable" if references else "impossible"
        totals["f1"] += f1(answer, references)
        totals["exact"] += exact_match(answer, references)
        totals[kind] += 1
        totals[f"right {kind}"] += bool(answer) == bool(references)
    recalls = [totals[f"right {kind}"] / totals[kind] for kind in ("answerable", "impossible") if totals[kind]]
    return {
        "f1": 100 * totals["f1"] / len(questions),
        "exact": 100 * totals["exact"] / len(questions),
        "balanced_accuracy": sum(recalls) / len(recalls),
    }


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """The finished model's figures, through the wrapper that the pages use, on a CPU.

    F1 and exact match, in percent, are of the questions of XQuAD as SQuAD 1.1 counts them: each has an answer, and “no
    answer” does not compete. The balanced accuracy, 0 to 1, is the mean share of right decisions whether there is an
    answer, where it does compete: on held-out questions of SQuAD 2.0 that have none, and on as many of XQuAD.

    Args:
        folder: the model's folder.
        data: the collection; qa/ is read.
        examples: at most so many questions of either kind, always the same ones. None: all.
        precision: how the model is loaded.
    """
    reader = QuestionAnswerer.load(find_card(str(folder), Task.QUESTION_ANSWERING), "cpu", precision)
    possible = sample(list(read_questions(data / TEST)), examples)
    impossible = sample(impossible_questions(data, "test"), examples)
    asked = impossible + sample(possible, len(impossible))
    decided = [best(reader, question) for question in asked]
    # An answer that has won against “no answer” is the best one without it too: only the others are read once more.
    won = {(one["context"], one["question"]): answer for one, answer in zip(asked, decided, strict=True)}
    without = [won.get((one["context"], one["question"])) or best(reader, one, no_answer=False) for one in possible]
    answers, decisions = points(possible, without), points(asked, decided)
    return {
        "F1": answers["f1"],
        "exact match": answers["exact"],
        "balanced accuracy": decisions["balanced_accuracy"],
    }


def finish(folder: Path, data: Path, run: Run, base: str = BASE, start_from: Path | None = None) -> dict[str, float]:
    """Make a model folder of the adapter that a training saved: with its configuration, its base by id, and the card.

    Returns the figures on the test questions.
    """
    from transformers import MODEL_FOR_QUESTION_ANSWERING_MAPPING, AutoConfig

    card = find_card(base, Task.SENTENCE_SIMILARITY)
    config = AutoConfig.from_pretrained(hub.require(card))
    architecture: Any = MODEL_FOR_QUESTION_ANSWERING_MAPPING[type(config)]
    config.architectures = [architecture.__name__]
    config.save_pretrained(folder)
    settings = json.loads((folder / ADAPTER_SETTINGS).read_text(encoding="utf-8"))
    settings["base_model_name_or_path"] = str(card.path or base)
    (folder / ADAPTER_SETTINGS).write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    figures = evaluate(folder, data)
    _describe(folder, figures, run, base, add(folder, start_from, run))
    return figures


def _describe(folder: Path, figures: dict[str, float], run: Run, base: str, sittings: list[Sitting]) -> None:
    body = card_text("qa-minilm", run, base=base, tokens=TOKENS_A_STEP, sittings=table(sittings))
    write_card(
        folder, model_id=MODEL_ID, title=f"{MODEL_ID}: answers from an English text", licence="cc-by-sa-4.0",
        languages=["en"], task=Task.QUESTION_ANSWERING, datasets=list(DATASETS), figures=figures,
        figures_on=FIGURES_ON, body=body,
    )  # fmt: skip


def validated(folder: Path, data: Path) -> dict[str, float]:
    """The figures of a finished model on the validation questions, as during its training."""
    reader = QuestionAnswerer.load(find_card(str(folder), Task.QUESTION_ANSWERING), "cpu")
    return score(reader, validation_questions(data))


def train(data: Path, output: Path, run: Run, base: str = BASE, start_from: Path | None = None) -> dict[str, float]:
    """Train, write the model folder with its card, and return its figures on the test questions."""
    from transformers import AutoTokenizer

    torch.manual_seed(run.seed)
    encoder = hub.require(find_card(base, Task.SENTENCE_SIMILARITY))
    tokenizer = AutoTokenizer.from_pretrained(encoder, model_max_length=512)
    generator = random.Random(run.seed)
    made = (tokenize(tokenizer, question, generator) for question in training_questions(data, run.seed))
    examples = [example for example in made if example is not None]
    lengths = [len(example.input_ids) for example in examples]
    print(f"{len(examples)} examples, {sum(lengths) / 1e6:.1f} M tokens", flush=True)
    model = adapted(encoder, start_from)
    held_out = validation_questions(data)
    fit(
        model,
        examples,
        collate,
        TokenBatches(lengths, TOKENS_A_STEP, run.seed),
        Schedule(LEARNING_RATE_OF_TRAINED if start_from else LEARNING_RATE, evaluations=6, metric="f1"),
        run,
        lambda trained: score(answerer(trained.get_base_model(), tokenizer, run.device), held_out),
    )
    model.half().save_pretrained(output)
    save_tokenizer(tokenizer, output)
    return finish(output, data, run, base, start_from)


@with_run_options("runs/training/question_answering", minutes=60)
def main(
    data: Data,
    output: Output,
    run: Run,
    start_from: StartFrom = None,
    base: Annotated[str, typer.Option(help="The encoder to build on: a model id or a folder.")] = BASE,
) -> None:
    """Train question answering and write its folder."""
    print(readable(train(data, output, run, base, start_from)))


if __name__ == "__main__":
    run_command(main)
