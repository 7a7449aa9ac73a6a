"""Under what conditions an experiment was run: what a reader needs to trust or repeat a figure."""

import os
import platform
import re
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from models.device import graphics_cards, processor_name
from models.errors import InvalidInput

# Those that decide how fast 8-bit and 16-bit arithmetic is, under the names that processors' makers use.
CPU_FEATURES = ("avx2", "avx512_f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "neon", "dotprod")
LIBRARIES = ("torch", "transformers", "bitsandbytes")
START_CHARACTERS = 60
# The libraries' own switches that keep them from instructions which the processor has, each with the values that it
# knows: torch's kernels; oneDNN, which torch and OpenVINO compute with; and the older name of the same.
_ONEDNN_VALUES = r"(?i:sse41|avx|avx2(_vnni(_2)?)?|avx512_core(_\w+)?|avx10_\w+)"
ISA_SWITCHES = {
    "ATEN_CPU_CAPABILITY": "default|avx2|avx512",
    "ONEDNN_MAX_CPU_ISA": _ONEDNN_VALUES,
    "DNNL_MAX_CPU_ISA": _ONEDNN_VALUES,
}


def conditions(threads: int | None = None) -> dict[str, Any]:
    """The machine, its versions and the date of now, as plain JSON types; `threads` are torch's own unless given."""
    import torch

    return {
        "threads": threads or torch.get_num_threads(),
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "processor": processor_name(),
        "cpu_features": list(cpu_features()),
        "graphics_cards": list(graphics_cards()),
        "versions": {"python": platform.python_version()} | {name: library_version(name) for name in LIBRARIES},
    }


def flat(facts: dict[str, Any]) -> dict[str, Any]:
    """What `conditions` gives, a text or number for each, as in the cells of a table."""
    return facts | {
        "cpu_features": " ".join(facts["cpu_features"]),
        "graphics_cards": ", ".join(facts["graphics_cards"]),
        "versions": ", ".join(f"{name} {number}" for name, number in facts["versions"].items()),
    }


def in_words(facts: dict[str, Any]) -> dict[str, str]:
    """What `conditions` gives, as names and words to be read."""
    words = flat(facts)
    return {
        "machine": f"{words['processor']}, {words['machine']}",
        "CPU features": ", ".join(facts["cpu_features"]) or "none of those that matter here",
        "graphics cards": words["graphics_cards"] or "none",
        "threads": str(words["threads"]),
        "versions": words["versions"],
        "date": words["date"],
    }


def about_text(text: str) -> dict[str, Any]:
    """Which text was measured: how it begins, and how long it is."""
    return {"text_start": " ".join(text.split())[:START_CHARACTERS], "text_characters": len(text)}


def cpu_features() -> tuple[str, ...]:
    """The processor's extensions for narrow numbers, as torch reads them."""
    import torch

    features = torch.cpu.get_capabilities()
    return tuple(name for name in CPU_FEATURES if features.get(name))


def instruction_set_limits() -> dict[str, str]:
    """Those of the libraries' switches that are set, with their values: what keeps from what the processor has.

    Raises:
        InvalidInput: a value that the library does not know: it would compute with everything, and say nothing.
    """
    found = {name: os.environ[name] for name in ISA_SWITCHES if os.environ.get(name)}
    for name, value in found.items():
        if not re.fullmatch(ISA_SWITCHES[name], value):
            instead = "avx2" if name == "ATEN_CPU_CAPABILITY" else "AVX2"
            raise InvalidInput(
                f"{name}={value} limits nothing, because the library does not know that value. Set it to {instead}, or "
                "leave it out."
            )
    return found


def library_version(library: str) -> str:
    """The installed version of a library, by its name in the registry; “not installed” where it is missing."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
