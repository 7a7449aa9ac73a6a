"""What the precisions of OpenVINO do to a loaded model of torch."""

from typing import Any

from torch import nn

from models.device import footprint
from models.errors import PrecisionNotApplicable
from quantization.compiled.forward import CompiledForward
from quantization.compiled.library import knows_bf16
from quantization.compiled.writing.forward import CompiledWriting

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
    if _writes(model):
        _take_over_writing(model, arithmetic, tolerance, weight_bytes, int8=bytes_a_number == 1)
        return model
    forward = CompiledForward(model, arithmetic, tolerance, weight_bytes)
    model.forward = forward
    forward.prepare()
    return model


def _writes(model: Any) -> bool:
    """Whether it writes token by token."""
    return hasattr(model, "can_generate") and bool(model.can_generate())


def _take_over_writing(model: Any, arithmetic: str, tolerance: float, weight_bytes: int, int8: bool) -> None:
    """The step of a model that writes, and before it its encoder, where it has one."""
    forward = CompiledWriting(model, arithmetic, tolerance, weight_bytes, int8)
    forward.prepare()
    model.forward = forward
    if model.config.is_encoder_decoder:
        encoder = model.get_encoder()
        encoder.forward = CompiledForward(encoder, arithmetic, tolerance, 0)
        encoder.forward.prepare()
