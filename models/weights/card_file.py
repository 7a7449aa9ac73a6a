"""The model card in a model's folder: `README.md`, with the front matter that the Hugging Face hub prescribes.

A model's figures stand there and nowhere else; pages, terminal and tests read them here. `training.card` writes it.
"""

from pathlib import Path
from typing import Any

import yaml

NAME = "README.md"
_FENCE = "---"


def front_matter(folder: Path) -> dict[str, Any]:
    """The card's metadata by the hub's names (`license`, `language`, `model-index`, …); empty where there is none.

    A card that is missing or cannot be read is not an error: a folder of the user's may come without one.
    """
    try:
        parts = (folder / NAME).read_text(encoding="utf-8").split(f"{_FENCE}\n", 2)
        metadata = yaml.safe_load(parts[1]) if len(parts) == 3 and not parts[0].strip() else None
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return {}
    return metadata if isinstance(metadata, dict) else {}


def figures(folder: Path) -> dict[str, float]:
    """How good the model is, as its card says: figures by their names (“F1”: 68.2), the most important first."""
    found = {}
    for result in _results(folder):
        for metric in _list(result.get("metrics")):
            name, value = metric.get("name", metric.get("type")), metric.get("value")
            if name and isinstance(value, int | float) and not isinstance(value, bool):
                found[str(name)] = float(value)
    return found


def figures_on(folder: Path) -> str:
    """The test data of the figures in words; empty where the card does not say."""
    names = [result["dataset"].get("name") for result in _results(folder) if isinstance(result.get("dataset"), dict)]
    return ", ".join(dict.fromkeys(str(name) for name in names if name))


def headline(folder: Path, count: int = 2) -> str:
    """The `count` most important figures in a line (“F1 68.2, exact match 54.1”); empty where the card has none.

    Figures of a part, such as “AP50/person”, are left out.
    """
    whole = {name: value for name, value in figures(folder).items() if "/" not in name}
    return ", ".join(f"{name} {readable(value)}" for name, value in list(whole.items())[:count])


def readable(value: float) -> str:
    """A figure as people write it: percentages and other large ones with one digit after the point, others with two."""
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"


def _results(folder: Path) -> list[dict[str, Any]]:
    return [
        result for model in _list(front_matter(folder).get("model-index")) for result in _list(model.get("results"))
    ]


def _list(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
