"""The model card of a model that was kept in one precision: what was done to which model, and what was measured."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import yaml

from models.catalog import CATALOG, ModelCard
from models.device import processor_name
from models.precision import Precision, read_saved
from models.weights.card_file import NAME, front_matter
from models.wording import size_text
from quantization.experiments.figures import EXAM_SPEED, FIGURES
from quantization.experiments.speeds import cautions
from quantization.result_files import markdown_list

if TYPE_CHECKING:
    from quantization.experiments.row import Row
    from quantization.experiments.task_quality import QualityRow


def write(
    folder: Path,
    card: ModelCard,
    source: Path,
    precision: Precision,
    loaded: Any,
    measured: "Row | QualityRow | None" = None,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write `README.md` in `folder`, where `precision` has saved the model of `card`, which lies in `source`.

    `facts` say by name under which conditions `measured` was found; this machine's processor stands in for none.
    """
    front = yaml.safe_dump(_metadata(folder, card, source, precision), sort_keys=False, allow_unicode=True, width=120)
    parts = [
        f"---\n{front}---\n",
        f"# {_name(card)} in {precision.name}\n",
        _what_was_done(card, precision, loaded),
        _figures(measured, facts),
        _use(card, precision),
    ]
    text = "\n".join(part for part in parts if part)
    (folder / NAME).write_text(text, encoding="utf-8", newline="\n")


def _metadata(folder: Path, card: ModelCard, source: Path, precision: Precision) -> dict[str, Any]:
    own = front_matter(source)
    saved = read_saved(folder)  # OpenVINO computes with weights of fewer bits, and keeps those of fp32
    quantized = saved is not None and saved.quantized
    licence = card.licence.lower() if card.licence else own.get("license")
    metadata = {
        "license": licence or "unknown",
        "language": own.get("language"),
        "base_model": _base(card, own),
        "base_model_relation": "quantized" if quantized and _base(card, own) else None,
        "pipeline_tag": card.task.pipeline,
        "tags": ["aula", *(["quantized"] if quantized else []), precision.name],
    }
    return {name: value for name, value in metadata.items() if value}


def _base(card: ModelCard, own: dict[str, Any]) -> str | None:
    """The id of the model that this one was made from; a folder of the user's has none, unless its own card says."""
    if card.repository or card in CATALOG:
        return card.repository or card.model_id
    return own.get("base_model") if isinstance(own.get("base_model"), str) else None


def _name(card: ModelCard) -> str:
    """The id, or the last part of a folder: where it lies on this machine concerns nobody else."""
    return card.model_id if _base(card, {}) else Path(card.model_id).name


def _what_was_done(card: ModelCard, precision: Precision, loaded: Any) -> str:
    return (
        f"{_name(card)}, saved in the precision **{precision.name}** by Aula.\n\n"
        f"- What that is: {precision.explanation}\n"
        f"- What it touches: {precision.touches}.\n"
        f"- Weights in memory: {size_text(loaded.footprint)}.\n"
    )


def _figures(measured: "Row | QualityRow | None", facts: Mapping[str, str]) -> str:
    rows = _rows(measured) if measured is not None else []
    if not rows:
        return "## What was measured\n\nNothing was measured when it was saved.\n"
    table = "".join(f"| {name} | {value} |\n" for name, value in rows)
    conditions = markdown_list(facts or {"machine": processor_name()})
    warnings = "".join(f"**{sentence}**\n\n" for sentence in cautions([measured])) if measured is not None else ""
    return f"## What was measured\n\n{warnings}| figure | value |\n|---|---|\n{table}\n{conditions}"


def _rows(measured: "Row | QualityRow") -> list[tuple[str, str]]:
    """Every figure that was measured and that a reader of a card wants: its name and its number with the unit."""
    values = [(figure.card, figure.card_text(measured)) for figure in (*FIGURES, EXAM_SPEED) if figure.card]
    rows = [(name, text) for name, text in values if text is not None]
    scores = getattr(measured, "figures", {})  # of an exam
    return rows + [(f"{name}, of 100", f"{score:.1f}") for name, score in scores.items()]


def _use(card: ModelCard, precision: Precision) -> str:
    command = card.task.row.command()
    example = f"\n    {command}\n" if command else ""
    return (
        "## Use\n\nGive this folder to any page or command of Aula as the model. It is loaded in "
        f"{precision.name} without being told so, and no code from the folder is run.\n{example}"
    )
