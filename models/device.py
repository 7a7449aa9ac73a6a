"""CPU or CUDA, and what memory is in use.

Knows nothing of models beyond their tensors. torch is imported inside the functions that need it, because the home page
and `--help` read this module and must not wait for torch.
"""

import atexit
import ctypes
import gc
import mmap
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
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


def device_type(device: str) -> str:
    """`cpu` or `cuda`, where the name of a device leads to; torch is not asked, so that a page may ask."""
    return "cuda" if device == "cuda" or (device == "auto" and graphics_cards()) else "cpu"


def choose_device(name: str | Device = "auto") -> Device:
    """The device for `auto`, `cpu` or `cuda`; `auto` takes CUDA where there is some and says when it falls back.

    A device that was chosen before comes as it is, so that choosing happens once on the way to a loaded model.

    Raises:
        InvalidInput: another name.
        DeviceUnavailable: `cuda` on a machine without it.
    """
    if isinstance(name, Device):
        return name
    if name not in DEVICE_NAMES:
        raise InvalidInput(f"There is no device “{name}”. Choose one of: {', '.join(DEVICE_NAMES)}.")
    if name == "cpu":
        return Device("cpu", "The CPU was asked for.")

    import torch

    if torch.cuda.is_available():
        return Device("cuda", f"CUDA on {torch.cuda.get_device_name()}.")
    if name == "cuda":
        other = " Its torch is for processors alone: “python aula.py setup --cuda” gets the one for NVIDIA cards."
        raise DeviceUnavailable(
            "This machine has no CUDA device that torch can use. "
            "Choose the device “cpu”, or “auto” to take what is there."
            + (other if torch.version.cuda is None and sys.platform == "linux" else "")
        )
    return Device("cpu", "No CUDA device was found, so the CPU is used.")


@dataclass(frozen=True)
class GraphicsCard:
    """An NVIDIA card: bytes in all, and free now."""

    name: str
    total: int
    free: int


def graphics_memory() -> list[GraphicsCard]:
    """Every NVIDIA card, asked of the driver so that torch stays unloaded."""
    try:
        import pynvml

        pynvml.nvmlInit()
    except Exception:  # no driver, no library: every failure here means the same, there is no card to speak of
        return []
    try:
        cards = [pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())]
        memories = [pynvml.nvmlDeviceGetMemoryInfo(card) for card in cards]
        return [
            GraphicsCard(pynvml.nvmlDeviceGetName(card), memory.total, memory.free)
            for card, memory in zip(cards, memories, strict=True)
        ]
    except pynvml.NVMLError:
        return []
    finally:
        pynvml.nvmlShutdown()


@cache
def graphics_cards() -> tuple[str, ...]:
    """Name and memory of each NVIDIA card; the driver is asked once, as none comes or goes."""
    return tuple(f"{card.name}, {card.total / 1e9:.0f} GB" for card in graphics_memory())


@cache
def processor_name() -> str:
    """The CPU's own name where the system tells it, else its architecture."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


@cache
def has_bf16_units() -> bool | None:
    """Whether the CPU multiplies bf16 itself; without, torch imitates it, slower than fp32. None: unknown.

    Linux and macOS tell it without a library.
    """
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "hw.optional.arm.FEAT_BF16"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() == "1"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            flags = next(line for line in lines if line.startswith(("flags", "Features"))).split()
        return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(flags)
    except (OSError, StopIteration):
        return None


def memory_in_use(device: str = "cpu") -> int:
    """Bytes in use: the process's resident set on the CPU, torch's live allocations on CUDA."""
    if device == "cuda":
        import torch

        return torch.cuda.memory_allocated()
    return psutil.Process().memory_info().rss


def release_memory() -> None:
    """Give memory of dropped models back to the system: Python's garbage, CUDA's cache, glibc's free lists."""
    _collect_garbage()
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def set_aside_what_lives() -> None:
    """Spare the garbage collector all objects that live now. For servers, after heavy imports and loads.

    torch and transformers are 600,000 objects that never become garbage, and looking through them holds the interpreter
    for 0.3 seconds. What is garbage already is collected first. A model that is dropped later is found again by
    `release_memory`, which looks everywhere.
    """
    global _has_set_aside
    if not _has_set_aside:
        atexit.register(gc.unfreeze)  # else triton lists, at the end, everything that was not given back
        _has_set_aside = True
    gc.unfreeze()
    gc.collect()
    gc.freeze()


# Not what the garbage collector counts: others set aside as well, such as a run of tests its libraries.
_has_set_aside = False


def _collect_garbage() -> None:
    """Collect also among what was set aside here, and leave aside what lives."""
    if _has_set_aside:
        set_aside_what_lives()
    else:
        gc.collect()


# glibc's names for its settings (malloc.h). While models work, blocks from 32 MiB on get pages of their own, and a heap
# gives back its unused end from 16 MiB on: glibc's own choices, in time, are 32 and 64, and of a model of 400 MB (NF4
# is packed anew at its first run) too much would stay.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_WORKING_TRIM_THRESHOLD, _WORKING_MMAP_THRESHOLD = 16 * 2**20, 32 * 2**20
_LARGE_BLOCK = 64 * 1024


@contextmanager
def returnable_blocks() -> Iterator[None]:
    """Let every large block that is allocated meanwhile return to the system when it is freed. For loading weights.

    transformers reads weights on several threads, and glibc gives each thread a heap. The unused end of such a heap,
    tens of megabytes after a model is dropped, is what `malloc_trim` cannot give back; a block with pages of its own
    (mmap) can always be. After the block glibc serves from its heaps again, because new pages for each activation
    would slow inference down. Holds for the whole process, and does nothing with other allocators than glibc's.
    """
    change = _of_glibc("mallopt")
    if change is not None:
        change(_MMAP_THRESHOLD, _LARGE_BLOCK)
    try:
        yield
    finally:
        if change is not None:  # stated, because once set they no longer adapt by themselves
            change(_MMAP_THRESHOLD, _WORKING_MMAP_THRESHOLD)
            change(_TRIM_THRESHOLD, _WORKING_TRIM_THRESHOLD)


def _of_glibc(name: str) -> Callable[..., int] | None:
    """A function of the C library that Linux's glibc has and musl has not."""
    return getattr(ctypes.CDLL(None), name, None) if platform.system() == "Linux" else None


def touch_weights(model: "nn.Module") -> None:
    """Read one byte of each memory page of the weights on the CPU.

    safetensors files are memory-mapped: a loaded model takes up memory only as its weights are first read.
    """
    import torch

    with torch.inference_mode():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.device.type == "cpu" and tensor.layout == torch.strided and not tensor.is_quantized:
                tensor.detach().reshape(-1).view(torch.uint8)[:: mmap.PAGESIZE].sum()


def footprint(model: "nn.Module") -> int:
    """Bytes of all weight tensors in memory: those of the model, and a second copy elsewhere."""
    # What computes in torch's place (`quantization.compiled`) holds the weights in a layout of its own.
    beside: int = getattr(model.forward, "weight_bytes", 0)
    return beside + own_bytes(model)


def own_bytes(model: "nn.Module") -> int:
    """Bytes of the weight tensors that a file would hold: tied ones once, packed quantized ones included."""
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
