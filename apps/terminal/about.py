"""What a bug report needs: versions, the machine, and the weights on it. Works where a library is broken, too."""

import os
import platform
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from apps.setup.door import installed_name
from apps.setup.venv import ROOT
from apps.terminal.options import AsJson
from apps.terminal.output import result, result_json
from models.catalog import CATALOG
from models.device import graphics_cards, processor_name
from models.folders import cache_folder, huggingface_cache
from models.memory import machine_memory
from models.weights import hub
from models.wording import size_text
from quantization.measure.conditions import cpu_features, library_version

# Those that decide how a model is loaded and runs, and what a page looks like.
LIBRARIES = (
    *("torch", "torchvision", "transformers", "peft", "safetensors", "huggingface-hub"),
    *("bitsandbytes", "ultralytics-opencv-headless", "streamlit"),
)
SETTINGS = ("AULA_", "HF_")  # how the names of environment variables begin that change what Aula does


def about(as_json: AsJson = False) -> None:
    """Show versions, machine and weights: what a report of a problem needs.
    \f
    With --json: an object with `versions` (of `aula`, `python` and the libraries, by name), `system`, `processor`,
    `cores`, `memory` and `memory_free` (bytes), `cpu_features`, `cuda` (the version that torch uses, else null),
    `torch_error` (why torch does not load, else null), `graphics_cards`, `folders` (`aula` and `huggingface`: the
    caches), `settings` (the names of those that are set) and `weights`, a list of `model_id`, `embedded` and `bytes`
    (null where embedded weights are gone).
    """
    told = facts()
    if as_json:
        result_json(told)
        return
    lines = list(_lines(told))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        result(f"{name.ljust(width)}  {value}")


def facts() -> dict[str, Any]:
    """What there is to tell, as plain JSON types. Sizes are in bytes; of settings only the names are told."""
    memory = machine_memory()
    return {
        "versions": versions(),
        "system": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "processor": processor_name(),
        "cores": psutil.cpu_count(logical=False) or psutil.cpu_count(),
        "memory": memory.total,
        "memory_free": memory.available,
        **_from_torch(),
        "graphics_cards": graphics_cards(),
        "folders": {"aula": _short(cache_folder()), "huggingface": _short(huggingface_cache())},
        "settings": sorted(name for name in os.environ if name.startswith(SETTINGS)),
        "weights": [*_embedded_weights(), *_local_weights()],
    }


def versions() -> dict[str, str]:
    """Aula's version, Python's, and those of the libraries that matter, by name."""
    return {"aula": aula_version(), "python": platform.python_version()} | {
        name: library_version(installed_name(name)) for name in LIBRARIES
    }


def aula_version() -> str:
    """The suite's version, with the commit where the suite is a clone: 0.1.0 (2079c7e, changed)."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commit = _commit() if (ROOT / ".git").exists() else ""
    return f"{project['version']} ({commit})" if commit else project["version"]


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--exclude=*", "--dirty=, changed"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):  # no git, or a very slow disk: the version has to do
        return ""


def _from_torch() -> dict[str, Any]:
    """What only torch knows. Where it does not load, that is the most important thing to tell."""
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a DLL of torch is missing, on Windows
        return {"cpu_features": [], "cuda": None, "torch_error": str(error)}
    cuda = torch.version.cuda if torch.cuda.is_available() else None
    return {"cpu_features": list(cpu_features()), "cuda": cuda, "torch_error": None}


def _embedded_weights() -> Iterator[dict[str, Any]]:
    for card in CATALOG:
        if card.embedded is not None:
            size = hub.bytes_below(hub.embedded_folder(card)) if hub.locate(card) is not None else None
            yield {"model_id": card.model_id, "embedded": True, "bytes": size}


def _local_weights() -> Iterator[dict[str, Any]]:
    for model in hub.list_local():
        yield {"model_id": model.model_id, "embedded": False, "bytes": model.bytes}


def _short(folder: Path) -> str:
    """The folder with ~ for the home folder, whose name is often the user's."""
    return f"~/{folder.relative_to(Path.home()).as_posix()}" if folder.is_relative_to(Path.home()) else str(folder)


def _lines(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and values to print, one line each; a line that goes on with what the one above began has no name."""
    yield from told["versions"].items()
    yield "system", told["system"]
    yield "processor", f"{told['processor']}, {told['cores']} cores"
    yield "memory", f"{size_text(told['memory'])}, {size_text(told['memory_free'])} free"
    if told["torch_error"] is not None:
        yield "torch", f"does not load: {told['torch_error']}"
    yield "CPU features", ", ".join(told["cpu_features"]) or "none of those that matter here"
    yield "graphics cards", "; ".join(told["graphics_cards"]) or "none"
    yield "CUDA", told["cuda"] or "torch cannot use it: models run on the CPU"
    yield "caches", ", ".join(told["folders"].values())
    yield "settings", ", ".join(told["settings"]) or "none"
    for number, model in enumerate(told["weights"]):
        size = "gone, though it comes with the suite" if model["bytes"] is None else size_text(model["bytes"])
        yield "weights" if number == 0 else "", f"{model['model_id']}, {size}"
