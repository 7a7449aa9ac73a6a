"""What the precisions of OpenVINO do to a loaded model of torch."""

from typing import Any

from torch import nn

from models.device import footprint
from models.errors import PrecisionNotApplicable
from quantization.compiled.forward import CompiledForward
from quantization.compiled.graphs import TOLERANCE
from quantization.compiled.library import F32, knows_bf16
from quantization.compiled.writing.forward import CompiledWriting
from quantization.layers import spared_in_bytes

BF16 = "bf16"


def compiled(model: nn.Module, name: str, arithmetic: str, tolerance: float, bytes_a_number: int) -> nn.Module:
    """The same model, whose forward OpenVINO computes. `name` is what the precision is called.

    Raises:
        PrecisionNotApplicable: OpenVINO is not installed, the processor has no units for this arithmetic, or the model
            is of a kind of which OpenVINO gives other numbers.
    """
    if arithmetic == BF16 and not knows_bf16():
        raise PrecisionNotApplicable(
            f"This processor has no units for bf16, so in {name} it would be slower, not faster. Choose openvino."
        )
    model.eval()
    weight_bytes = footprint(model) * bytes_a_number // 4
    if not _writes(model):
        return _prepared(model, CompiledForward(model, arithmetic, tolerance, weight_bytes))
    _prepared(model, CompiledWriting(model, arithmetic, tolerance, weight_bytes))
    return _with_encoder(model, arithmetic, tolerance)


def compiled_in_int8(model: nn.Module, most_noise: float, reader: Any) -> nn.Module:
    """The same model, whose forward OpenVINO computes in 8 bits; `reader` is its tokenizer or preprocessor.

    Raises:
        PrecisionNotApplicable: as `compiled`; or in 8 bits its outputs are off by more than `most_noise`, a share of 1.
    """
    from quantization.compiled.int8_forward import Int8Forward

    model.eval()
    weight_bytes = footprint(model) - sum(spared_in_bytes(model).values())
    if not _writes(model):
        return _prepared(model, Int8Forward(model, most_noise, weight_bytes, reader))
    _prepared(model, CompiledWriting(model, F32, TOLERANCE, weight_bytes, most_noise))
    return _with_encoder(model, F32, TOLERANCE)


def _prepared(model: nn.Module, forward: CompiledForward | CompiledWriting) -> nn.Module:
    forward.prepare()
    model.forward = forward
    return model


def _writes(model: Any) -> bool:
    """Whether it writes token by token."""
    return hasattr(model, "can_generate") and bool(model.can_generate())


def _with_encoder(model: Any, arithmetic: str, tolerance: float) -> nn.Module:
    """The same model; its encoder, where it has one, reads a text once for all tokens that are written about it."""
    if model.config.is_encoder_decoder:
        _prepared(model.get_encoder(), CompiledForward(model.get_encoder(), arithmetic, tolerance, 0))
    whole: nn.Module = model
    return whole
