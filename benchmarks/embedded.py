"""How good the embedded models are on their test data, as one Markdown table.

    python -m benchmarks.embedded --data FOLDER
    python -m benchmarks.embedded --data FOLDER --model aula/qa-minilm --examples 100 --precision int8

Each model is measured by the module of `training` that made it, through the wrapper that the pages use. It stands here
and not there because a precision that is more than a dtype comes from `quantization`, which trainings do not know.
"""

import importlib
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from models.catalog import CATALOG, ModelCard
from models.errors import UnknownModel, sentence_for
from models.precision import Precision
from models.weights import hub
from quantization.recipes import find_precision
from training.command import run_command
from training.embedded_table import SUBJECTS, ModelFigures, describe, outcome, table
from training.options import Data


def measure(card: ModelCard, data: Path, examples: int | None, precision: Precision) -> ModelFigures:
    """One row; whatever goes wrong is in it, so that the other models are measured too."""
    subject = SUBJECTS[card.model_id]
    try:
        weights = hub.require(card)
        folder = weights if weights.is_dir() else weights.parent
        evaluate = importlib.import_module(f"training.{subject.module}").evaluate if subject.module else None
        figures = evaluate(folder, data, examples, precision) if evaluate else {}
    except Exception as error:
        return ModelFigures(
            card.model_id, subject.what, failure=sentence_for(error) or f"{type(error).__name__}: {error}"
        )
    return describe(card, subject, folder, figures)


def chosen_cards(model_ids: list[str]) -> list[ModelCard]:
    """The catalog's cards of these embedded models, of all of them where none is named.

    Raises:
        UnknownModel: not an embedded model.
    """
    for model_id in model_ids:
        if model_id not in SUBJECTS:
            raise UnknownModel(f"{model_id} does not come with the suite. Choose one of: {', '.join(SUBJECTS)}.")
    cards = {card.model_id: card for card in CATALOG}
    return [cards[model_id] for model_id in model_ids or SUBJECTS]


def main(
    data: Data,
    model: Annotated[
        list[str] | None, typer.Option(help="Measure only this one; may be given repeatedly.", metavar="ID")
    ] = None,
    examples: Annotated[int | None, typer.Option(help="At most so many examples each. Left out: all.", min=1)] = None,
    precision: Annotated[
        str, typer.Option(help="fp32, or int8, which detection does not have.", metavar="NAME")
    ] = "fp32",
    output: Annotated[Path | None, typer.Option(help="Write the table to this file, too.", metavar="FILE")] = None,
) -> None:
    """Measure the embedded models and print one Markdown table."""
    recipe = find_precision(precision)
    rows: list[ModelFigures] = []
    for card in chosen_cards(model or []):
        started = time.monotonic()
        print(f"{card.model_id} …", file=sys.stderr, flush=True)
        rows.append(measure(card, data, examples, recipe))
        told = rows[-1].failure or outcome(rows[-1])
        print(f"{card.model_id}: {told} ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
    print(table(rows), end="")
    if output:
        output.write_text(table(rows), encoding="utf-8")
    if any(row.failure for row in rows):
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
