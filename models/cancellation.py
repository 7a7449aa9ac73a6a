"""How every wrapper is stopped: a `threading.Event` that it reads between two steps of its work."""

import threading
from typing import TYPE_CHECKING, Any

from models.errors import Cancelled

if TYPE_CHECKING:
    from transformers import StoppingCriteriaList


def stop_if(cancelled: threading.Event | None) -> None:
    """Raise Cancelled when the event is set. Called between windows, images and pieces."""
    if cancelled is not None and cancelled.is_set():
        raise Cancelled


def stopping_criteria(cancelled: threading.Event | None) -> "StoppingCriteriaList":
    """Criteria for `generate`, read after each decoding step, beam search included.

    `generate` then returns what it has so far; the caller follows with `stop_if`.
    """
    import torch
    from transformers import StoppingCriteria, StoppingCriteriaList

    class Stopped(StoppingCriteria):
        def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: Any) -> torch.BoolTensor:
            stopped = cancelled is not None and cancelled.is_set()
            # (beams,). torch says of none of its functions that it gives a BoolTensor.
            return torch.full(input_ids.shape[:1], stopped, dtype=torch.bool, device=input_ids.device)  # type: ignore[return-value]

    return StoppingCriteriaList([Stopped()])
