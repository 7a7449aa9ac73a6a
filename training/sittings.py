"""What trained weights so far: one sitting after another, each going on from the weights of the one before."""

import datetime
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from models.device import processor_name
from training.budget import spent_seconds
from training.events import steps_done
from training.options import Run

NAME = "sittings.json"  # beside the weights


@dataclass(frozen=True)
class Sitting:
    """One training without a break: `steps` of the optimizer in `minutes`, on the processor or card `on`."""

    date: str
    steps: int
    minutes: float
    on: str


def read(folder: Path | None) -> list[Sitting]:
    """The sittings that made the weights in a folder; none where it does not tell them."""
    file = folder / NAME if folder else None
    if file is None or not file.is_file():
        return []
    return [Sitting(**sitting) for sitting in json.loads(file.read_text(encoding="utf-8"))]


def add(output: Path, start_from: Path | None, run: Run) -> list[Sitting]:
    """Write into `output` the sittings of the weights that it was started from, and this one; returns them all."""
    this = Sitting(
        f"{datetime.date.today()}", steps_done(run.folder), round(spent_seconds(run.folder) / 60, 1), _computed_on(run)
    )
    sittings = [*read(start_from), this]
    output.mkdir(parents=True, exist_ok=True)
    (output / NAME).write_text(json.dumps([asdict(one) for one in sittings], indent=2) + "\n", encoding="utf-8")
    return sittings


def _computed_on(run: Run) -> str:
    import torch

    if run.device != "cpu":
        return torch.cuda.get_device_name()
    threads = run.threads or torch.get_num_threads()
    return f"{processor_name()}, {threads} {'thread' if threads == 1 else 'threads'}"


def table(sittings: list[Sitting]) -> str:
    """Markdown: a line a sitting."""
    rows = "".join(f"| {one.date} | {one.steps:,} | {one.minutes:.0f} | {one.on} |\n" for one in sittings)
    return f"| date | steps | minutes | on |\n| --- | --- | --- | --- |\n{rows}"
