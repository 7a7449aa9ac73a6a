"""What the precisions of OpenVINO do to a loaded model of torch."""

from torch import nn

from models.device import footprint
from models.errors import PrecisionNotApplicable
from quantization.compiled.forward import CompiledForward
from quantization.compiled.library import knows_bf16

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
    forward = CompiledForward(model, arithmetic, tolerance, weight_bytes)
    model.forward = forward
    forward.prepare()
    return model
