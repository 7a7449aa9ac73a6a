"""A second model beside the one that is measured, where memory has room for both. Knows nothing of precisions."""

from collections.abc import Callable
from typing import TypeVar

from models.device import release_memory
from models.errors import OutOfMemory, ran_out_of_memory
from models.memory import machine_memory

ROOM = 1.25  # of a model's size: what it computes with needs some, and other programs need to breathe

T = TypeVar("T")


def fits_beside(size: int, device: str) -> bool:
    """Whether a second model, which takes `size` bytes at its highest, fits into what is free on `device` now."""
    if device == "cuda":
        import torch

        return ROOM * size <= torch.cuda.mem_get_info()[0]
    return ROOM * size <= machine_memory().available


def load_beside(size: int, device: str, load: Callable[[], T]) -> T | None:
    """What `load` gives, or None where `size` bytes do not fit; the model that is measured is not lost for that."""
    if not fits_beside(size, device):
        return None
    try:
        return load()
    except Exception as error:
        if not (isinstance(error, OutOfMemory) or ran_out_of_memory(error)):
            raise
    release_memory()  # the estimate was wrong
    return None
