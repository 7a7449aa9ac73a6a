"""Folders of timm: their config.json names an architecture of timm's, and says how pictures are prepared.

transformers hands that name to timm as it is, and timm takes more than names: “hf-hub:owner/name” is asked of the hub
and “local-dir:/folder” is read from there, so that a folder could bring another model than its own. Here a name is a
name of timm's list, or the folder is refused before timm sees it.
"""

import re
from collections.abc import Iterator
from typing import Any

from models.errors import UnsafeCheckpoint, UnsupportedCheckpoint

KINDS = ("timm_wrapper", "timm_backbone")
# What makes timm read another file than the folder's, or build something that does not classify.
_LEADS_ELSEWHERE = re.compile(r"pretrained|checkpoint|cache|features_only|out_indices|scriptable|exportable")


def is_timm(config: dict[str, Any]) -> bool:
    """Whether transformers gives a config.json, or a part of one, to timm."""
    return "pretrained_cfg" in config or config.get("model_type") in KINDS


def prepares_pictures(config: dict[str, Any]) -> bool:
    """Whether a config.json says itself how a picture becomes numbers, so that there is no file that does."""
    return isinstance(config.get("pretrained_cfg"), dict)


def require_own_architecture(model_id: str, config: dict[str, Any]) -> None:
    """Raise unless every part of a config.json that timm builds names an architecture of timm's, and nothing else.

    Imports timm only where there is such a part.

    Raises:
        UnsafeCheckpoint: the name is an address, or the settings name other files.
        UnsupportedCheckpoint: timm knows no such architecture.
    """
    for part in _parts(config):
        if is_timm(part):
            name = part.get("backbone" if part.get("model_type") == "timm_backbone" else "architecture")
            _require_name(model_id, name)
            _require_harmless(model_id, part)


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    """The settings themselves, and every group of settings inside them."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def _require_name(model_id: str, name: Any) -> None:
    if not isinstance(name, str):
        raise UnsupportedCheckpoint(
            f"The config.json of {model_id} does not name its architecture (“architecture”). "
            "Copy it again from the model that the folder was made from."
        )
    from timm import list_models

    if name in list_models():
        return
    shown = name[:80]
    if ":" in name or "/" in name or "\\" in name:
        raise UnsafeCheckpoint(
            f"The config.json of {model_id} asks for a model from elsewhere (“{shown}”), so nothing was loaded. "
            "Choose that model itself, or another one."
        )
    raise UnsupportedCheckpoint(
        f"{model_id} is of the architecture “{shown}”, which timm does not know here. Choose another model."
    )


def _require_harmless(model_id: str, part: dict[str, Any]) -> None:
    """What is handed to timm beside the name are sizes and switches, no files."""
    given = part.get("model_args")
    for group in _parts(given) if given is not None else ():
        led = next((name for name in group if _LEADS_ELSEWHERE.search(str(name))), None)
        if led is not None:
            raise UnsafeCheckpoint(
                f"The config.json of {model_id} hands “{led}” to timm, which could read other files with it, so "
                "nothing was loaded. Choose another model."
            )
