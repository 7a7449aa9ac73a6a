"""CPU or CUDA, and what memory is in use.

Knows nothing of models beyond their tensors. torch is imported inside the functions that need it, because the home page
and `--help` read this module and must not wait for torch.
"""

import ctypes
import gc
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil

from models.errors import DeviceUnavailable, InvalidInput

if TYPE_CHECKING:
    from torch import Tensor, nn

DEVICE_NAMES = ("auto", "cpu", "cuda")


@dataclass(frozen=True)
class Device:
    """Where a model runs, and why there."""

    type: str
    reason: str

    def __str__(self) -> str:
        return self.type


def choose_device(name: str = "auto") -> Device:
    """The device for `auto`, `cpu` or `cuda`; `auto` takes CUDA where there is some and says when it falls back.

    Raises:
        InvalidInput: another name.
        DeviceUnavailable: `cuda` on a machine without it.
    """
    if name not in DEVICE_NAMES:
        raise InvalidInput(f"There is no device “{name}”. Choose one of: {', '.join(DEVICE_NAMES)}.")
    if name == "cpu":
        return Device("cpu", "The CPU was asked for.")

    import torch

    if torch.cuda.is_available():
        return Device("cuda", f"CUDA on {torch.cuda.get_device_name()}.")
    if name == "cuda":
        raise DeviceUnavailable(
            "This machine has no CUDA device that torch can use. "
            "Choose the device “cpu”, or “auto” to take what is there."
        )
    return Device("cpu", "No CUDA device was found, so the CPU is used.")


def graphics_cards() -> list[str]:
    """Name and memory of each NVIDIA card, asked of the driver so that torch stays unloaded."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no driver, no library: every failure here means the same, there is no card to speak of
        return []
    try:
        cards = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        totals = [pynvml.nvmlDeviceGetMemoryInfo(card).total for card in cards]
        return [
            f"{pynvml.nvmlDeviceGetName(card)}, {total / 1e9:.0f} GB" for card, total in zip(cards, totals, strict=True)
        ]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


def processor_name() -> str:
    """The CPU's own name where the system tells it, else its architecture."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def memory_in_use(device: str = "cpu") -> int:
    """Bytes in use: the process's resident set on the CPU, torch's live allocations on CUDA."""
    if device == "cuda":
        import torch

        return torch.cuda.memory_allocated()
    return psutil.Process().memory_info().rss


def release_memory() -> None:
    """Give memory of dropped models back to the system: Python's garbage, CUDA's cache, glibc's free lists."""
    gc.collect()
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if platform.system() == "Linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only: musl has no such function
        if trim is not None:
            trim(0)


def footprint(model: "nn.Module") -> int:
    """Bytes of all weight tensors, tied ones once, packed quantized ones included."""
    tensors = (tensor for value in model.state_dict().values() for tensor in _tensors(value))
    return sum({tensor.data_ptr(): _tensor_bytes(tensor) for tensor in tensors}.values())


def _tensors(value: Any) -> Iterator["Tensor"]:
    import torch

    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)


def _tensor_bytes(tensor: "Tensor") -> int:
    import torch

    size = tensor.numel() * tensor.element_size()
    if tensor.is_quantized and tensor.qscheme() in (torch.per_channel_affine, torch.per_channel_affine_float_qparams):
        parts = (tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points())
        size += sum(part.numel() * part.element_size() for part in parts)
    return size
