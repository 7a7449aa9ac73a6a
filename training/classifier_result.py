"""What came out of training a classifier: figures, confusion matrix, worst mistakes; `result.json` and the card."""

import json
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from models.catalog import ModelCard
from models.text.grading import MOST_MISTAKES, mean_f1
from models.text.labelled_row import Row
from training.card import write_card
from training.classifier_data import Material

FILE = "result.json"
NOTE = """
It knows nothing but texts like those that it was trained on.
"""


@dataclass(frozen=True)
class Outcome:
    """How the test rows were classified.

    `accuracy` is the share of rows that got their label, `macro_f1` the mean of the classes' F1, both 0 to 1.
    `confusion[label][predicted]` are counts, rows and columns in the order of `labels`. `mistakes` are the wrong rows
    of which the model was surest, these first, at most 20: what tells which row it is, predicted, probability.
    """

    accuracy: float
    macro_f1: float
    labels: list[str]
    confusion: list[list[int]]
    mistakes: list[dict[str, Any]]


class Labelled(Protocol):
    """A text or a picture with its label."""

    @property
    def label(self) -> str: ...


def text_facts(row: Row) -> dict[str, Any]:
    """What tells a person which text it is."""
    return {"text": row.text, "label": row.label, "line": row.line}


def assess(
    rows: Sequence[Labelled],
    probabilities: Sequence[Sequence[float]],
    labels: Sequence[str],
    facts: Callable[[Any], dict[str, Any]] = text_facts,
) -> Outcome:
    """Compare the labels of `rows`, of which there is at least one, with the probabilities of every label.

    `facts` are what a mistake tells of its row.
    """
    judged = judgements(rows, probabilities, labels, facts)
    confusion = [[0] * len(labels) for _ in labels]
    for row, one in zip(rows, judged, strict=True):
        confusion[labels.index(row.label)][labels.index(one["predicted"])] += 1
    mistakes = [one for row, one in zip(rows, judged, strict=True) if one["predicted"] != row.label]
    mistakes.sort(key=lambda mistake: -mistake["probability"])
    accuracy = sum(confusion[label][label] for label in range(len(labels))) / len(rows)
    return Outcome(accuracy, mean_f1(confusion), list(labels), confusion, mistakes[:MOST_MISTAKES])


def judgements(
    rows: Sequence[Labelled],
    probabilities: Sequence[Sequence[float]],
    labels: Sequence[str],
    facts: Callable[[Any], dict[str, Any]],
) -> list[dict[str, Any]]:
    """What was said of each row: its facts, the label that it was given (“predicted”), and the “probability” of it."""
    best = [max(range(len(labels)), key=chances.__getitem__) for chances in probabilities]
    return [
        {**facts(row), "predicted": labels[guess], "probability": chances[guess]}
        for row, guess, chances in zip(rows, best, probabilities, strict=True)
    ]


def majority_accuracy(train: Sequence[Labelled], test: Sequence[Labelled]) -> float:
    """The accuracy of always saying the most frequent label of the training rows, 0 to 1."""
    frequent = Counter(row.label for row in train).most_common(1)[0][0]
    return sum(row.label == frequent for row in test) / len(test)


def remarks(outcome: Outcome, learning_rate: float, loss: float, example: str = "row") -> list[str]:
    """What has to be said about a model that tells nothing apart; `loss` is the one on the validation data.

    Guessing all labels alike has a loss of ln(labels). One far above it was driven there by too large steps.
    """
    answers = {label for row in outcome.confusion for label, count in enumerate(row) if count}
    if len(answers) > 1 or sum(any(row) for row in outcome.confusion) < 2:
        return []
    label = outcome.labels[answers.pop()]
    said = f"The model calls every test {example} “{label}”: it has learned to tell nothing apart."
    if loss > 1.5 * math.log(len(outcome.labels)):
        return [f"{said} Its learning rate, {learning_rate:g}, is too large: choose a smaller one."]
    other = f"or another learning rate than {learning_rate:g}"
    return [f"{said} Give it more epochs, more minutes or more {example}s, {other}."]


def cut_short(wanted: int, seen: int, minutes: float, example: str = "text") -> list[str]:
    """What has to be said where a base could not look at all training examples in half of the minutes."""
    if seen == wanted:
        return []
    return [
        f"In half of {minutes:g} minutes the base could look at {seen:,} of the {wanted:,} training {example}s; the "
        "others were left out. Give it more minutes."
    ]


def write_result(run: Path, outcome: Outcome, **more: Any) -> dict[str, Any]:
    """Write and return `result.json` of a run folder: the outcome, and whatever else is to be told."""
    result = asdict(outcome) | more
    part = run / f"{FILE}.part"
    part.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(run / FILE)
    return result


def write_classifier_card(folder: Path, base: ModelCard, rows: Material, result: dict[str, Any]) -> None:
    """Write README.md beside the model, from what is in `result.json`."""
    write_card(
        folder,
        model_id=f"aula/{folder.name}" if rows.note else f"trained/{folder.name}",
        title=f"Text classifier: {_shortened(result['labels'])}",
        licence="agpl-3.0" if rows.note else (base.licence or "unknown").lower(),
        languages=list(rows.languages),
        task="text-classification",
        datasets=[rows.name],
        figures={"accuracy": round(result["accuracy"], 4), "F1": round(result["macro_f1"], 4)},
        figures_on=f"{rows.name}: {result['data']['test']:,} texts, none of them trained on",
        body=_body(result, rows.note),
    )


def _shortened(labels: Sequence[str], most: int = 4) -> str:
    return ", ".join(labels[:most]) + (f" and {len(labels) - most} more" if len(labels) > most else "")


def _body(result: dict[str, Any], note: str) -> str:
    settings, data = result["settings"], result["data"]
    classes = ", ".join(f"“{label}” ({count:,} texts)" for label, count in data["classes"].items())
    learned = f"{result['trainable_parameters']:,} of {result['total_parameters']:,} parameters learned"
    options = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in settings.items())
    return f"""
Sorts a text into one of {len(result["labels"])} classes: {classes}.

It stands on `{settings["base"]}`, {_how_it_learned(settings["method"])}: {learned}.
Texts longer than {settings["longest"]} tokens are cut there.
{note or NOTE}
## Beside what needs no training

| | accuracy |
|---|---|
| this model | {result["accuracy"]:.3f} |
| always the most frequent class | {result["majority_accuracy"]:.3f} |
| the same base with an untrained head | {result["untrained_accuracy"]:.3f} |

With {data["test"]:,} test texts, its accuracy is known to ± {100 * _margin(result["accuracy"], data["test"]):.0f} %.

## How it was trained

By `python -m training.text_classification`, from {data["train"]:,} texts; {data["validation"]:,} more chose the best
weights, {data["test"]:,} gave the figures. It took {result["seconds"] / 60:,.1f} minutes with these settings:

{options}
"""


def _how_it_learned(method: str) -> str:
    return {"head": "frozen under a new head", "lora": "trained through a LoRA", "all": "trained whole"}[method]


def _margin(share: float, count: int) -> float:
    """Half the width of the interval that holds a share with 95 % certainty (normal approximation)."""
    return 1.96 * (max(share * (1 - share), 1e-9) / count) ** 0.5
