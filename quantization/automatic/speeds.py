"""How fast each precision of a model is on this machine: measured once, side by side, and remembered.

Remembered under what it depends on: the weight files, the processor, the number of threads, the libraries. Another of
these is another measurement.
"""

import datetime
import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.catalog import ModelCard
from models.device import processor_name
from models.folders import cache_folder, read_json
from models.weights import hub

_LIBRARIES = ("torch", "transformers", "openvino")
_LONGEST = 1e12  # seconds: more is no time, whatever a file says


def remembered(card: ModelCard, precisions: Sequence[str]) -> dict[str, float] | None:
    """Seconds that the same work took in each of these precisions here; None where they were not measured together."""
    seconds = read_json(file_of(card)).get("seconds")
    if not isinstance(seconds, dict) or not all(_is_time(seconds.get(name)) for name in precisions):
        return None
    return {name: float(seconds[name]) for name in precisions}


def remember(card: ModelCard, seconds: Mapping[str, float]) -> None:
    """Keep what was measured; where the disk takes nothing, it is measured again another time."""
    file = file_of(card)
    content = {
        "model": card.model_id,
        "processor": processor_name(),
        "date": datetime.date.today().isoformat(),
        "seconds": dict(seconds),
    }
    unfinished = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)


def _is_time(value: object) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 < value < _LONGEST


def folder() -> Path:
    """Where measurements are kept, one file each."""
    return cache_folder() / "speeds"


def file_of(card: ModelCard) -> Path:
    """Where the measurement of this model is kept: another file once weights, processor, threads or libraries differ.

    Raises:
        ModelNotHere: its weights are not on this machine.
    """
    facts = [processor_name(), str(os.cpu_count()), os.environ.get("OMP_NUM_THREADS", "")]
    facts += [f"{name} {_version(name)}" for name in _LIBRARIES]
    facts += [str(card.task.loaded_as), *hub.stamp(hub.require(card))]
    digest = hashlib.sha256("\0".join(facts).encode("utf-8", "backslashreplace")).hexdigest()[:32]
    return folder() / f"{digest}.json"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"
