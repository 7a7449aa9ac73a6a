"""Trains `aula/sentiment-gpt2-mini-es`: what makes the suite's own writer a judge of Spanish praise and blame.

    python -m training.spanish_sentiment --data FOLDER --output FOLDER

It is a LoRA, an addition to `aula/gpt2-mini-es`, and fits only the weights that it was trained with. What it learns
from is made first (`training.spanish_opinions`), which the minutes do not count.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
import typer

from models.catalog import Task
from models.folders import read_json
from models.precision import FP32, Precision
from models.text.labelled_row import Row
from models.text_classification import TextClassifier
from models.weights import hub
from models.weights.adapters import BASE_FACTS, digest_of
from models.weights.cards import find_card
from training import text_classification
from training.card import card_text, write_card
from training.classifier_data import SENTIMENT
from training.classifier_models import RANK, find_base
from training.classifier_result import FILE as RESULT
from training.collection import existing, sample
from training.command import run_command
from training.events import readable
from training.options import Data, Output, Run, with_run_options
from training.spanish_opinions import OF_EACH, SURE, opinions
from training.text_classification import Settings, graded
from training.text_data import read_texts

MODEL_ID = "aula/sentiment-gpt2-mini-es"
BASE = "aula/gpt2-mini-es"
# More passes were worse: the machine's Spanish has turns of its own, which there is nothing to be learned from.
EPOCHS, LEARNING_RATE = 2.0, 1e-3
# Of hotels and restaurants. Their terms allow to measure with them, and nothing else.
REVIEWS = Path("sentiment/es.reviews.test.tsv")
TEST_TEXT = "600 Spanish reviews of hotels and restaurants, none of them trained on"
# What the card shows, with what a person would say: texts that it is good at, and others that it is not. A test judges
# them anew.
GOOD = (
    ("La película es maravillosa y los actores están geniales.", "positive"),
    ("Un hotel sucio y ruidoso, no vuelvo nunca.", "negative"),
    ("Una historia aburrida y mal contada.", "negative"),
    ("Me encantó el libro, lo recomiendo a todo el mundo.", "positive"),
    ("La peor cena de mi vida.", "negative"),
)
BAD = (
    ("No está nada mal.", "positive"),
    ("No tengo ninguna queja.", "positive"),
    ("Pensé que sería un desastre, y me equivoqué.", "positive"),
    ("¡Qué bien, otra vez una hora de espera!", "negative"),
    ("La sopa estaba fría.", "negative"),
)


def evaluate(folder: Path, data: Path, examples: int | None = None, precision: Precision = FP32) -> dict[str, float]:
    """Accuracy and macro F1, 0 to 1, of a model on Spanish reviews of hotels and restaurants, through its wrapper.

    `examples` limits how many are judged, always the same ones.
    """
    rows = read_texts(existing(data / REVIEWS), delimiter="tab").rows
    named = [Row(row.line, row.text, SENTIMENT[row.label]) for row in rows]
    return graded(folder, sample(named, examples), precision)


def train(data: Path, output: Path, run: Run, of_each: int = OF_EACH, examples: int | None = None) -> dict[str, float]:
    """Make the texts, train the addition, write its folder with the card, and return its figures on the reviews.

    Raises what `opinions` and `text_classification.train` raise.
    """
    if run.threads:
        torch.set_num_threads(run.threads)
    rows = opinions(data, run.folder, run.seed, of_each, examples)
    text_classification.train(rows, output, run, Settings(BASE, "lora", EPOCHS, LEARNING_RATE))
    (output / BASE_FACTS).write_text(json.dumps(base_facts(), indent=1) + "\n", encoding="utf-8")
    return describe(output, data, run)


def base_facts() -> dict[str, str | None]:
    """Which base there is on this machine: its id, and the SHA-256 of its weights."""
    return {"base": BASE, "sha256": digest_of(hub.require(find_base(BASE)))}


def describe(output: Path, data: Path, run: Run) -> dict[str, float]:
    """Measure the finished model on the reviews and write its card; returns the figures."""
    figures = evaluate(output, data)
    classifier = TextClassifier.load(find_card(str(output), Task.TEXT_CLASSIFICATION), "cpu")
    result: dict[str, Any] = read_json(run.folder / RESULT)
    body = card_text(
        "sentiment-gpt2-mini-es",
        run,
        good=shown(classifier, GOOD),
        bad=shown(classifier, BAD),
        result=result,
        rank=RANK,
        sure=SURE,
    )
    write_card(
        output, model_id=MODEL_ID, title="Spanish praise and blame", licence="agpl-3.0", languages=["es"],
        task=Task.TEXT_CLASSIFICATION, datasets=["rt_polarity", "Tatoeba"], figures=figures, figures_on=TEST_TEXT,
        body=body,
    )  # fmt: skip
    return figures


def shown(classifier: TextClassifier, asked: Sequence[tuple[str, str]]) -> str:
    """Rows of a Markdown table: the text, what a person would say, and what the classifier says."""
    found = classifier.classify([text for text, _ in asked])
    return "\n".join(f"| {one.text} | {label} | {one.label} |" for one, (_, label) in zip(found, asked, strict=True))


@with_run_options("runs/training/spanish_sentiment", minutes=30)
def main(
    data: Data,
    output: Output,
    run: Run,
    of_each: Annotated[
        int, typer.Option("--everyday", help="Everyday sentences of each label, at most.", min=1)
    ] = OF_EACH,
    examples: Annotated[
        int | None, typer.Option(help="A trial: look at so many texts of each source only.", min=1)
    ] = None,
) -> None:
    """Train the addition that judges Spanish praise and blame, and write its folder.

    The texts that are made for it are kept in the run folder, where another seed finds them.
    """
    print(readable(train(data, output, run, of_each, examples)))


if __name__ == "__main__":
    run_command(main)
