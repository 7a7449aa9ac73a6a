"""What the precisions of OpenVINO do to a loaded model of torch."""

from typing import Any

from torch import nn

from models.device import footprint
from models.errors import PrecisionNotApplicable
from quantization.compiled.forward import CompiledForward
from quantization.compiled.library import knows_bf16
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
    return _prepared(model, CompiledForward(model, arithmetic, tolerance, weight_bytes))


def compiled_in_int8(model: nn.Module, most_noise: float, reader: Any) -> nn.Module:
    """The same model, whose forward OpenVINO computes in 8 bits; `reader` is its tokenizer or preprocessor.

    Raises:
        PrecisionNotApplicable: as `compiled`; or in 8 bits its outputs are off by more than `most_noise`, a share of 1.
    """
    from quantization.compiled.int8_forward import Int8Forward

    model.eval()
    weight_bytes = footprint(model) - sum(spared_in_bytes(model).values())
    return _prepared(model, Int8Forward(model, most_noise, weight_bytes, reader))


def _prepared(model: nn.Module, forward: CompiledForward) -> nn.Module:
    model.forward = forward
    forward.prepare()
    return model
