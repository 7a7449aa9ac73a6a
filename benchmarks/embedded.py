"""How good the embedded models are on their test data, as one Markdown table.

    python -m benchmarks.embedded --data FOLDER
    python -m benchmarks.embedded --data FOLDER --model aula/qa-minilm --examples 100 --precision int8

Each model is measured by the module of `training` that made it, through the wrapper that the pages use. It stands here
and not there because a precision that is more than a dtype comes from `quantization`, which trainings do not know.
"""

import importlib
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from models.catalog import CATALOG, ModelCard
from models.errors import UnknownModel, sentence_for
from models.precision import Precision
from models.weights import hub
from models.weights.card_file import figures_on, front_matter, readable
from quantization.recipes import find_precision
from training.command import run_command
from training.options import Data

BASELINE = " of the lead"  # behind the name of a figure: what the first words of an article reach
HEADER = ("model", "what", "parameters", "on disk", "test data", "figures", "licence")


@dataclass(frozen=True)
class Subject:
    """What a model does in a few words, and the module of `training` whose `evaluate` measures it, if one does.

    `test_data` is for the model that has no card, because it is another one's weights.
    """

    what: str
    module: str | None = None
    test_data: str = ""


SUBJECTS = {
    "aula/minilm": Subject("sentence vectors, English"),
    "aula/qa-minilm": Subject("answers from a text, English", "question_answering"),
    "aula/sentiment-minilm": Subject("sentiment, English", "text_classification"),
    "aula/t5-mini-en-fr": Subject("translation, English to French", "translation"),
    "aula/gpt2-mini-es": Subject("text generation, Spanish", "text_generation"),
    "aula/yolov5n-mini": Subject("object detection", "object_detection"),
    "aula/extractive": Subject(
        "summaries by chosen sentences, English", "summarization", "150 articles of the BBC, 300 of other news"
    ),
}


@dataclass(frozen=True)
class ModelFigures:
    """A row of the table: a model, and its figures by name or the sentence that says why there are none.

    `bytes` are those of its folder; None for a model that has no weights of its own.
    """

    model_id: str
    what: str
    parameters: int | None = None
    bytes: int | None = None
    test_data: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    licence: str = ""
    failure: str = ""


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
    licence = str(front_matter(folder).get("license", card.licence or ""))
    own = card.model_id.removeprefix("aula/") == card.embedded
    size = sum(file.stat().st_size for file in folder.iterdir()) if own else None
    test_data = figures_on(folder) if own else subject.test_data
    return ModelFigures(card.model_id, subject.what, _parameters(card, folder), size, test_data, figures, licence)


def _parameters(card: ModelCard, folder: Path) -> int | None:
    """Those that the catalog tells, else those in the weight file."""
    weights = folder / "model.safetensors"
    if card.parameters or not weights.is_file():
        return card.parameters
    import math

    from safetensors import safe_open

    with safe_open(weights, "pt") as file:
        return sum(math.prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118


def table(rows: list[ModelFigures]) -> str:
    """Markdown, one line a model."""
    lines = [HEADER, ("---",) * len(HEADER), *map(_cells, rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _cells(row: ModelFigures) -> tuple[str, ...]:
    return (
        f"`{row.model_id}`",
        row.what,
        f"{row.parameters / 1e6:.1f} M" if row.parameters else "–",
        f"{row.bytes / 1e6:.1f} MB" if row.bytes else "–",
        row.test_data or "–",
        f"not measured: {row.failure}" if row.failure else _line(row.figures) or "–",
        row.licence or "–",
    )


def _line(figures: dict[str, float]) -> str:
    """Figures without those of parts; the one that a baseline reaches stands behind in brackets."""
    parts = []
    for name, value in figures.items():
        if "/" not in name and not name.endswith(BASELINE):
            lead = figures.get(name + BASELINE)
            parts.append(f"{name} {readable(value)}" + (f" (lead {readable(lead)})" if lead is not None else ""))
    return ", ".join(parts)


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
        outcome = rows[-1].failure or _cells(rows[-1])[-2]
        print(f"{card.model_id}: {outcome} ({time.monotonic() - started:.0f} s)", file=sys.stderr, flush=True)
    print(table(rows), end="")
    if output:
        output.write_text(table(rows), encoding="utf-8")
    if any(row.failure for row in rows):
        raise typer.Exit(1)


if __name__ == "__main__":
    run_command(main)
