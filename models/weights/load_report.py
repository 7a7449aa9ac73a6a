"""What transformers reports after loading: which weights the model lacked, or could not take, or were left over.

The library fills what is missing with random numbers, and only warns; here that is an error, which says whether half a
model was found, another model, or one of another task.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from models.catalog import ModelCard
from models.errors import UnsupportedCheckpoint
from models.weights.completeness import damaged


def require_loaded(
    model: Any, report: dict[str, Any], folder: Path | None, card: ModelCard | None, given: Collection[str] = ()
) -> None:
    """Raise unless every weight of `model` came from the files, or is one of those that are `given` afterwards.

    Raises:
        UnsupportedCheckpoint: the weights are of another shape, kind of model or task than the model.
        DamagedFile: the weights of some layers are missing.
    """
    name = card.model_id if card is not None else str(folder)
    _require_shapes(report, name)
    missing = sorted(set(report["missing_keys"]) - set(given) - _computed(model))
    if missing:
        raise _lacking(model, missing, report, name, folder, card)
    _require_no_more_layers(model, report, name)


def _computed(model: Any) -> set[str]:
    """The weights that nobody learned: waves that stand for positions, which PEGASUS is published without."""
    modules: Iterable[tuple[str, Any]] = getattr(model, "named_modules", tuple)()
    return {f"{name}.weight" for name, module in modules if "SinusoidalPositionalEmbedding" in type(module).__name__}


def _require_shapes(report: dict[str, Any], name: str) -> None:
    for weight, stored, expected in sorted(report.get("mismatched_keys") or (), key=lambda row: str(row[0])):
        if _of_head(weight) and len(stored) and stored[1:] == expected[1:]:
            raise UnsupportedCheckpoint(
                f"The weights of {name} tell {stored[0]:,} labels apart ({weight}), and its config.json names "
                f"{expected[0]:,}. Copy config.json again from the model that the weights are of."
            )
        raise UnsupportedCheckpoint(
            f"The weights of {name} do not fit its config.json: {weight} is {_shape(stored)} in the file, and "
            f"{_shape(expected)} by the settings. Copy config.json and the weights again, from one and the same model."
        )


def _of_head(weight: str) -> bool:
    """Whether a weight belongs to the layer that tells labels apart, as transformers and timm call it."""
    prefix, name = "timm_model.", weight.removeprefix("timm_model.")
    return name.startswith(("classifier.", "score.", *(("head.", "fc.") if weight.startswith(prefix) else ())))


def _shape(sizes: Any) -> str:
    return " × ".join(f"{size:,}" for size in sizes) or "a single number"


def _lacking(
    model: Any, missing: list[str], report: dict[str, Any], name: str, folder: Path | None, card: ModelCard | None
) -> Exception:
    inner = f"{getattr(model, 'base_model_prefix', '')}."
    found = model.state_dict().keys() - set(missing)
    several = f"{', '.join(missing[:2])}{f' and {len(missing) - 2:,} more' if len(missing) > 2 else ''}"
    body = {key for key in found if key.startswith(inner)} or {key for key in found if _layer(key) != key}
    if report.get("unexpected_keys") and not body:
        first = next((key for key in missing if key.startswith(inner)), missing[0])
        return UnsupportedCheckpoint(
            f"The weights of {name} are not those of the model that its config.json describes: they do not hold "
            f"{first}. Copy config.json and the weights again, from one and the same model."
        )
    layers = {_layer(key) for key in found}
    # A pooler belongs to the head, wherever it stands: models of other tasks come without one.
    if any(_layer(key) in layers or (key.startswith(inner) and ".pooler." not in key) for key in missing):
        return damaged(card, folder or Path(name), f"there are none for {several}")
    what = f"{name} is not a {card.task.label} model" if card else f"{name} is not a model of this task"
    return UnsupportedCheckpoint(f"{what}: it has no weights for {several}. Choose a model made for this task.")


def _require_no_more_layers(model: Any, report: dict[str, Any], name: str) -> None:
    """Left-over heads are usual; left-over layers of a kind that the model has mean that its settings are too small."""
    unexpected = sorted(report.get("unexpected_keys") or ())
    layers = {_layer(key) for key in model.state_dict()} if unexpected else set()
    more = [key for key in unexpected if _layer(key) in layers and _layer(key) != key]
    if more:
        raise UnsupportedCheckpoint(
            f"The weights of {name} hold more layers than its config.json says, for instance {more[0]}. "
            "Copy config.json again from the model that the weights are of."
        )


def _layer(key: str) -> str:
    """The name of a weight without the number of its layer."""
    return re.sub(r"\.\d+(?=\.)", ".#", key)
