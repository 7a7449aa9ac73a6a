"""What a model's own `generation_config.json` says of how it writes."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from models.errors import InvalidInput
from models.text.sampling import less_likely_again, require_sampling_options, require_searching_options

# By the names in `GenerationSettings`, those in the file.
SEARCHING = {"beams": "num_beams", "no_repeat_ngram": "no_repeat_ngram_size"}
DRAWING = {name: name for name in ("temperature", "top_k", "top_p")}


@dataclass(frozen=True)
class OwnWriting:
    """`numbers`, by their names in `GenerationSettings`, hold where nobody chooses others.

    The rest belongs to the model: tokens that it never writes, and how much less likely it is to write one again
    (1: as likely as before).
    """

    numbers: Mapping[str, Any]
    never: tuple[int, ...]
    repetition_penalty: float

    @classmethod
    def of(cls, config: Any) -> Self:
        """What a `GenerationConfig` says; None says nothing. What lies outside its range is as if it were not there."""
        never = getattr(config, "suppress_tokens", None) or ()
        return cls(_stated(config), tuple(never), getattr(config, "repetition_penalty", None) or 1.0)

    def applied(self, scores: Tensor, tokens: Sequence[int]) -> Tensor:
        """Scores of the token behind `tokens`, shape (vocabulary,), with what belongs to the model."""
        scores = less_likely_again(scores, tokens, self.repetition_penalty)
        return scores.index_fill(0, torch.tensor(self.never, dtype=torch.long, device=scores.device), -torch.inf)


def _stated(config: Any) -> dict[str, Any]:
    # Where nothing is drawn the numbers of drawing have no meaning.
    names = SEARCHING | (DRAWING if getattr(config, "do_sample", None) else {})
    stated = {name: getattr(config, theirs, None) for name, theirs in names.items()}
    return {name: value for name, value in stated.items() if value is not None and _usable(name, value)}


def _usable(name: str, value: Any) -> bool:
    with suppress(InvalidInput):
        if name in SEARCHING:
            require_searching_options(**{**dict.fromkeys(SEARCHING), name: value})
        else:
            require_sampling_options(**{**dict.fromkeys(DRAWING), "seed": None, name: value})
        return True
    return False
