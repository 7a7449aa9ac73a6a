"""One side of a race: something to call, whoever made it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Side:
    """A loaded model, and its work: each call does all of it once, and returns how much that was.

    `factor` makes of that number the units of the work: words of tokens.
    """

    model: Any
    work: Callable[[], float]
    factor: float = 1.0
