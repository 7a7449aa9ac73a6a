"""Writes the card of a trained model: what it is, what it was trained on, and honestly how good it is."""

import re
from pathlib import Path
from typing import Any

import yaml

from models.catalog import is_repository_id
from models.weights.card_file import NAME, readable
from training.budget import spent_seconds
from training.events import steps_done
from training.options import Run

TEXTS = Path(__file__).with_name("cards")


def card_text(name: str, run: Run, **facts: Any) -> str:
    """The text of `cards/NAME.md` with its braces filled by `facts`, and by what the run's folder tells.

    That is `steps`, those of the optimizer, and `minutes`, those that the training took; and the run's `device`.
    """
    text = (TEXTS / f"{name}.md").read_text(encoding="utf-8")
    progress = {"steps": steps_done(run.folder), "minutes": spent_seconds(run.folder) / 60, "device": run.device}
    return text.format(**progress | facts)


def write_card(
    folder: Path,
    *,
    model_id: str,
    title: str,
    licence: str,
    languages: list[str],
    task: str,
    datasets: list[str],
    figures: dict[str, float],
    figures_on: str,
    body: str,
) -> None:
    """Write `README.md` in `folder`: front matter as the Hugging Face hub prescribes it, then the card in plain words.

    Args:
        folder: the model's folder.
        model_id: for instance `aula/qa-minilm`.
        title: the heading.
        licence: in the hub's spelling, for instance `apache-2.0` or `cc-by-sa-4.0`.
        languages: two-letter codes; none for pictures.
        task: the hub's name of the task, for instance `translation`.
        datasets: what it was trained on. Hub ids go to the front matter, other names that `body` does not mention to
            a list of their own.
        figures: by the name that a person reads, the most important first. “AP50/person” is a part of “AP50”.
        figures_on: the test data in words.
        body: Markdown in plain words: what the model can do, where it fails, how it was trained.
    """
    metadata = {
        "license": licence,
        "language": languages,
        "pipeline_tag": str(task),
        "tags": ["aula"],
        "datasets": [name for name in datasets if is_repository_id(name)],
        "model-index": [_model_index(model_id, str(task), figures, figures_on)] if figures else [],
    }
    filled = {name: value for name, value in metadata.items() if value}
    front = yaml.safe_dump(filled, sort_keys=False, allow_unicode=True, width=120)
    parts = [f"---\n{front}---\n", f"# {title}\n", body.strip() + "\n", _sources(datasets, body)]
    parts.append(_table(figures, figures_on))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NAME).write_text("\n".join(part for part in parts if part), encoding="utf-8", newline="\n")


def _model_index(model_id: str, task: str, figures: dict[str, float], figures_on: str) -> dict[str, object]:
    metrics = [{"name": name, "type": _slug(name), "value": round(value, 4)} for name, value in figures.items()]
    dataset = {"name": figures_on, "type": _slug(re.split(r"[,;:(]", figures_on)[0])}
    return {"name": model_id, "results": [{"task": {"type": task}, "dataset": dataset, "metrics": metrics}]}


def _slug(name: str) -> str:
    """A name as the hub writes types of metrics and data sets: “exact match” is exact_match."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _sources(datasets: list[str], body: str) -> str:
    lines = [f"- {name}\n" for name in datasets if name not in body]
    return "## Trained on\n\n" + "".join(lines) if lines else ""


def _table(figures: dict[str, float], figures_on: str) -> str:
    rows = "".join(f"| {name} | {readable(value)} |\n" for name, value in figures.items())
    return f"## How good it is\n\nMeasured on: {figures_on}.\n\n| figure | value |\n|---|---|\n{rows}" if rows else ""
