"""Saves a dynamically quantized model and brings it back, without running anything that the file says.

`save_pretrained` cannot write packed weights, but a `state_dict` of them is plain data: `torch.load` reads it with
`weights_only=True`, which refuses every pickle that would call a function.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import UnsupportedCheckpoint
from models.precision import unfit
from quantization.int8.quantize import Scope, layers_in, packed_linear, prepare, replace
from quantization.layers import bias_of, matrix_of

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import PreTrainedModel

STATE = "model_int8.pt"
_PACKED = "._packed_params._packed_params"  # what torch calls the weight and bias of a dynamic layer, in a pair
_ALSO_PACKED = ("._packed_params.dtype", ".scale", ".zero_point")


def save(model: "PreTrainedModel", folder: Path) -> None:
    """Write config.json, the settings of generation and the weights of a model that `quantize_dynamic` has changed."""
    import torch

    model.config.architectures = [type(model).__name__]  # `save_pretrained` says so too: a folder's task is known by it
    model.config.save_pretrained(folder)
    if model.can_generate():
        model.generation_config.save_pretrained(folder)
    torch.save(model.state_dict(), folder / STATE)


def restore(auto_class: type[Any], folder: Path, scope: Scope, name: str) -> "PreTrainedModel":
    """The saved model, fp32 and int8 on the CPU: the structure of `auto_class`, with what the file holds.

    Raises:
        PrecisionNotApplicable: torch has no int8 kernels here.
        UnsupportedCheckpoint: the file holds something else than `scope` makes of such a model.
        pickle.UnpicklingError: loading the file would run code from it, or it is not such a file.
        RuntimeError: it is damaged.
    """
    import torch

    if not (folder / STATE).is_file():
        raise UnsupportedCheckpoint(f"The weights of {folder}, {STATE}, are missing. Save the model again.")
    model = _skeleton(auto_class, folder)
    prepare(name, model)
    state = torch.load(folder / STATE, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise unfit(folder, name)
    linears, embeddings = layers_in(model, scope, name)
    stored = {layer: _linear(state, layer, model.get_submodule(layer)) for layer in linears}
    stored |= _embeddings(state, embeddings, model)
    layers = {layer: module for layer, module in stored.items() if module is not None}
    if len(layers) < len(stored):
        raise unfit(folder, name)
    _fill(model, state, layers, folder, name)
    for layer, module in layers.items():
        replace(model, layer, module)
    return model


def _skeleton(auto_class: type[Any], folder: Path) -> "PreTrainedModel":
    """The model with memory that nobody has written to: no random weights are drawn."""
    import torch
    from transformers import AutoConfig, GenerationConfig

    config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if getattr(config, "quantization_config", None):
        raise UnsupportedCheckpoint(f"{folder} says that it was quantized twice. Save the model again.")
    # On the CPU, not on “meta”: what a model computes for itself and never saves (positions) must be there.
    with _no_weights():
        build = getattr(auto_class, "from_config", None) or auto_class._from_config
        model: PreTrainedModel = build(config, dtype=torch.float32)
    model.tie_weights()
    if model.can_generate() and (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder, local_files_only=True)
    return model


def _no_weights() -> AbstractContextManager[None]:
    from transformers.initialization import no_init_weights

    return no_init_weights()


def _linear(state: dict[str, Any], name: str, layer: "nn.Module") -> "nn.Module | None":
    """The packed layer in `state`, taken out of it; None where there is none of the right shape."""
    import torch

    pair = state.pop(name + _PACKED, None)
    for key in _ALSO_PACKED:
        state.pop(name + key, None)
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(one, torch.Tensor | None) for one in pair):
        return None
    weight, bias = pair
    fits = weight is not None and weight.dtype == torch.qint8 and weight.shape == matrix_of(layer).shape
    return packed_linear(weight, bias) if fits and _same_shape(bias, bias_of(layer)) else None


def _same_shape(stored: "Tensor | None", expected: "Tensor | None") -> bool:
    if stored is None or expected is None:
        return stored is expected
    return stored.shape == expected.shape


def _embeddings(state: dict[str, Any], names: list[str], model: "nn.Module") -> dict[str, "nn.Module | None"]:
    """The int8 tables in `state`, taken out of it; one and the same for all names, as it was saved."""
    import torch

    from quantization.int8.embedding import Int8Embedding

    tables = [(state.pop(f"{name}.codes", None), state.pop(f"{name}.scales", None)) for name in names]
    if not tables:
        return {}
    codes, scales = tables[0]
    shape = matrix_of(model.get_submodule(names[0])).shape
    fits = (
        isinstance(codes, torch.Tensor)
        and isinstance(scales, torch.Tensor)
        and (codes.dtype, codes.shape) == (torch.int8, shape)
        and (scales.dtype, scales.shape) == (torch.float32, shape[:1])
    )
    return dict.fromkeys(names, Int8Embedding(codes, scales) if fits else None)


def _fill(model: "nn.Module", state: dict[str, Any], layers: dict[str, Any], folder: Path, name: str) -> None:
    """Give the model what is not quantized; those that shared memory when they were saved share it again."""
    report = model.load_state_dict(state, strict=False, assign=True)
    missing = {key for key in report.missing_keys if key.rpartition(".")[0] not in layers}
    if missing or report.unexpected_keys:
        raise unfit(folder, name)
    shared: dict[int, Any] = {}
    for module in model.modules():
        for key, weight in module._parameters.items():
            if weight is not None and weight.numel():
                module._parameters[key] = shared.setdefault(weight.data_ptr(), weight)
