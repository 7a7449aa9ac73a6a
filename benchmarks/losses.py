"""What precisions cost the embedded models, on their own test data: the table from which “auto” knows what is cheap.

    python -m benchmarks.losses --data FOLDER --model aula/qa-minilm --precision int8

Each precision is examined with the same examples as fp32, through the wrapper that the pages use. What came out is
written to precisions.json beside the model's card.
"""

import datetime
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.embedded import chosen_cards, measure
from models.catalog import ModelCard
from models.errors import InvalidInput
from models.precision import FP32, Precision
from models.weights import hub
from quantization.automatic.losses import Loss, write
from quantization.recipes import find_precision
from training.command import run_command
from training.options import Data

EXAMPLES = 300


def losses_of(card: ModelCard, data: Path, examples: int, precisions: list[Precision]) -> dict[str, Loss]:
    """The losses of a model against fp32, by precision.

    Raises:
        InvalidInput: one of the precisions, or fp32, could not be measured.
    """
    base = _main_figure(card, data, examples, FP32)
    found = {}
    for precision in precisions:
        name, value = _main_figure(card, data, examples, precision)
        found[precision.name] = Loss(points_lost(name, base[1], value), name, examples, f"{datetime.date.today()}")
        print(f"{card.model_id} in {precision.name}: {found[precision.name]}", file=sys.stderr, flush=True)
    return found


def points_lost(figure: str, before: float, after: float) -> float:
    """Points between two values of a figure; percent where it is a perplexity. Shares from 0 to 1 count as percent."""
    if figure == "perplexity":
        return round(100 * (after / before - 1), 2)
    scale = 100 if max(before, after) <= 1 else 1
    return round(scale * (before - after), 2)


def _main_figure(card: ModelCard, data: Path, examples: int, precision: Precision) -> tuple[str, float]:
    """The perplexity where there is one, else the first, which is the most important one."""
    row = measure(card, data, examples, precision)
    if row.failure or not row.figures:
        raise InvalidInput(f"{card.model_id} could not be examined in {precision.name}: {row.failure or 'no figures'}")
    name = "perplexity" if "perplexity" in row.figures else next(iter(row.figures))
    return name, row.figures[name]


def main(
    data: Data,
    model: Annotated[list[str], typer.Option(help="An embedded model; may be given repeatedly.", metavar="ID")],
    precision: Annotated[list[str], typer.Option(help="May be given repeatedly.", metavar="NAME")],
    examples: Annotated[int, typer.Option(help="At most so many examples each.", min=1)] = EXAMPLES,
) -> None:
    """Measure what precisions cost, and keep it beside the models' cards."""
    chosen = [find_precision(name) for name in precision]
    for card in chosen_cards(model):
        write(hub.embedded_folder(card), losses_of(card, data, examples, chosen))


if __name__ == "__main__":
    run_command(main)
