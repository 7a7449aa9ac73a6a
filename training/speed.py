"""How fast a training computes, as a share of what the processor can do, and one setting that makes it faster."""

import ctypes
import platform
import time
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import TrainerCallback

COUNTED_STEPS = range(2, 10)  # whose operations are counted; the first ones warm up, and counting takes time
TIMED_FROM = 12
SIZE = 2048  # of the product that stands for what can be reached
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # numbers of glibc's malloc.h


def keep_memory() -> bool:
    """Let this process keep the memory that it frees. Returns whether that is possible here (Linux with glibc).

    A training step allocates the same large tensors as the step before. Else glibc hands each back to the system,
    which fills every page with zeros again: of a small T5 a third of each step went into that.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return bool(library.mallopt(_MMAP_MAX, 0) and library.mallopt(_TRIM_THRESHOLD, 2**31 - 1))


def product_rate(dtype: torch.dtype, device: str = "cpu", seconds: float = 0.5) -> float:
    """Operations a second (a multiplication and an addition are two) of a plain product of two square matrices."""
    left = torch.randn(SIZE, SIZE).to(device, dtype)
    done, started = 0, time.perf_counter()
    while (spent := time.perf_counter() - started) < seconds or done < 3:
        left @ left
        if device != "cpu":
            torch.cuda.synchronize()
        done += 1
    return 2 * SIZE**3 * done / spent


@dataclass(frozen=True)
class Speed:
    """`operations` a second of a training's steps, and the `share` of `product_rate` that this is, 0 to 1."""

    operations: float
    share: float
    seconds_a_step: float


class SpeedWatch(TrainerCallback):
    """Measures the steps of a training: counts the operations of a few, and times the later ones."""

    def __init__(self, dtype: torch.dtype, device: str):
        self.possible = product_rate(dtype, device)
        self.counted = 0.0
        self.timed_steps, self.timed_seconds = 0, 0.0
        self._counter: FlopCounterMode | None = None
        self._steps, self._started = 0, 0.0

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._steps += 1
        if self._steps in COUNTED_STEPS:
            self._counter = FlopCounterMode(display=False)
            self._counter.__enter__()
        self._started = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self._counter is not None:
            self._counter.__exit__(None, None, None)
            self.counted += self._counter.get_total_flops() / len(COUNTED_STEPS)
            self._counter = None
        elif self._steps >= TIMED_FROM:
            self.timed_steps += 1
            self.timed_seconds += time.perf_counter() - self._started

    def speed(self) -> Speed | None:
        """What was measured; None before there were enough steps."""
        if not self.timed_steps:
            return None
        seconds = self.timed_seconds / self.timed_steps
        return Speed(self.counted / seconds, self.counted / seconds / self.possible, seconds)
