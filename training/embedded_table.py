"""The embedded models as one Markdown table: what each is, and its figures.

`benchmarks.embedded` fills it with what it measures, `apps.reference` with what the models' cards say. Knows neither.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

from models.catalog import ModelCard
from models.weights import card_file
from models.weights.card_file import readable

BASELINE = " of the lead"  # behind the name of a figure: what the first words of an article reach
HEADER = ("model", "what", "parameters", "on disk", "test data", "figures", "licence")


@dataclass(frozen=True)
class Subject:
    """What a model does in a few words, and the module of `training` whose `evaluate` measures it, if one does.

    `test_data` and `figures`, as last measured, are for the model that has no card: it is another one's weights.
    """

    what: str
    module: str | None = None
    test_data: str = ""
    figures: dict[str, float] = field(default_factory=dict)


SUBJECTS = {
    "aula/minilm": Subject("sentence vectors, English"),
    "aula/qa-minilm": Subject("answers from a text, English", "question_answering"),
    "aula/sentiment-minilm": Subject("sentiment, English", "text_classification"),
    "aula/sentiment-gpt2-mini-es": Subject("sentiment, Spanish", "spanish_sentiment"),
    "aula/t5-mini": Subject("translation, English to French and Spanish", "translation"),
    "aula/gpt2-mini-es": Subject("text generation, Spanish", "text_generation"),
    "aula/yolov5s": Subject("object detection, 80 kinds", "object_detection"),
    "aula/efficientnet-lite0": Subject("image classification", "imagenet_crops"),
    "aula/extractive": Subject(
        "summaries by chosen sentences, English",
        "summarization",
        "150 articles of the BBC, 300 of other news",
        {
            "BBC ROUGE-1": 65.1,
            "BBC ROUGE-1 of the lead": 56.8,
            "BBC ROUGE-2": 55.7,
            "BBC ROUGE-2 of the lead": 44.1,
            "BBC ROUGE-L": 42.8,
            "BBC ROUGE-L of the lead": 38.4,
            "news ROUGE-1": 44.1,
            "news ROUGE-1 of the lead": 43.5,
            "news ROUGE-2": 23.9,
            "news ROUGE-2 of the lead": 23.4,
            "news ROUGE-L": 31.7,
            "news ROUGE-L of the lead": 31.2,
        },
    ),
    "aula/label-similarity": Subject("labels of one's own by likeness, English"),
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


def describe(card: ModelCard, subject: Subject, folder: Path, figures: dict[str, float] | None = None) -> ModelFigures:
    """The row of a model whose weights are in `folder`, with these figures, or with those of its card for None."""
    own = card.model_id.removeprefix("aula/") == card.embedded
    if figures is None:
        figures = card_file.figures(folder) if own else subject.figures
    return ModelFigures(
        card.model_id,
        subject.what,
        _parameters(card, folder),
        sum(file.stat().st_size for file in folder.iterdir()) if own else None,
        card_file.figures_on(folder) if own else subject.test_data,
        figures,
        str(card_file.front_matter(folder).get("license", card.licence or "")),
    )


def _parameters(card: ModelCard, folder: Path) -> int | None:
    """Those that the catalog tells, else those in the weight file."""
    weights = folder / "model.safetensors"
    if card.parameters or not weights.is_file():
        return card.parameters
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
        outcome(row),
        row.licence or "–",
    )


def outcome(row: ModelFigures) -> str:
    """The figures in a line, or why there are none.

    Those of parts are left out; the one that a baseline reaches stands behind in brackets.
    """
    if row.failure:
        return f"not measured: {row.failure}"
    parts = []
    for name, value in row.figures.items():
        if "/" not in name and not name.endswith(BASELINE):
            lead = row.figures.get(name + BASELINE)
            parts.append(f"{name} {readable(value)}" + (f" (lead {readable(lead)})" if lead is not None else ""))
    return ", ".join(parts) or "–"
