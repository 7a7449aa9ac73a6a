"""Reads YOLOv5 checkpoints of both generations without running anything in them.

A `.pt` file is a pickle: a little program that may name any function of the machine. The original files of 2020–2022
name classes of a package called `models` that is not ours, the `u` files name classes of ultralytics. Neither is
needed: torch's own weights-only unpickler builds inert stand-ins for the names listed here and refuses every other; the
tensors, the `yaml` that describes the network and the class names are then picked out of what it built.

Knows nothing of networks; `models.pictures.yolov5_network` builds one from what is read here.
"""

import pickle
import struct
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.errors import DamagedFile, UnsafeCheckpoint, UnsupportedCheckpoint

ORIGINAL, ULTRALYTICS = "original YOLOv5", "ultralytics"

HEADS = {
    "Detect": "detection",
    "Segment": "segmentation",
    "Pose": "pose",
    "OBB": "rotated box",
    "Classify": "classification",
}
_ULTRALYTICS_LAYERS = (
    "Conv DWConv GhostConv Focus Concat Bottleneck GhostBottleneck BottleneckCSP C1 C2 C2f C2PSA C3 C3k C3k2 C3x C3TR "
    "C3Ghost SPP SPPF DFL PSABlock Attention Proto Detect Segment Pose OBB Classify"
)
# What a checkpoint may name, module by module. Whatever the name means elsewhere, here it means an inert object.
ALLOWED_NAMES = {
    "models.yolo": "Model DetectionModel SegmentationModel ClassificationModel BaseModel Detect Segment",
    "models.common": (
        "Conv DWConv CrossConv GhostConv Focus Contract Expand Concat Bottleneck GhostBottleneck BottleneckCSP C3 C3x "
        "C3TR C3Ghost C3SPP SPP SPPF TransformerLayer TransformerBlock DWConvTranspose2d Proto Classify"
    ),
    "models.experimental": "CrossConv GhostConv GhostBottleneck MixConv2d Sum",
    "ultralytics.nn.tasks": "BaseModel DetectionModel SegmentationModel PoseModel OBBModel ClassificationModel",
    "ultralytics.nn.modules": _ULTRALYTICS_LAYERS,
    "ultralytics.nn.modules.conv": _ULTRALYTICS_LAYERS,
    "ultralytics.nn.modules.block": _ULTRALYTICS_LAYERS,
    "ultralytics.nn.modules.head": _ULTRALYTICS_LAYERS,
    "ultralytics.utils": "IterableSimpleNamespace",
    "ultralytics.yolo.utils": "IterableSimpleNamespace",
    "ultralytics.utils.loss": "v8DetectionLoss BboxLoss DFLoss",
    "ultralytics.utils.tal": "TaskAlignedAssigner",
    "ultralytics.yolo.utils.loss": "v8DetectionLoss BboxLoss",  # the names of early 2023, when the `u` files were made
    "ultralytics.yolo.utils.tal": "TaskAlignedAssigner",
    "ultralytics.yolo.v8.detect.train": "Loss",
    "torch.nn.modules.activation": "SiLU Hardswish LeakyReLU ReLU ReLU6 Mish GELU Sigmoid MultiheadAttention",
    "torch.nn.modules.batchnorm": "BatchNorm2d",
    "torch.nn.modules.container": "ModuleList ModuleDict Sequential",
    "torch.nn.modules.conv": "Conv2d ConvTranspose2d",
    "torch.nn.modules.dropout": "Dropout Dropout2d",
    "torch.nn.modules.linear": "Identity Linear NonDynamicallyQuantizableLinear",
    "torch.nn.modules.loss": "BCEWithLogitsLoss",
    "torch.nn.modules.normalization": "LayerNorm",
    "torch.nn.modules.padding": "ZeroPad2d",
    "torch.nn.modules.pooling": "MaxPool2d AdaptiveAvgPool2d",
    "torch.nn.modules.upsampling": "Upsample",
    "numpy": "dtype ndarray",
    "numpy.core.multiarray": "scalar _reconstruct",
    "numpy._core.multiarray": "scalar _reconstruct",
    "pathlib": "PosixPath WindowsPath PurePosixPath PureWindowsPath",
    "pathlib._local": "PosixPath WindowsPath PurePosixPath PureWindowsPath",
    "builtins": "getattr range slice",  # ultralytics files look up `Detect.forward` with `getattr`
    "dill._dill": "_load_type",  # the pickler of ultralytics for a time
}


class StandIn:
    """An object that does nothing: it takes any arguments and keeps a state as plain attributes."""

    source = ""
    # What the state of a model holds besides its layers; where a file leaves them out, they are not there.
    yaml: Any
    names: Any

    def __new__(cls, *arguments: Any) -> "StandIn":
        return super().__new__(cls)

    def __init__(self, *arguments: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)

    def children(self) -> dict[str, "StandIn"]:
        """The layers directly inside this one."""
        return {name: child for name, child in self.__dict__.get("_modules", {}).items() if isinstance(child, StandIn)}

    def layers(self) -> Iterator["StandIn"]:
        """This layer and all inside it, each once."""
        return (layer for _, layer in self._named_layers())

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Every weight with its name, as `state_dict` of a real layer gives it where no two layers are the same one."""
        for prefix, layer in self._named_layers():
            own = {**layer.__dict__.get("_parameters", {}), **layer.__dict__.get("_buffers", {})}
            for name, value in own.items():
                if isinstance(value, torch.Tensor):
                    yield f"{prefix}{name}", value.detach()

    def _named_layers(self, prefix: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, "StandIn"]]:
        """Each layer once: forty layers that each hold the next one twice would otherwise be a million million."""
        seen = set() if seen is None else seen
        if id(self) not in seen:
            seen.add(id(self))
            yield prefix, self
            for name, child in self.children().items():
                yield from child._named_layers(f"{prefix}{name}.", seen)


STAND_INS = {
    f"{module}.{name}": type(name, (StandIn,), {"source": f"{module}.{name}"})
    for module, names in ALLOWED_NAMES.items()
    for name in names.split()
}
# safe_globals changes one set of the whole process, and takes its names out again at the end.
_reading = threading.Lock()


@dataclass(frozen=True)
class Checkpoint:
    """What a detection checkpoint says: generation, network description, class names and fp32 weights by name.

    `image_size` is the longer side in pixels of the pictures it was trained on, None where it does not say.
    """

    generation: str
    description: dict[str, Any]
    labels: dict[int, str]
    weights: dict[str, torch.Tensor]
    image_size: int | None = None


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a YOLOv5 `.pt` file of either generation, as detect.py does: the averaged weights where it has both.

    Raises:
        UnsafeCheckpoint: the file names something that is not on the list above; nothing of it was run.
        UnsupportedCheckpoint: it is not a checkpoint, or not one of a YOLO detector.
        DamagedFile: it is empty, cut off, or its bytes do not fit together.
    """
    content = _unpickle(path)
    model = (content.get("ema") or content.get("model")) if isinstance(content, dict) else None
    if not isinstance(model, StandIn):
        raise UnsupportedCheckpoint(
            f"{path.name} holds no YOLO model. Choose a YOLOv5 detector, for instance the best.pt of a training."
        )
    try:
        _require_detector(path, model)
        return _pick_out(model, _trained_at(content))
    # The file decides what these attributes are; layers in layers in layers end in a RecursionError.
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise UnsupportedCheckpoint(
            f"{path.name} does not say how its network is built. Save it again with YOLOv5."
        ) from error


def _trained_at(content: dict[str, Any]) -> int | None:
    """The `imgsz` of ultralytics' settings, if it is a number; YOLOv5's own files do not keep theirs."""
    settings = content.get("train_args")
    size = settings.get("imgsz") if isinstance(settings, dict) else None
    return size if type(size) is int else None


def _pick_out(model: StandIn, image_size: int | None) -> Checkpoint:
    """What is needed of a model. Raises AttributeError, TypeError or ValueError where it is not there."""
    description, names = model.yaml, model.names
    if not isinstance(description, dict):
        raise TypeError("the description of the network is not a dictionary")
    labels = names if isinstance(names, dict) else dict(enumerate(names))
    return Checkpoint(
        generation=ORIGINAL if model.source.startswith("models.") else ULTRALYTICS,
        description=description,
        labels={int(class_id): str(name) for class_id, name in labels.items()},
        weights={name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in model.tensors()},
        image_size=image_size,
    )


def _unpickle(path: Path) -> Any:
    _require_checkpoint_format(path)
    try:
        named = torch.serialization.get_unsafe_globals_in_checkpoint(path)
        if refused := sorted(set(named) - STAND_INS.keys()):
            raise UnsafeCheckpoint(_unsafe(path, f"it asks for “{refused[0]}”, which no YOLOv5 detector needs"))
        # Only the names in this file, because torch goes through the list again at every object it builds.
        with _reading, torch.serialization.safe_globals([(STAND_INS[name], name) for name in named]):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnsafeCheckpoint(_unsafe(path, "it asks for more than YOLOv5 detectors need")) from error
    # Bytes that do not fit together end in whatever the unpickler trips over.
    except (RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, OSError, struct.error) as error:
        raise DamagedFile(f"{path.name} is damaged or incomplete. Copy or download it again.") from error


def _require_checkpoint_format(path: Path) -> None:
    """Refuse what is not the archive that torch has written since 2020, by its first bytes and the names in it."""
    with path.open("rb") as file:
        start = file.read(2)
    if not start:
        raise DamagedFile(f"{path.name} is empty. Copy or download it again.")
    if start[:1] == b"\x80":
        raise UnsafeCheckpoint(_unsafe(path, "it is a bare pickle, a format that YOLOv5 left behind in 2020"))
    try:
        with zipfile.ZipFile(path) as archive:
            inside = {name.rpartition("/")[2] for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        if start == b"PK":
            raise DamagedFile(f"{path.name} is damaged or incomplete. Copy or download it again.") from error
        inside = set()
    if "constants.pkl" in inside:
        raise UnsupportedCheckpoint(
            f"{path.name} is an exported TorchScript file. Choose the checkpoint that it was exported from."
        )
    if "data.pkl" not in inside:
        raise UnsupportedCheckpoint(
            f"{path.name} is not a PyTorch checkpoint. Choose the .pt file of a YOLOv5 detector."
        )


def _unsafe(path: Path, reason: str) -> str:
    return (
        f"{path.name} was not loaded, because that could run code: {reason}. Take the weights from a source you trust."
    )


def _require_detector(path: Path, model: StandIn) -> None:
    kinds = [layer.source.rpartition(".")[2] for layer in model.layers()]
    head = next((kind for kind in reversed(kinds) if kind in HEADS), None)
    if head != "Detect":
        what = f"a YOLO {HEADS[head]} model" if head else "not a YOLO detector"
        raise UnsupportedCheckpoint(f"{path.name} is {what}. Choose one that was trained for detection.")
