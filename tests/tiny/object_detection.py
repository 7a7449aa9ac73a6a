"""Tiny YOLOv5 detectors with random weights, one file for each generation of checkpoint.

The original one is written the way YOLOv5 wrote its files: a pickle of whole layers whose classes live in a package
called `models` that is not ours. The classes below are that package's architecture in small, with a forward of their
own, so that they also serve as a second opinion on what the suite computes from the file.
"""

import contextlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import nn

LABELS = ("person", "bicycle", "car", "bus", "dog", "tie")
ANCHORS = [[10, 13, 16, 30, 33, 23], [30, 61, 62, 45, 59, 119], [116, 90, 156, 198, 373, 326]]
PHOTOGRAPHS = ("astronaut.jpg", "bus.jpg", "chelsea.jpg", "coffee.jpg", "zidane.jpg")
BACKBONE = [
    [-1, 1, "Conv", [64, 6, 2, 2]],
    [-1, 1, "Conv", [128, 3, 2]],
    [-1, 3, "C3", [128]],
    [-1, 1, "Conv", [256, 3, 2]],
    [-1, 6, "C3", [256]],
    [-1, 1, "Conv", [512, 3, 2]],
    [-1, 9, "C3", [512]],
    [-1, 1, "Conv", [1024, 3, 2]],
    [-1, 3, "C3", [1024]],
    [-1, 1, "SPPF", [1024, 5]],
]
HEAD = [
    [-1, 1, "Conv", [512, 1, 1]],
    [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
    [[-1, 6], 1, "Concat", [1]],
    [-1, 3, "C3", [512, False]],
    [-1, 1, "Conv", [256, 1, 1]],
    [-1, 1, "nn.Upsample", ["None", 2, "nearest"]],
    [[-1, 4], 1, "Concat", [1]],
    [-1, 3, "C3", [256, False]],
    [-1, 1, "Conv", [256, 3, 2]],
    [[-1, 14], 1, "Concat", [1]],
    [-1, 3, "C3", [512, False]],
    [-1, 1, "Conv", [512, 3, 2]],
    [[-1, 10], 1, "Concat", [1]],
    [-1, 3, "C3", [1024, False]],
]
DETECT_ROW = [[17, 20, 23], 1, "Detect", ["nc", "anchors"]]
DEPTH, WIDTH = 0.33, 0.0625
BLIND = 50
QUANTILE = 0.98  # of the coarsest cells see nothing; the finer ones never see anything, or pictures would swarm


class Conv(nn.Module):
    def __init__(self, c1, c2, k=1, s=1, p=None):
        super().__init__()
        self.conv = nn.Conv2d(c1, c2, k, s, k // 2 if p is None else p, bias=False)
        self.bn = nn.BatchNorm2d(c2, eps=1e-3)
        self.act = nn.SiLU()

    def forward(self, x):
        return self.act(self.bn(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, c, shortcut=True):
        super().__init__()
        self.cv1 = Conv(c, c, 1)
        self.cv2 = Conv(c, c, 3)
        self.add = shortcut

    def forward(self, x):
        return x + self.cv2(self.cv1(x)) if self.add else self.cv2(self.cv1(x))


class C3(nn.Module):
    def __init__(self, c1, c2, n=1, shortcut=True):
        super().__init__()
        self.cv1 = Conv(c1, c2 // 2)
        self.cv2 = Conv(c1, c2 // 2)
        self.cv3 = Conv(c2, c2)
        self.m = nn.Sequential(*(Bottleneck(c2 // 2, shortcut) for _ in range(n)))

    def forward(self, x):
        return self.cv3(torch.cat((self.m(self.cv1(x)), self.cv2(x)), 1))


class SPPF(nn.Module):
    def __init__(self, c1, c2, k=5):
        super().__init__()
        self.cv1 = Conv(c1, c1 // 2)
        self.cv2 = Conv(c1 * 2, c2)
        self.m = nn.MaxPool2d(k, stride=1, padding=k // 2)

    def forward(self, x):
        y = [self.cv1(x)]
        for _ in range(3):
            y.append(self.m(y[-1]))
        return self.cv2(torch.cat(y, 1))


class Concat(nn.Module):
    def __init__(self, dimension=1):
        super().__init__()
        self.d = dimension

    def forward(self, x):
        return torch.cat(x, self.d)


class Detect(nn.Module):
    def __init__(self, nc, channels):
        super().__init__()
        self.nc, self.no, self.nl, self.na = nc, nc + 5, 3, 3
        self.grid, self.inplace = [torch.zeros(1)] * 3, True
        self.stride = torch.tensor([8.0, 16.0, 32.0])
        self.register_buffer("anchors", torch.tensor(ANCHORS).float().view(3, 3, 2) / self.stride.view(3, 1, 1))
        self.m = nn.ModuleList(nn.Conv2d(c, self.no * self.na, 1) for c in channels)

    def raw(self, x):
        return [convolution(feature) for convolution, feature in zip(self.m, x, strict=True)]

    def forward(self, x):
        """(anchors in all, 5 + classes): centre x, centre y, width, height in pixels, objectness, classes."""
        found = []
        for level, raw in enumerate(self.raw(x)):
            _, _, ny, nx = raw.shape
            for a in range(self.na):
                for row in range(ny):
                    for column in range(nx):
                        y = raw[0, a * self.no : (a + 1) * self.no, row, column].sigmoid()
                        centre = (y[:2] * 2 - 0.5 + torch.tensor([column, row])) * self.stride[level]
                        size = (y[2:4] * 2) ** 2 * self.anchors[level, a] * self.stride[level]
                        found.append(torch.cat((centre, size, y[4:])))
        return torch.stack(found)


class Model(nn.Module):
    """The network of one yaml, as YOLOv5's own `parse_model` makes it for these layers."""

    def __init__(self, description):
        super().__init__()
        self.yaml = description
        channels, layers, self.save = [3], [], [4, 6, 10, 14, 17, 20, 23]
        for i, (f, n, name, args) in enumerate(description["backbone"] + description["head"]):
            n = max(round(n * description["depth_multiple"]), 1) if n > 1 else n
            incoming = [channels[j if j < 0 else j + 1] for j in (f if isinstance(f, list) else [f])]
            outgoing = (
                -(-int(args[0] * description["width_multiple"]) // 8) * 8 if name in ("Conv", "C3", "SPPF") else None
            )
            if name == "Conv":
                layer = Conv(incoming[0], outgoing, *args[1:])
            elif name == "C3":
                layer = C3(incoming[0], outgoing, n, *args[1:])
            elif name == "SPPF":
                layer = SPPF(incoming[0], outgoing, *args[1:])
            elif name == "Concat":
                layer, outgoing = Concat(), sum(incoming)
            elif name == "nn.Upsample":
                layer, outgoing = nn.Upsample(None, 2, "nearest"), incoming[0]
            else:
                layer, outgoing = Detect(description["nc"], incoming), 0
            layer.i, layer.f, layer.type, layer.np = i, f, f"models.common.{name}", 0
            layers.append(layer)
            channels.append(outgoing)
        self.model = nn.Sequential(*layers)
        self.names = list(LABELS)
        self.stride, self.inplace, self.hyp = torch.tensor([8.0, 16.0, 32.0]), True, {"lr0": 0.01}

    def body(self, x):
        outputs = []
        for layer in self.model[:-1]:
            source = layer.f if isinstance(layer.f, list) else [layer.f]
            wanted = [x if j == -1 else outputs[j] for j in source]
            x = layer(wanted if isinstance(layer.f, list) else wanted[0])
            outputs.append(x)
        return [outputs[j] for j in self.model[-1].f]

    def forward(self, x):
        return self.model[-1](self.body(x))


def original_model() -> Model:
    """The network in the file of `save_original`, in fp32."""
    torch.manual_seed(0)
    description = {
        "nc": len(LABELS),
        "depth_multiple": DEPTH,
        "width_multiple": WIDTH,
        "anchors": ANCHORS,
        "backbone": BACKBONE,
        "head": [*HEAD, DETECT_ROW],
        "ch": 3,
    }
    model = Model(description)
    _calibrate(model, model.body)
    detect = model.model[-1]
    features = model.body(_photographs())
    with torch.no_grad():
        for convolution, feature in zip(detect.m, features, strict=True):
            for class_id in range(detect.nc):
                convolution.weight[5 + class_id :: detect.no] *= 3
                convolution.bias[5 + class_id :: detect.no] += 2
            raw = convolution(feature).unflatten(1, (detect.na, detect.no))
            # The bias of the objectness with which an anchor's score is just a quarter.
            needed = raw[:, :, 4] - torch.logit(0.25 / raw[:, :, 5:].amax(2).sigmoid().clamp(min=0.3))
            convolution.bias[4 :: detect.no] -= needed.quantile(QUANTILE) + (0 if feature is features[-1] else BLIND)
    # YOLOv5 saves half precision: what the file says is what this model says.
    return model.half().float().eval()


def save_original(target: Path) -> None:
    """An original checkpoint, as YOLOv5 v6.0 saved a finished training."""
    with _named_like_yolov5():
        torch.save(
            {"epoch": -1, "best_fitness": None, "model": original_model().half(), "ema": None, "date": "2022-02-22"},
            target,
        )


def u_model() -> nn.Module:
    """The network in the file of `save_u`, in fp32, as ultralytics builds it."""
    from models.pictures.ultralytics_setup import prepare_ultralytics

    prepare_ultralytics()
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    description = {
        "nc": len(LABELS),
        "scales": {"n": [DEPTH, WIDTH, 1024]},
        "scale": "n",
        "backbone": BACKBONE,
        "head": [*HEAD, [[17, 20, 23], 1, "Detect", ["nc"]]],
    }
    model = DetectionModel(description, ch=3, nc=len(LABELS), verbose=False)
    model.names = dict(enumerate(LABELS))
    model.args = {"task": "detect", "imgsz": 640}
    _calibrate(model, lambda x: model.model[-1].forward_head(_body(model, x), **model.model[-1].one2many))
    detect = model.model[-1]
    with torch.no_grad():
        features = _body(model, _photographs())
        for branch, feature in zip(detect.cv3, features, strict=True):
            branch[-1].weight *= 2
            seen = branch(feature).transpose(0, 1).flatten(1).quantile(QUANTILE, dim=1)
            branch[-1].bias -= seen + (0 if feature is features[-1] else BLIND)
    return model.half().float().eval()


def save_u(target: Path) -> None:
    """A `u` checkpoint, as ultralytics saves a finished training."""
    model = u_model().half()
    torch.save(
        {"epoch": -1, "best_fitness": None, "model": model, "ema": None, "train_args": model.args, "version": "8.0.0"},
        target,
    )


def _body(model: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    outputs = []
    for layer in model.model[:-1]:
        source = layer.f if isinstance(layer.f, list) else [layer.f]
        wanted = [x if j == -1 else outputs[j] for j in source]
        x = layer(wanted if isinstance(layer.f, list) else wanted[0])
        outputs.append(x)
    return [outputs[j] for j in model.model[-1].f]


@torch.no_grad()
def _calibrate(model: nn.Module, forward) -> None:
    """Give every batch normalisation the statistics of photographs: a random network would fade out without them."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in norms:
        module.eps, module.momentum = 1e-3, 1.0
    model.train()
    forward(_photographs())
    model.eval()


def _photographs() -> torch.Tensor:
    """Five photographs of the suite as (5, 3, 640, 640) in 0–1."""
    pictures = []
    for name in PHOTOGRAPHS:
        with Image.open(Path(__file__).parents[2] / "images" / name) as image:
            pixels = bytearray(image.convert("RGB").resize((640, 640)).tobytes())
        pictures.append(torch.frombuffer(pixels, dtype=torch.uint8).view(640, 640, 3).permute(2, 0, 1))
    return torch.stack(pictures) / 255


@contextlib.contextmanager
def _named_like_yolov5() -> Iterator[None]:
    """Let pickle find the classes above as `models.yolo.Model`, `models.common.Conv` ..., only within this block."""
    places = {"models.yolo": (Model, Detect), "models.common": (Conv, Bottleneck, C3, SPPF, Concat)}
    own_module = Conv.__module__
    try:
        for name, classes in places.items():
            sys.modules[name] = types.ModuleType(name)
            for member in classes:
                setattr(sys.modules[name], member.__name__, member)
                member.__module__ = name
        yield
    finally:
        for name, classes in places.items():
            sys.modules.pop(name, None)
            for member in classes:
                member.__module__ = own_module
