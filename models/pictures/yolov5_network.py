"""Builds a YOLO network from the description in its checkpoint: a list of layers, and where each takes its input.

The layers are those of ultralytics; only names of the table below are built, whatever a description asks for. The two
generations share the body and differ in the head: the original one refines anchor boxes, the `u` one measures the
distances from a point to the four sides. Both heads here end in boxes and scores, computed in float32 even where the
layers are not, because 16 bits cannot tell pixel 601 from pixel 602. So every tensor in them states its dtype: torch's
default is another for a moment while a model in bf16 is loaded beside.
"""

import math
from typing import Any

import torch
from torch import nn

from models.errors import UnsupportedCheckpoint
from models.pictures.ultralytics_setup import prepare_ultralytics
from models.pictures.yolov5_checkpoint import ULTRALYTICS, Checkpoint

prepare_ultralytics()

from ultralytics.nn import modules as layers  # noqa: E402
from ultralytics.utils.torch_utils import fuse_conv_and_bn  # noqa: E402

# Layers that take (channels in, channels out, ...), and those of them that repeat themselves inside.
CHANNEL_LAYERS = {
    name: getattr(layers, name) for name in ("Conv", "GhostConv", "Focus", "C2f", "C3", "C3Ghost", "SPP", "SPPF")
}
REPEATING_LAYERS = ("C2f", "C3", "C3Ghost")
LARGEST_NUMBER = 100  # of repeats, kernel sizes, strides: YOLOv5x has 12, and a file may not ask for a million
LARGEST_CHANNELS = 10_000  # side by side: YOLOv5x6 has 2,560, and each Concat of a file could double them
WORDS = {"None": None, "True": True, "False": False}


def cell_grid(features: list[torch.Tensor]) -> list[torch.Tensor]:
    """For each feature map (1, channels, h, w) the x and y of its cells, (h * w, 2), row by row."""
    grids = []
    for feature in features:
        height, width = feature.shape[-2:]
        y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        grids.append(torch.stack((x, y), dim=-1).reshape(-1, 2).to(feature.device, torch.float32))
    return grids


class AnchorHead(nn.Module):
    """The head of 2020–2022: three anchor boxes per cell, each with an objectness and a score per class."""

    def __init__(self, classes: int, anchors: list[list[list[float]]], channels: list[int]):
        """`anchors` holds, for each level, the width and height of each anchor in cells of that level."""
        super().__init__()
        self.strides: list[float] = []
        self.outputs = classes + 5
        self.anchors = anchors
        self.m = nn.ModuleList(nn.Conv2d(count, self.outputs * len(anchors[0]), 1) for count in channels)

    def forward(self, features: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes (n, 4) as x1, y1, x2, y2 in pixels of the input, and scores (n, classes) in 0–1."""
        boxes, scores = [], []
        for convolution, feature, grid, sizes, stride in zip(
            self.m, features, cell_grid(features), self.anchors, self.strides, strict=True
        ):
            anchors = torch.tensor(sizes, device=feature.device, dtype=torch.float32)
            # (1, anchors × outputs, h, w) becomes (anchors, cells, outputs): x, y, width, height, objectness, classes.
            raw = convolution(feature)[0].float().reshape(len(anchors), self.outputs, -1).transpose(1, 2).sigmoid()
            # From cells to pixels: an x of 0.5 in cell 3 at stride 8 is (2 × 0.5 - 0.5 + 3) × 8 = 28.
            centre = (raw[..., 0:2] * 2 - 0.5 + grid) * stride
            half = (raw[..., 2:4] * 2) ** 2 * anchors[:, None] * stride / 2
            boxes.append(torch.cat((centre - half, centre + half), dim=-1).reshape(-1, 4))
            scores.append((raw[..., 5:] * raw[..., 4:5]).reshape(-1, self.outputs - 5))
        return torch.cat(boxes), torch.cat(scores)


class PointHead(layers.Detect):
    """The head of the `u` files: ultralytics' layers, with our decoding in float32."""

    legacy = True  # the class branch of v5 and v8; later generations have another

    def __init__(self, classes: int, channels: list[int]):
        super().__init__(classes, ch=channels)
        self.strides: list[float] = []  # type: ignore[assignment]  # ultralytics' own, a tensor, is not used here

    def forward(  # type: ignore[override]  # ultralytics' own gives boxes and scores in one tensor
        self, features: list[torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """As `AnchorHead.forward`."""
        raw = self.forward_head(features, **self.one2many)
        # Each side's distance is a distribution over 0 ... 15 cells; its mean is the distance.
        sides = raw["boxes"][0].float().reshape(4, self.reg_max, -1).softmax(dim=1)  # (4 sides, 16, n)
        # (n, 4): how far left, top, right and bottom are from the middle of the cell, in cells.
        distances = (sides * torch.arange(self.reg_max, device=sides.device)[None, :, None]).sum(dim=1).T
        points = [grid + 0.5 for grid in cell_grid(features)]
        strides = torch.cat(
            # From the points themselves, so that a traced network goes on with the points of another picture.
            [torch.ones_like(grid[:, :1]) * stride for grid, stride in zip(points, self.strides, strict=True)]
        )
        point = torch.cat(points)
        boxes = torch.cat((point - distances[:, :2], point + distances[:, 2:]), dim=-1) * strides
        return boxes, raw["scores"][0].float().sigmoid().T


class Network(nn.Module):
    """Layers in the order of the description, each fed by the layers that it names."""

    def __init__(self, model: nn.Sequential, inputs: list[int | list[int]]):
        super().__init__()
        self.model = model
        self.inputs = inputs

    @property
    def head(self) -> Any:
        """The last layer: an AnchorHead or a PointHead."""
        return self.model[-1]

    @property
    def stride(self) -> int:
        """Pixels of the input per cell of the coarsest feature map: the input's sides must be multiples of it."""
        return int(max(self.head.strides))

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Boxes and scores, as the head gives them, for one image (1, 3, height, width) with values in 0–1."""
        boxes, scores = self.head(self.features(image))
        return boxes, scores

    def features(self, image: torch.Tensor) -> list[torch.Tensor]:
        """The feature maps that the head looks at, finest first."""
        outputs: list[torch.Tensor] = []
        current = image
        for layer, source in zip(self.model[:-1], self.inputs, strict=False):
            wanted = [current if index == -1 else outputs[index] for index in _as_list(source)]
            current = layer(wanted if isinstance(source, list) else wanted[0])
            if current.shape[-1] > image.shape[-1]:  # thirty rows of Upsample would ask for a billion times a billion
                raise _unsupported("it enlarges the picture")
            outputs.append(current)
        return [outputs[index] for index in _as_list(self.inputs[-1])]


def build_network(checkpoint: Checkpoint, fused: bool = True) -> Network:
    """The network of `checkpoint` with its weights, in evaluation mode, fp32, on the CPU.

    `fused` makes each convolution one with the normalisation behind it: the same numbers, in less time.

    Raises:
        UnsupportedCheckpoint: the description asks for what YOLOv5 does not have, or does not fit the weights.
    """
    try:
        # Without memory first ("meta"): no time for random numbers, and no description can ask for terabytes.
        with torch.device("meta"):
            network = _describe(checkpoint)
        # The anchors are settings of the head, not weights; before v6.0 it kept them twice.
        settings = (".anchors", ".anchor_grid")
        weights = {name: value for name, value in checkpoint.weights.items() if not name.endswith(settings)}
        network.load_state_dict(weights, assign=True)
        _set_epsilon(network)
        (_fuse(network) if fused else network).eval().requires_grad_(False)
        network.head.strides = [128 / maps.shape[-1] for maps in network.features(torch.zeros(1, 3, 128, 128))]
    # A description is free text: whatever does not fit ends in one of these.
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, ArithmeticError) as error:
        raise _unsupported("the description of its network does not fit its weights") from error
    return network


def _unsupported(reason: str) -> UnsupportedCheckpoint:
    return UnsupportedCheckpoint(
        f"This file is not a YOLOv5 detector that can be built here: {reason}. "
        "Choose weights that were trained with YOLOv5 v5.0 or newer, or a “u” file."
    )


def _describe(checkpoint: Checkpoint) -> Network:
    """The layers without weights, row by row: [from, repeats, layer, arguments]."""
    description = checkpoint.description
    depth, width, largest = _scale(description)
    channels, built, inputs = [3], [], []
    for source, repeats, name, arguments in description["backbone"] + description["head"]:
        incoming = [channels[index if index < 0 else index + 1] for index in _as_list(source)]
        if name == "Detect":
            layer, outgoing = _head(checkpoint, incoming), 0
        else:
            repeats = max(round(repeats * depth), 1) if repeats > 1 else repeats
            arguments = [WORDS.get(value, value) if isinstance(value, str) else value for value in arguments]
            layer, outgoing = _layer(name, incoming, repeats, arguments, width, largest)
        built.append(layer)
        inputs.append(source)
        channels.append(outgoing)
    return Network(nn.Sequential(*built), inputs)


def _scale(description: dict[str, Any]) -> tuple[float, float, float]:
    """Depth, width and largest number of channels: what makes an n, s, m, l or x of one description."""
    activation = description.get("activation")
    if activation and "SiLU" not in activation:
        raise _unsupported(f"it uses the activation {activation} instead of SiLU")
    if scales := description.get("scales"):
        return tuple(scales[description.get("scale") or next(iter(scales))])
    return description.get("depth_multiple", 1.0), description.get("width_multiple", 1.0), float("inf")


def _layer(
    name: str, incoming: list[int], repeats: int, arguments: list[Any], width: float, largest: float
) -> tuple[nn.Module, int]:
    """One layer and the number of channels that it gives."""
    if not 1 <= repeats <= LARGEST_NUMBER:
        raise _unsupported(f"it repeats a layer {repeats} times")
    if sum(incoming) > LARGEST_CHANNELS:
        raise _unsupported(f"it puts {sum(incoming):,} channels side by side")
    if name == "Concat":
        return layers.Concat(*arguments), sum(incoming)  # type: ignore[no-untyped-call]  # ultralytics
    if name == "nn.Upsample" and arguments[:2] == [None, 2]:
        return nn.Upsample(*arguments), incoming[0]
    if name not in CHANNEL_LAYERS or any(isinstance(value, int) and value > LARGEST_NUMBER for value in arguments[1:]):
        raise _unsupported(f"it has a layer “{name}” with the settings {arguments}")
    outgoing = math.ceil(min(arguments[0], largest) * width / 8) * 8
    if name in REPEATING_LAYERS:
        return CHANNEL_LAYERS[name](incoming[0], outgoing, repeats, *arguments[1:]), outgoing
    copies = [CHANNEL_LAYERS[name](incoming[0], outgoing, *arguments[1:]) for _ in range(repeats)]
    if name == "SPPF":
        copies[0].cv1.act = layers.Conv.default_act  # left out in today's ultralytics, there in every YOLOv5
    return copies[0] if repeats == 1 else nn.Sequential(*copies), outgoing


def _head(checkpoint: Checkpoint, incoming: list[int]) -> nn.Module:
    classes = int(checkpoint.description["nc"])
    if classes != len(checkpoint.labels):
        raise _unsupported(f"it has {classes} classes and {len(checkpoint.labels)} names for them")
    if checkpoint.generation == ULTRALYTICS:
        return PointHead(classes, incoming)
    # From the weights, because the anchors that a training finds are not written back into the description.
    anchors = [tensor for name, tensor in checkpoint.weights.items() if name.endswith(".anchors")]
    return AnchorHead(classes, anchors[0].tolist(), incoming)


def _set_epsilon(network: Network) -> None:
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 1e-3  # YOLO's value; torch's own is 1e-5


def _fuse(network: Network) -> Network:
    """Fold each batch normalisation into the convolution before it: the same numbers with half the layers."""
    for module in network.modules():
        if isinstance(module, layers.Conv) and hasattr(module, "bn"):
            module.conv = fuse_conv_and_bn(module.conv, module.bn)  # type: ignore[no-untyped-call]  # ultralytics
            del module.bn
            module.forward = module.forward_fuse  # type: ignore[method-assign]  # as ultralytics does
    return network


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
