"""YOLOv5 as its own detect.py runs it, in plain PyTorch: letterbox to 640, forward, suppression, boxes scaled back.

The network is the same one, with convolutions and batch normalisation apart and in PyTorch's own memory layout.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.catalog import ModelCard
from models.weights import hub
from models.wrapper import BUILDING
from quantization.race.side import Side

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

SIZE, CONFIDENCE, IOU, MOST = 640, 0.25, 0.45, 300  # pixels, and detect.py's thresholds
GREY = (114, 114, 114)
APART = 7_680  # pixels between the boxes of two classes, so that only those of one class suppress each other


def detector(card: ModelCard, pictures: Sequence[Path]) -> Side:
    """The network of a file or folder, and its work: the boxes of each picture. Raises as `ObjectDetector.load`."""
    network = plain_network(card)
    return Side(network, lambda: len([boxes(network, path) for path in pictures]))


def plain_network(card: ModelCard) -> Any:
    """The network in fp32, not fused."""
    from models.pictures.yolov5_checkpoint import read_checkpoint
    from models.pictures.yolov5_folder import read_folder
    from models.pictures.yolov5_network import build_network

    path = hub.require(card)
    checkpoint = read_folder(path) if path.is_dir() else read_checkpoint(path)
    with BUILDING:
        return build_network(checkpoint, fused=False)


def boxes(network: Any, path: Path) -> "Tensor":
    """From a file to its objects: (objects, 6), each x1, y1, x2, y2 in pixels of the picture, confidence and class."""
    import cv2
    import numpy as np
    import torch

    picture = cv2.imread(str(path))  # (height, width, BGR)
    if picture is None:
        raise OSError(f"{path.name} cannot be read as a picture.")
    pixels, scale, padding = letterbox(picture, network.stride)
    batch = torch.from_numpy(np.ascontiguousarray(pixels[..., ::-1].transpose(2, 0, 1))).float()[None] / 255
    with torch.inference_mode():
        proposed, scores = network(batch)
    found = suppress(proposed, scores)
    return scaled_back(found, scale, padding, picture.shape[:2])


def letterbox(picture: "np.ndarray", stride: int) -> tuple["np.ndarray", float, tuple[float, float]]:
    """The longer side SIZE pixels, the other padded to a multiple of the stride; scale, padding in x and y."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(SIZE / height, SIZE / width)
    new_width, new_height = round(width * scale), round(height * scale)
    left, top = ((SIZE - new_width) % stride / 2, (SIZE - new_height) % stride / 2)
    if (width, height) != (new_width, new_height):
        picture = cv2.resize(picture, (new_width, new_height), interpolation=cv2.INTER_LINEAR)
    around = (round(top - 0.1), round(top + 0.1), round(left - 0.1), round(left + 0.1))
    padded = cv2.copyMakeBorder(picture, *around, cv2.BORDER_CONSTANT, value=GREY)
    return padded, scale, (left, top)


def suppress(proposed: "Tensor", scores: "Tensor") -> "Tensor":
    """Of boxes (n, 4) with scores (n, classes), those that score enough and are not covered by a better one."""
    import torch
    from torchvision.ops import nms

    confidence, label = scores.max(dim=1)
    rows = torch.cat((proposed, confidence[:, None], label[:, None].float()), dim=1)[confidence > CONFIDENCE]
    rows = rows[rows[:, 4].argsort(descending=True)]
    kept = nms(rows[:, :4] + rows[:, 5:6] * APART, rows[:, 4], IOU)
    return rows[kept[:MOST]]


def scaled_back(rows: "Tensor", scale: float, padding: tuple[float, float], shape: tuple[int, ...]) -> "Tensor":
    """The boxes in whole pixels of the picture, whose `shape` is height and width."""
    rows[:, [0, 2]] = ((rows[:, [0, 2]] - padding[0]) / scale).clamp(0, shape[1])
    rows[:, [1, 3]] = ((rows[:, [1, 3]] - padding[1]) / scale).clamp(0, shape[0])
    rows[:, :4] = rows[:, :4].round()
    return rows
