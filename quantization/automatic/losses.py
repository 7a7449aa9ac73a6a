"""What each precision costs a model that comes with the suite: examined beforehand, and kept beside its model card.

`python -m benchmarks.losses` writes the file. A precision that is not in it is not known to cost little.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from models.catalog import ModelCard
from models.folders import read_json
from models.precision import Precision
from models.weights import hub
from quantization.experiments.verdicts import MOST_PERPLEXITY_RISE, MOST_POINTS
from quantization.recipes import is_exact

FILE = "precisions.json"


@dataclass(frozen=True)
class Loss:
    """What a precision loses against fp32: `points` of `figure`, which has 100 of them, over so many `examples`.

    For a perplexity they are percent of it. Below zero, it scored better by chance. `date` is the day it was measured.
    """

    points: float
    figure: str
    examples: int
    date: str

    @property
    def is_little(self) -> bool:
        """Whether it stays within what this suite accepts: a point, or 2 % of perplexity."""
        return self.points <= (100 * MOST_PERPLEXITY_RISE if self.figure == "perplexity" else MOST_POINTS)

    def __str__(self) -> str:
        unit = "%" if self.figure == "perplexity" else "points"
        if self.points <= 0:
            return f"no loss of {self.figure} in {self.examples:,} examples"
        return f"{self.points:.1f} {unit} of {self.figure} lost in {self.examples:,} examples"


def costs_little(card: ModelCard, precision: Precision) -> bool:
    """Whether it is known of this model that it loses little in this precision."""
    loss = known_losses(card).get(precision.name)
    return is_exact(precision) or (loss is not None and loss.is_little)


def known_losses(card: ModelCard) -> dict[str, Loss]:
    """The losses that were measured of an embedded model, by precision; none of any other model."""
    if card.embedded is None:
        return {}
    found = {}
    for name, said in read_json(hub.embedded_folder(card) / FILE).items():
        try:
            found[name] = Loss(**said)
        except TypeError:  # written by another version of the suite
            continue
    return found


def write(folder: Path, losses: Mapping[str, Loss]) -> None:
    """Keep these losses in a model's folder, beside those of other precisions that stand there."""
    kept = read_json(folder / FILE) | {name: asdict(loss) for name, loss in losses.items()}
    text = json.dumps(dict(sorted(kept.items())), indent=2)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
