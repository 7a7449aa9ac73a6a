"""bitsandbytes on the CPU and on CUDA: what `from_pretrained` must be told, and what keeps the library quiet."""

import logging
import platform
from typing import TYPE_CHECKING, Any

from models.errors import PrecisionNotApplicable

if TYPE_CHECKING:
    import torch
    from torch import nn

# One weight scale for this many weights of a row, and the rows that the CPU's fused kernel takes at once.
BLOCK_SIZE = 64
KERNEL_ROWS = 32
# The last layer decides between answers that are close; it stays in bf16, as bitsandbytes' authors do with `lm_head`.
HEADS = ("lm_head", "qa_outputs")

# Said once for each layer and step, or at the import; neither tells a user anything to act on.
_NOISE = {
    "bitsandbytes.autograd._functions": "MatMul8bitLt: inputs will be cast from",
    "bitsandbytes.backends.cpu.ops": "Failed to load CPU gemm_4bit_forward from kernels-community",
}


def load_arguments(name: str, bits: int, device: str) -> dict[str, Any]:
    """Keyword arguments for `from_pretrained`: 8 (LLM.int8) or 4 (NF4) `bits`, on `cpu` or `cuda`.

    Raises:
        PrecisionNotApplicable: bitsandbytes is missing or does not start; `name` is the precision in the message.
    """
    _require_bitsandbytes(name)
    import torch
    from transformers import BitsAndBytesConfig

    if bits == 8:
        settings = BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=list(HEADS))
    else:
        settings = BitsAndBytesConfig(
            load_in_4bit=True,
            llm_int8_skip_modules=list(HEADS),
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=_compute_dtype(device),
        )
    # Without a device_map transformers takes CUDA where there is some, even when the CPU was asked for.
    return {"quantization_config": settings, "dtype": torch.bfloat16, "device_map": {"": device}}


def choose_kernels(model: "nn.Module") -> "nn.Module":
    """Send 4-bit layers whose shape the CPU's fused kernel cannot take through the general one, which takes any.

    On processors with AVX-512 bf16 bitsandbytes repacks each layer at its first call, without looking at the shape,
    and stops with an error where rows or columns do not fill its blocks.
    """
    from bitsandbytes.nn import Linear4bit

    for module in model.modules():
        if isinstance(module, Linear4bit) and (module.in_features % BLOCK_SIZE or module.out_features % KERNEL_ROWS):
            module.support_avx512bf16_for_cpu = False
    return model


def _compute_dtype(device: str) -> "torch.dtype":
    """bf16, except on a processor that would emulate it many times slower than fp32."""
    import torch
    from bitsandbytes.functional import has_avx512bf16

    return torch.bfloat16 if device == "cuda" or has_avx512bf16() else torch.float32


def _require_bitsandbytes(name: str) -> None:
    for logger, beginning in _NOISE.items():
        _drop(logger, beginning)
    try:
        import bitsandbytes  # noqa: F401
    except Exception as error:  # a library that does not start on this system raises OSError, RuntimeError and others
        raise PrecisionNotApplicable(
            f"The precision “{name}” needs bitsandbytes, which does not work on this machine "
            f"({platform.system()}, {platform.machine()}). Choose fp32, bf16 or int8."
        ) from error


class _Drop(logging.Filter):
    """Drops the messages that begin with `name`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(self.name)


def _drop(logger_name: str, beginning: str) -> None:
    logger = logging.getLogger(logger_name)
    if not any(isinstance(existing, _Drop) for existing in logger.filters):
        logger.addFilter(_Drop(beginning))
