"""Post-training dynamic quantization to int8, the `Conv1D` of GPT-2 included.

The only module that knows `torch.ao`, which is deprecated: whatever replaces it is written here and nowhere else. The
layers are made one by one with `from_float`, the step inside `torch.ao.quantization.quantize_dynamic`: the same int8
layers without its deprecation warning and without a second copy of the whole model.
"""

import platform
import warnings
from typing import TYPE_CHECKING

from models.errors import PrecisionNotApplicable

if TYPE_CHECKING:
    from torch import nn
    from transformers.pytorch_utils import Conv1D

_NOTICES = (
    r"torch\.quantize_per_tensor, torch\.quantize_per_channel and other quantized tensor creation functions",
    # qnnpack's kernels cannot overflow with 8 bits, so they need no smaller range.
    r"Currently, qnnpack incorrectly ignores reduce_range",
)


def quantize_dynamic(model: "nn.Module") -> "nn.Module":
    """Replace every `nn.Linear` and `Conv1D` of an fp32 model on the CPU, in place, by a layer with int8 weights.

    Weights get one scale for each output (symmetric, -128 to 127); activations are quantized at each call from their
    own range, to 7 of their 8 bits so that processors without VNNI cannot overflow; sums are 32 bits wide.
    A head that shares its matrix with the embedding becomes an int8 layer of its own, and the embedding stays in fp32.

    Raises:
        PrecisionNotApplicable: the model has no such layer, is quantized already, or torch has no int8 kernels here.
    """
    silence_notices()
    choose_engine()
    names = quantizable_layers(model)
    if not names:
        raise PrecisionNotApplicable(
            "The precision “int8” has no effect on this model: it has no linear layer left to quantize. Choose fp32."
        )
    for name in names:
        parent, _, child = name.rpartition(".")
        setattr(model.get_submodule(parent), child, int8_linear(model.get_submodule(name)))
    return model


def quantizable_layers(model: "nn.Module") -> list[str]:
    """Names of the layers that `quantize_dynamic` replaces, in the model's order."""
    from torch import nn
    from transformers.pytorch_utils import Conv1D

    # Exact types: a subclass (bitsandbytes has some) computes something else than its parent.
    return [name for name, module in model.named_modules() if type(module) in (nn.Linear, Conv1D)]


def is_dynamic(model: "nn.Module") -> bool:
    """Whether the model holds layers made by `quantize_dynamic`."""
    from torch.ao.nn.quantized.dynamic import Linear

    return any(isinstance(module, Linear) for module in model.modules())


def int8_linear(layer: "nn.Linear | Conv1D") -> "nn.Module":
    """The dynamically quantized layer that stands for `layer`. Source of the mapping: torch's per-channel observer."""
    from torch.ao.nn.quantized.dynamic import Linear
    from torch.ao.quantization import per_channel_dynamic_qconfig
    from transformers.pytorch_utils import Conv1D

    if isinstance(layer, Conv1D):
        layer = linear_of(layer)
    layer.qconfig = per_channel_dynamic_qconfig
    return Linear.from_float(layer)


def linear_of(layer: "Conv1D") -> "nn.Linear":
    """The `nn.Linear` that computes the same as a `Conv1D`, which keeps its matrix transposed: (inputs, outputs)."""
    from torch import nn

    linear = nn.Linear(layer.nx, layer.nf, device="meta")  # on meta: its own random weights are never made
    linear.weight = nn.Parameter(layer.weight.detach().t().contiguous(), requires_grad=False)
    linear.bias = nn.Parameter(layer.bias.detach(), requires_grad=False)
    return linear


def silence_notices() -> None:
    """Keep torch's notices about its quantized tensors from the user, who can do nothing about them.

    Exact messages, ignored for good: they can come at each place where such a tensor is made, read or multiplied, and
    the scoped `warnings.catch_warnings` is not safe between the threads of a server.
    """
    for message in _NOTICES:
        warnings.filterwarnings("ignore", message=message, category=UserWarning)


def choose_engine() -> str:
    """Make torch use the int8 kernels that suit this processor, and return their name.

    torch's own choice is right on x86, but on Apple's processors it can be “none”, which fails at the first layer.
    """
    import torch

    arm = platform.machine().lower() in ("arm64", "aarch64")
    wanted = ("qnnpack", "onednn") if arm else ("x86", "fbgemm", "onednn", "qnnpack")
    for engine in wanted:
        if engine in torch.backends.quantized.supported_engines:
            torch.backends.quantized.engine = engine
            return engine
    raise PrecisionNotApplicable(
        f"The precision “int8” needs int8 kernels, and torch has none for this processor ({platform.machine()}). "
        "Choose fp32 or bf16."
    )
