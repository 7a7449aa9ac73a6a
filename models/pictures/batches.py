"""Runs pictures through a model many at once, and hands one by one what comes out; knows nothing of what that means."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from models.cancellation import stop_if
from models.wrapper import LoadedModel, running

AT_ONCE = {"cpu": 8, "cuda": 32}  # more gain nothing: a processor is busy with eight


def batches(pixels: Sequence[torch.Tensor], device: str) -> Iterator[Sequence[torch.Tensor]]:
    """Neighbours of one shape, in their order, as many as the device likes; some preprocessors give several shapes."""
    start = 0
    for number in range(1, len(pixels) + 1):
        full = number - start == AT_ONCE[device]
        if number == len(pixels) or full or pixels[number].shape != pixels[start].shape:
            yield pixels[start:number]
            start = number


@torch.inference_mode()
def run(
    loaded: LoadedModel,
    pixels: Sequence[torch.Tensor],
    model: Callable[[torch.Tensor], torch.Tensor],
    cancelled: threading.Event | None = None,
) -> Iterator[torch.Tensor]:
    """What `model` gives for each picture (3, height, width), on the CPU, without the dimension of the batch.

    Raises:
        OutOfMemory: the pictures do not fit beside the model.
        Cancelled: between two batches, when `cancelled` is set.
    """
    for batch in batches(pixels, loaded.device.type):
        stop_if(cancelled)
        with running(loaded.card):
            yield from model(on_device(loaded.model, batch)).cpu()


def on_device(model: Any, batch: Sequence[torch.Tensor]) -> torch.Tensor:
    """One tensor (pictures, 3, height, width), where and as the model's convolutions are."""
    weight = next(parameter for parameter in model.parameters() if parameter.is_floating_point())
    pixels = torch.stack(list(batch)).to(weight.device, weight.dtype)
    return pixels.contiguous(memory_format=torch.channels_last)
