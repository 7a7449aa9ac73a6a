"""What a picture classifier looked at: attention rollout for vision transformers, Grad-CAM for convolution networks.

*Attention rollout* (Abnar and Zuidema, 2020) follows the attention from the token that decides back to the patches,
layer by layer. It shows what was read, for all labels together. *Grad-CAM* (Selvaraju et al., 2017) asks which parts of
the last feature map would raise one label, and so differs from label to label. Both are hints, not proofs.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from models.errors import PrecisionNotApplicable, UnsupportedCheckpoint
from models.pictures.batches import on_device
from models.pictures.prepared import Prepared, part_seen
from models.wrapper import LoadedModel, finite, running

ROLLOUT, GRAD_CAM = "attention rollout", "Grad-CAM"
TRANSFORMERS = ("vit", "deit")
CONVOLUTIONS = ("resnet", "convnext", "convnextv2", "regnet", "efficientnet", "mobilenet_v1", "mobilenet_v2")


@dataclass(frozen=True)
class LookedAt:
    """Where a model looked in one picture.

    `heat` holds rows of numbers from 0 to 1, the brightest 1 (all 0 where nothing speaks for the label), over `part` of
    the picture: x1, y1, x2, y2 in its pixels. `class_id` is the label that it is about; None where `method` shows the
    same for all labels.
    """

    heat: tuple[tuple[float, ...], ...]
    part: tuple[float, float, float, float]
    method: str
    class_id: int | None


def method_for(loaded: LoadedModel) -> str | None:
    """How it can be shown what this model looks at; None where it cannot."""
    kind = loaded.model.config.model_type
    if kind in TRANSFORMERS or (kind == "timm_wrapper" and _is_timm_transformer(loaded.model.timm_model)):
        return ROLLOUT
    if kind in CONVOLUTIONS or (kind == "timm_wrapper" and _has_map(loaded.model.timm_model)):
        return GRAD_CAM
    return None


def looked_at(loaded: LoadedModel, picture: Prepared, class_id: int | None = None) -> LookedAt:
    """Where the model looked in a picture, for a label or for the likeliest one.

    Raises:
        UnsupportedCheckpoint: it is a network of another kind.
        PrecisionNotApplicable: a precision without gradients, or the numbers overflow.
        OutOfMemory: the picture does not fit beside the model.
    """
    method = method_for(loaded)
    if method is None:
        raise UnsupportedCheckpoint(
            f"{loaded.card.model_id} is of a kind (“{_kind(loaded)}”) of which it cannot be shown here what it looks "
            "at. Choose a ViT, a ResNet or a convolution network of timm."
        )
    pixels = on_device(loaded.model, [picture.pixels])
    with running(loaded.card):
        if method == ROLLOUT:
            heat, about = _rollout_of(loaded, pixels), None
        else:
            heat, about = _grad_cam_of(loaded, pixels, class_id)
    heat = finite(heat, loaded).clamp_min(0)
    heat = heat / heat.max().clamp_min(1e-12)
    rows = tuple(tuple(row) for row in heat.cpu().tolist())
    return LookedAt(rows, part_seen(loaded.processor, picture.size), method, about)


def _kind(loaded: LoadedModel) -> str:
    config = loaded.model.config
    return str(getattr(config, "architecture", config.model_type))


# Attention rollout


def rollout(attentions: list[torch.Tensor]) -> torch.Tensor:
    """How much of each token (columns) is in each token of the last layer (rows): (tokens, tokens), rows add up to 1.

    `attentions` are those of each layer, first layer first: (heads, tokens, tokens), rows add up to 1. Every layer also
    passes on what came in, past the attention: half of what comes out, so half of the matrix is the identity.
    """
    tokens = attentions[0].shape[-1]
    same = torch.eye(tokens, dtype=torch.float64)
    flow = same
    for layer in attentions:
        flow = (0.5 * layer.double().cpu().mean(dim=0) + 0.5 * same) @ flow
    return flow


def _rollout_of(loaded: LoadedModel, pixels: torch.Tensor) -> torch.Tensor:
    attentions = _timm_attentions if loaded.model.config.model_type == "timm_wrapper" else _attentions
    layers, grid, is_averaged = attentions(loaded.model, pixels)
    flow = rollout([layer[0] for layer in layers])
    first = flow.shape[0] - grid[0] * grid[1]  # the tokens in front that are not patches: one that decides, registers …
    deciding = flow[first:].mean(dim=0) if is_averaged or first == 0 else flow[0]
    return deciding[first:].reshape(grid)


Attentions = tuple[list[torch.Tensor], tuple[int, int], bool]


@torch.inference_mode()
def _attentions(model: Any, pixels: torch.Tensor) -> Attentions:
    """The attention of each layer (1, heads, tokens, tokens), the rows and columns of patches, whether all decide."""
    used = model.config._attn_implementation
    model.set_attn_implementation("eager")  # the faster ones never write the matrices down
    try:
        layers = model(pixel_values=pixels, output_attentions=True).attentions
    finally:
        model.set_attn_implementation(used)
    size = model.config.patch_size
    height, width = (size, size) if isinstance(size, int) else size
    return list(layers), (pixels.shape[-2] // height, pixels.shape[-1] // width), False


@torch.inference_mode()
def _timm_attentions(model: Any, pixels: torch.Tensor) -> Attentions:
    """The same of a vision transformer of timm."""
    network = model.timm_model
    layers: list[torch.Tensor] = []
    with ExitStack() as stack:
        for block in network.blocks:
            stack.enter_context(_written_down(block.attn, layers))
        network(pixels)
    patch = network.patch_embed.patch_size
    return layers, (pixels.shape[-2] // patch[0], pixels.shape[-1] // patch[1]), network.global_pool != "token"


@contextmanager
def _written_down(attention: Any, layers: list[torch.Tensor]) -> Iterator[None]:
    """Let an attention of timm write its matrix down: its `attn_drop` gets it, where it is not fused."""
    fused, attention.fused_attn = attention.fused_attn, False
    hook = attention.attn_drop.register_forward_hook(lambda module, given, found: layers.append(found))
    try:
        yield
    finally:
        hook.remove()
        attention.fused_attn = fused


def _is_timm_transformer(network: Any) -> bool:
    """Whether all patches look at each other in every layer, and a token or their average decides."""
    from timm.models.vision_transformer import VisionTransformer

    if not isinstance(network, VisionTransformer) or network.attn_pool is not None:
        return False
    attentions = [getattr(block, "attn", None) for block in network.blocks]
    return network.global_pool in ("token", "avg") and all(
        hasattr(attention, "fused_attn") and hasattr(attention, "attn_drop") for attention in attentions
    )


# Grad-CAM


def grad_cam(features: torch.Tensor, gradients: torch.Tensor) -> torch.Tensor:
    """The heat (rows, columns), 0 and more, of one picture.

    `features` (channels, rows, columns) is the last feature map, `gradients` how the label's logit grows with each of
    its numbers. A channel counts as much as it would raise the label on average; what would lower it is left out.
    """
    weights = gradients.mean(dim=(1, 2))
    return torch.einsum("c,chw->hw", weights, features).relu()


def _grad_cam_of(loaded: LoadedModel, pixels: torch.Tensor, class_id: int | None) -> tuple[torch.Tensor, int]:
    if _is_quantized(loaded.model):
        raise PrecisionNotApplicable(
            f"In {loaded.precision} there are no gradients, by which it is shown what {loaded.card.model_id} looks at. "
            "Load it in fp32 or bf16."
        )
    with torch.enable_grad():
        features, logits = _map_and_logits(loaded.model, pixels.requires_grad_())
        chosen = int(logits.argmax()) if class_id is None else class_id
        [gradients] = torch.autograd.grad(logits[chosen], features)
    return grad_cam(features[0].detach().float(), gradients[0].float()), chosen


def _is_quantized(model: Any) -> bool:
    """Whether some layer multiplies by integers, which have no gradient."""
    linears = (module for module in model.modules() if hasattr(module, "out_features"))
    return any(not isinstance(getattr(layer, "weight", None), torch.nn.Parameter) for layer in linears)


def _map_and_logits(model: Any, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The last feature map (1, channels, rows, columns), and the logits (labels,) that follow from it."""
    if model.config.model_type == "timm_wrapper":
        features = model.timm_model.forward_features(pixels)
        return features, model.timm_model.forward_head(features)[0]
    caught: list[torch.Tensor] = []
    keep: Callable[..., None] = lambda module, given, found: caught.append(found.last_hidden_state)  # noqa: E731
    hook = model.base_model.register_forward_hook(keep)
    try:
        logits = model(pixel_values=pixels).logits[0]
    finally:
        hook.remove()
    return caught[0], logits


def _has_map(network: Any) -> bool:
    """Whether a network of timm ends in a map with the channels first, as convolution networks do."""
    side = network.pretrained_cfg.get("input_size", (3, 224, 224))[-1]
    if any("Attention" in type(module).__name__ for module in network.modules()):
        return False  # Swin and its kin: a map too, with what counts in the attention
    weight = next(network.parameters())
    with torch.inference_mode():
        found = network.forward_features(torch.zeros(1, 3, side, side, device=weight.device, dtype=weight.dtype))
    return bool(found.ndim == 4 and found.shape[1] == network.num_features)
