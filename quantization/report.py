"""What an experiment found, with everything that a reader needs to trust or repeat it, as JSON and CSV."""

import csv
import io
import json
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from models.catalog import ModelCard
from models.device import graphics_cards, processor_name
from quantization.compare import Row, spanish_text

# Those that decide how fast 8-bit and 16-bit arithmetic is, under the names that processors' makers use.
CPU_FEATURES = ("avx2", "avx512_f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16", "neon", "dotprod")
LIBRARIES = ("torch", "transformers", "bitsandbytes")
START_CHARACTERS = 60


@dataclass(frozen=True)
class Report:
    """One experiment: a model's rows, and the machine, versions and settings they were measured with.

    `text_start` and `text_characters` say which text was measured: how it begins, and its length.
    """

    model_id: str
    device: str
    prompt: str
    text_start: str
    text_characters: int
    seed: int
    max_new_tokens: int
    threads: int
    rows: tuple[Row, ...]
    date: str
    machine: str
    processor: str
    cpu_features: tuple[str, ...]
    graphics_cards: tuple[str, ...]
    versions: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types. Sizes are in bytes, times in seconds, speeds in tokens per second."""
        return asdict(self) | {
            "rows": [row.as_dict() for row in self.rows],
            "cpu_features": list(self.cpu_features),
            "graphics_cards": list(self.graphics_cards),
        }

    def to_json(self) -> str:
        """`as_dict` as a text, indented to be read."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """One line for each row; what is the same for all of them is repeated in each, so that tables can be joined."""
        same = {key: value for key, value in self.as_dict().items() if key != "rows"}
        same |= {"cpu_features": " ".join(self.cpu_features), "graphics_cards": ", ".join(self.graphics_cards)}
        same["versions"] = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        text = io.StringIO()
        table = csv.DictWriter(text, [field.name for field in fields(Row)] + list(same), lineterminator="\n")
        table.writeheader()
        table.writerows(row.as_dict() | same for row in self.rows)
        return text.getvalue()


def report(
    card: ModelCard,
    device: str,
    prompt: str,
    seed: int,
    rows: Iterable[Row] = (),
    *,
    text: str | None = None,
    max_new_tokens: int = 60,
    threads: int | None = None,
) -> Report:
    """The report of an experiment on this machine today, with the settings as they were given to `compare`.

    Made when the experiment begins, as date and threads are those of now; `dataclasses.replace` puts rows into it.
    """
    import torch

    text = spanish_text() if text is None else text
    return Report(
        model_id=card.model_id,
        device=device,
        prompt=prompt,
        text_start=" ".join(text.split())[:START_CHARACTERS],
        text_characters=len(text),
        seed=seed,
        max_new_tokens=max_new_tokens,
        threads=threads or torch.get_num_threads(),
        rows=tuple(rows),
        date=date.today().isoformat(),
        machine=f"{platform.system()} {platform.release()} ({platform.machine()})",
        processor=processor_name(),
        cpu_features=cpu_features(),
        graphics_cards=tuple(graphics_cards()),
        versions={"python": platform.python_version()} | {name: _version(name) for name in LIBRARIES},
    )


def cpu_features() -> tuple[str, ...]:
    """The processor's extensions for narrow numbers, as torch reads them."""
    import torch

    found = torch.cpu.get_capabilities()
    return tuple(name for name in CPU_FEATURES if found.get(name))


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"
