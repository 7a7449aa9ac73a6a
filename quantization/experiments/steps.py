"""What the laboratory's experiments tell before each thing that they do."""

from dataclasses import dataclass

from quantization.experiments.row import Row


@dataclass(frozen=True)
class Step:
    """What begins now, in words (“fp32: measuring perplexity”), and how much of the whole is done (0 to 1).

    `so_far` is what the row of this precision would be if the experiment were stopped now, where it has measured any.
    """

    text: str
    fraction: float
    so_far: Row | None = None
