"""bitsandbytes on the CPU and on CUDA: what `from_pretrained` must be told, and what keeps the library quiet."""

import logging
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import InvalidInput, PrecisionNotApplicable
from models.precision import unfit
from quantization.layers import HEADS

if TYPE_CHECKING:
    import torch
    from torch import nn

# One weight scale for this many weights of a row, and the rows that the CPU's fused kernel takes at once.
BLOCK_SIZE = 64
KERNEL_ROWS = 32

# Said once for each layer and step; it tells a user nothing to act on. `models` drops what the import says.
_NOISE = {"bitsandbytes.autograd._functions": "MatMul8bitLt: inputs will be cast from"}


def load_arguments(name: str, bits: int, device: str, double: bool = False) -> dict[str, Any]:
    """Keyword arguments for `from_pretrained`: 8 (LLM.int8) or 4 (NF4) `bits`, on `cpu` or `cuda`.

    With `double`, the scales of NF4 are quantized too, to 8 bits.

    Raises:
        PrecisionNotApplicable: bitsandbytes is missing or does not start; `name` is the precision in the message.
    """
    require_bitsandbytes(name)
    import torch
    from transformers import BitsAndBytesConfig

    # The last layer decides between answers that are close; it stays in bf16, as the library's authors do with
    # `lm_head`. They skip it by its name, which is another one in models that answer or classify.
    if bits == 8:
        settings = BitsAndBytesConfig(  # type: ignore[no-untyped-call]  # of transformers, which leaves it without types
            load_in_8bit=True, llm_int8_skip_modules=list(HEADS)
        )
    else:
        settings = BitsAndBytesConfig(  # type: ignore[no-untyped-call]  # as above
            load_in_4bit=True,
            llm_int8_skip_modules=list(HEADS),
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=_compute_dtype(device),
            bnb_4bit_use_double_quant=double,
        )
    # Without a device_map transformers takes CUDA where there is some, even when the CPU was asked for.
    return {"quantization_config": settings, "dtype": torch.bfloat16, "device_map": {"": device}}


def saved_arguments(folder: Path, name: str, bits: int, device: str, double: bool = False) -> dict[str, Any]:
    """Keyword arguments for `from_pretrained` of a folder that was saved in this precision.

    Raises:
        PrecisionNotApplicable: as `load_arguments`.
        UnsupportedCheckpoint: the folder's own settings are of another kind of quantization.
    """
    from transformers import AutoConfig

    wanted = load_arguments(name, bits, device, double)
    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    stored = getattr(config, "quantization_config", None)
    if not isinstance(stored, dict) or _kind(stored) != _kind(wanted["quantization_config"].to_dict()):
        raise unfit(folder, name)
    # What suits this machine, which need not be the one that saved it.
    config.quantization_config = wanted.pop("quantization_config").to_dict()
    return wanted | {"config": config}


def _kind(settings: dict[str, Any]) -> tuple[Any, ...]:
    """What decides how stored weights are read."""
    four = bool(settings.get("load_in_4bit"))
    method = str(getattr(settings.get("quant_method"), "value", settings.get("quant_method")))
    details = (settings.get("bnb_4bit_quant_type"), bool(settings.get("bnb_4bit_use_double_quant"))) if four else ()
    return (method, bool(settings.get("load_in_8bit")), four, *details)


def require_fresh(model: "nn.Module", name: str) -> None:
    """Raise InvalidInput where 4-bit layers have run, whose weights the CPU's kernel has repacked for good.

    Saved after that they reload as other numbers.
    """
    if any(getattr(module, "has_run", False) for module in model.modules()):
        raise InvalidInput(
            f"A model in {name} can only be saved before its first run, which repacks its weights. Load it again."
        )


def choose_kernels(model: "nn.Module") -> "nn.Module":
    """Send 4-bit layers whose shape the CPU's fused kernel cannot take through the general one, which takes any.

    On processors with AVX-512 bf16 bitsandbytes repacks each layer at its first call, without looking at the shape,
    and stops with an error where rows or columns do not fill its blocks.
    """
    from bitsandbytes.nn.modules import Linear4bit

    for module in model.modules():
        if not isinstance(module, Linear4bit):
            continue
        if module.in_features % BLOCK_SIZE or module.out_features % KERNEL_ROWS:
            module.support_avx512bf16_for_cpu = False
        if module.support_avx512bf16_for_cpu:
            module.register_forward_pre_hook(_note_run)
    return model


def _note_run(layer: "nn.Module", inputs: tuple[Any, ...]) -> None:
    layer.has_run = True  # type: ignore[assignment]  # a note of ours, neither a tensor nor a module


def _compute_dtype(device: str) -> "torch.dtype":
    """bf16, except on a processor that would emulate it many times slower than fp32."""
    import torch
    from bitsandbytes.functional import has_avx512bf16

    fast = device == "cuda" or has_avx512bf16()  # type: ignore[no-untyped-call]  # bitsandbytes has no types
    return torch.bfloat16 if fast else torch.float32


def require_bitsandbytes(name: str) -> None:
    """Raise PrecisionNotApplicable where bitsandbytes is missing or does not start, and keep the library quiet."""
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
