"""Post-training dynamic quantization to int8, the `Conv1D` of GPT-2 included.

The codes are those of `quantization.mapping`; torch gives the layer that multiplies with them, and `int8.linear` is the
only module that knows torch's part, `torch.ao`, which is deprecated. Layers are made one by one, without its
`quantize_dynamic`: no deprecation warning, and no second copy of the whole model.
"""

import platform
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from models.errors import PrecisionNotApplicable
from quantization.layers import bias_of, linear_layers, matrix_of
from quantization.mapping import Codes, Mapping

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers.pytorch_utils import Conv1D

    from quantization.int8.embedding import Int8Embedding

ROWS_AT_ONCE = 4096  # outputs that are quantized together: GPT-2's head would need half a gigabyte for a moment
_NOTICES = (
    r"torch\.quantize_per_tensor, torch\.quantize_per_channel and other quantized tensor creation functions",
    # qnnpack's kernels cannot overflow with 8 bits, so they need no smaller range.
    r"Currently, qnnpack incorrectly ignores reduce_range",
    # torch's own saving and loading of quantized tensors; and of a file that is not ours, which is refused anyway
    r"TypedStorage is deprecated",
    r"Detected pickle protocol",
)


@dataclass(frozen=True)
class Scope:
    """Which layers become int8: `nn.Linear` always, and what is said here.

    `tied_head` is about a head that shares its matrix with the embedding: True gives it an int8 copy of its own, False
    leaves it as it is. `embeddings` is about the table of the tokens; those of positions are small and stay.
    """

    conv1d: bool = True
    tied_head: bool = True
    embeddings: bool = False


def quantize_dynamic(model: "nn.Module", scope: Scope = Scope(), name: str = "int8") -> "nn.Module":
    """Replace the layers that `scope` names in an fp32 model on the CPU, in place, by layers with int8 weights.

    Weights get one scale for each output (symmetric, -128 to 127). Activations are quantized at each call, to 8 bits,
    or to 7 where the processor would overflow with 8, with a scale for each token where they differ much; sums are 32
    bits wide.

    Raises:
        PrecisionNotApplicable: the model has no such layer, is quantized already, or torch has no int8 kernels here;
            `name` is the precision in the message.
    """
    prepare(name, model)
    linears, embeddings = layers_in(model, scope, name)
    for layer in linears:  # names, not layers: each one's fp32 weights are free as soon as it is replaced
        replace(model, layer, int8_linear(model.get_submodule(layer)))
    if embeddings:
        table = int8_embedding(model.get_submodule(embeddings[0]))
        for layer in embeddings:  # several names of one table
            replace(model, layer, table)
    return model


def layers_in(model: "nn.Module", scope: Scope, name: str = "int8") -> tuple[list[str], list[str]]:
    """Names of the linear layers and of the embeddings that `quantize_dynamic` replaces, in the model's order.

    Raises:
        PrecisionNotApplicable: there is nothing of what the scope is about; `name` is the precision in the message.
    """
    from torch import nn

    linears = linear_layers(model)
    if not scope.conv1d:
        linears = {layer: module for layer, module in linears.items() if type(module) is nn.Linear}
    if not scope.tied_head:
        tied = _tied_heads(model, linears)
        if not tied:
            raise PrecisionNotApplicable(
                f"The precision “{name}” has no effect of its own on this model: it has no head that shares its matrix "
                "with the embedding. Choose int8."
            )
        linears = {layer: module for layer, module in linears.items() if layer not in tied}
    embeddings = _token_embeddings(model) if scope.embeddings else []
    if not linears or (scope.embeddings and not embeddings):
        missing = "linear layer" if not linears else "embedding"
        raise PrecisionNotApplicable(
            f"The precision “{name}” has no effect on this model: it has no {missing} left to quantize. Choose fp32."
        )
    return list(linears), embeddings


def _tied_heads(model: "nn.Module", linears: "dict[str, nn.Linear | Conv1D]") -> set[str]:
    from torch import nn

    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    return {layer for layer, module in linears.items() if id(module.weight) in tables}


def _token_embeddings(model: "nn.Module") -> list[str]:
    """Every name of the table that turns tokens into vectors: T5 has it in the encoder and in the decoder."""
    from torch import nn

    find = getattr(model, "get_input_embeddings", None)
    table = find() if find is not None else None
    if type(table) is not nn.Embedding:  # a subclass computes something else than its parent
        return []
    every = model.named_modules(remove_duplicate=False)
    return [name for name, module in every if type(module) is nn.Embedding and module.weight is table.weight]


def replace(model: "nn.Module", name: str, layer: "nn.Module") -> None:
    """Put `layer` in the place of the model's layer called `name`."""
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)


def int8_linear(layer: "nn.Module", mapping: Mapping = Mapping()) -> "nn.Module":  # noqa: B008
    """The dynamically quantized layer that stands for `layer`, of `layers.linear_layers`; `mapping` gives its codes.

    One scale for each output.
    """
    bias = bias_of(layer)
    codes = quantized_tensor(rows_quantized(matrix_of(layer), mapping))
    return packed_linear(codes, None if bias is None else bias.detach().float())


def int8_embedding(table: "nn.Module") -> "Int8Embedding":
    """The embedding with int8 codes and a scale for each token that stands for `table`, an `nn.Embedding`."""
    from quantization.int8.embedding import Int8Embedding

    codes = rows_quantized(matrix_of(table), Mapping())
    return Int8Embedding(codes.codes, codes.scales)


def rows_quantized(matrix: "Tensor", mapping: Mapping) -> Codes:
    """As `mapping.quantize`, a part of the rows at a time: each has scales of its own, so the result is the same."""
    import torch

    parts = [mapping.quantize(rows) for rows in torch.split(matrix.detach(), ROWS_AT_ONCE)]
    codes = torch.cat([part.codes for part in parts])
    return Codes(
        mapping, codes, torch.cat([part.scales for part in parts]), torch.cat([part.zero_points for part in parts])
    )


def quantized_tensor(codes: Codes) -> "Tensor":
    """torch's own kind of quantized tensor, which its kernels take: shape (outputs, inputs), type qint8."""
    import torch

    return torch._make_per_channel_quantized_tensor(codes.codes, codes.scales.double(), codes.zero_points, 0)


def packed_linear(weight: "Tensor", bias: "Tensor | None") -> "nn.Module":
    """The layer that multiplies by a quantized tensor of shape (outputs, inputs), packed as its kernel wants it."""
    from quantization.int8.linear import Int8Linear

    return Int8Linear(weight, bias)


def prepare(name: str = "int8", model: "nn.Module | None" = None) -> None:
    """What every use of int8 layers needs first. Raises PrecisionNotApplicable where torch has no kernels for them.

    `model` is the one whose layers are made next; a layer keeps the kernels that it was made for.
    """
    silence_notices()
    choose_engine(name, model is not None and reads_only(model))


def reads_only(model: "nn.Module") -> bool:
    """Whether this model of transformers writes nothing, so that its layers see all tokens of a text at once."""
    can_generate = getattr(model, "can_generate", None)
    return can_generate is not None and not can_generate()


def silence_notices() -> None:
    """Keep torch's notices about its quantized tensors from the user, who can do nothing about them.

    Exact messages, ignored for good: they can come at each place where such a tensor is made, read or multiplied, and
    the scoped `warnings.catch_warnings` is not safe between the threads of a server.
    """
    for message in _NOTICES:
        warnings.filterwarnings("ignore", message=message, category=UserWarning)


def choose_engine(name: str = "int8", many_rows: bool = False) -> str:
    """Make torch use the int8 kernels that suit this processor, and return their name.

    torch's own choice is right on x86, but on Apple's processors it can be “none”, which fails at the first layer.
    Layers that multiply hundreds of rows at once, `many_rows`, are faster with oneDNN where the processor has VNNI: on
    an AMD EPYC a layer with 384 rows by a fifth, a whole RoBERTa by little. With the few rows of a model that writes it
    is slower.
    """
    import torch

    arm = platform.machine().lower() in ("arm64", "aarch64")
    wanted = ("qnnpack", "onednn") if arm else ("x86", "fbgemm", "onednn", "qnnpack")
    if many_rows and _has_vnni():
        wanted = ("onednn", *wanted)
    for engine in wanted:
        if engine in torch.backends.quantized.supported_engines:
            torch.backends.quantized.engine = engine
            return engine
    raise PrecisionNotApplicable(
        f"The precision “{name}” needs int8 kernels, and torch has none for this processor ({platform.machine()}). "
        "Choose fp32 or bf16."
    )


def _has_vnni() -> bool:
    """Whether the processor multiplies and adds 8-bit numbers in one step."""
    import torch

    features = torch.cpu.get_capabilities()
    return bool(features.get("avx512_vnni") or features.get("avx_vnni"))
