"""Networks built from their description, against the models that the files were made from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from models.errors import UnsupportedCheckpoint
from models.pictures.yolov5_checkpoint import ULTRALYTICS, Checkpoint, read_checkpoint
from models.pictures.yolov5_network import Network, build_network
from tests.tiny import object_detection as tiny

IMAGE = torch.rand(1, 3, 96, 64, generator=torch.Generator().manual_seed(1))


def corners(centred: torch.Tensor) -> torch.Tensor:
    """(n, 4) of centre and size as two corners."""
    return torch.cat((centred[:, :2] - centred[:, 2:] / 2, centred[:, :2] + centred[:, 2:] / 2), dim=1)


@torch.inference_mode()
def test_original_network_agrees_with_yolov5_cell_by_cell(tiny_models) -> None:
    boxes, scores = build_network(read_checkpoint(tiny_models.yolov5_original()))(IMAGE)
    expected = tiny.original_model()(IMAGE)
    assert boxes.shape == (3 * (12 * 8 + 6 * 4 + 3 * 2), 4)
    torch.testing.assert_close(boxes, corners(expected[:, :4]), rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(scores, expected[:, 5:] * expected[:, 4:5], rtol=1e-3, atol=1e-5)


@torch.inference_mode()
def test_u_network_agrees_with_ultralytics(tiny_models) -> None:
    boxes, scores = build_network(read_checkpoint(tiny_models.yolov5u()))(IMAGE)
    expected = tiny.u_model()(IMAGE)[0][0].T
    torch.testing.assert_close(boxes, corners(expected[:, :4]), rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(scores, expected[:, 4:], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["v5/yolov5-p6.yaml", "v8/yolov8.yaml"])
@torch.inference_mode()
def test_relatives_of_the_u_files_agree_with_ultralytics(name) -> None:
    """Four levels of feature maps, and the layers of a detector trained with `yolov8n`."""
    import ultralytics
    from ultralytics.nn.tasks import DetectionModel

    description = yaml.safe_load((Path(ultralytics.__file__).parent / "cfg" / "models" / name).read_text())
    description |= {"nc": 2, "scales": {"n": [0.33, 0.0625, 1024]}, "scale": "n"}
    torch.manual_seed(0)
    model = DetectionModel(description, verbose=False).eval()
    checkpoint = Checkpoint(ULTRALYTICS, model.yaml, {0: "a", 1: "b"}, model.state_dict())
    image = torch.rand(1, 3, 128, 64)
    boxes, scores = build_network(checkpoint)(image)
    expected = model(image)[0][0].T
    torch.testing.assert_close(boxes, corners(expected[:, :4]), rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(scores, expected[:, 4:], rtol=1e-3, atol=1e-5)


def test_half_precision_keeps_boxes_to_the_pixel(tiny_models) -> None:
    """Decoded in bfloat16, a coordinate near 600 could only be 600 or 604."""
    network = build_network(read_checkpoint(tiny_models.yolov5u())).to(torch.bfloat16)
    with torch.inference_mode():
        boxes, scores = network(torch.rand(1, 3, 640, 640).to(torch.bfloat16))
    assert boxes.dtype == scores.dtype == torch.float32
    assert len(boxes[:, 0].frac().unique()) > 1000


def test_layers_of_v5_0_are_built(tiny_models) -> None:
    """Focus and SPP, and the second copy of the anchors, as a student's best.pt of 2021 has them."""
    checkpoint = read_checkpoint(tiny_models.yolov5_original())
    description = dict(checkpoint.description)
    description["backbone"] = [[-1, 1, "Focus", [64, 3]], [-1, 1, "SPP", [128, [5, 9, 13]]]]
    description["head"] = [[-1, 1, "Conv", [128, 3, 2]], [[1, 2], 1, "Detect", ["nc", "anchors"]]]
    shapes = {
        "0.conv.conv": (8, 12, 3, 3), "1.cv1.conv": (4, 8, 1, 1), "1.cv2.conv": (8, 16, 1, 1), "2.conv": (8, 8, 3, 3),
    }  # fmt: skip
    weights = {"model.3.anchors": torch.ones(2, 3, 2), "model.3.anchor_grid": torch.ones(2, 1, 3, 1, 1, 2)}
    for name, shape in shapes.items():
        weights[f"model.{name}.weight"] = torch.rand(shape)
        norm = f"model.{name.removesuffix('conv')}bn"
        weights |= {
            f"{norm}.{part}": torch.ones(shape[0]) for part in ("weight", "bias", "running_mean", "running_var")
        }
        weights[f"{norm}.num_batches_tracked"] = torch.tensor(1)
    for level in range(2):
        weights |= {f"model.3.m.{level}.weight": torch.rand(33, 8, 1, 1), f"model.3.m.{level}.bias": torch.rand(33)}
    network = build_network(replace(checkpoint, description=description, weights=weights))
    assert network.stride == 4
    with torch.inference_mode():
        boxes, scores = network(IMAGE)
    assert boxes.shape == (3 * (48 * 32 + 24 * 16), 4)
    assert scores.shape == (len(boxes), 6)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"backbone": [[-1, 1, "TorchVision", [8, "resnet18", "DEFAULT"]]]}, "layer “TorchVision”"),
        ({"backbone": [[-1, 1, "nn.Linear", [8, 8]]]}, "layer “nn.Linear”"),
        ({"backbone": [[-1, 1, "__import__('os').system('true')", [8]]]}, "has a layer"),
        ({"backbone": [[-1, 10**9, "Conv", [8]]], "depth_multiple": 1}, "repeats a layer 1000000000 times"),
        ({"backbone": [[-1, 1, "Conv", [8, 3, 1, 10**9]]]}, "layer “Conv” with the settings"),
        ({"backbone": [[-1, 1, "nn.Upsample", ["None", 10**6, "nearest"]]]}, "layer “nn.Upsample”"),
        ({"backbone": [[[-1, -1], 1, "Concat", [1]]] * 60}, "channels side by side"),
        ({"activation": "__import__('os').system('true')"}, "activation"),
        ({"activation": "nn.LeakyReLU(0.1)"}, "activation"),
        ({"nc": 7}, "7 classes and 6 names"),
        ({"width_multiple": 10**6}, "channels side by side"),
        ({"width_multiple": 0.5}, "does not fit its weights"),
        ({"backbone": "Conv"}, "does not fit its weights"),
        ({"head": []}, "does not fit its weights"),
        ({"head": [[[99, 100], 1, "Detect", ["nc", "anchors"]]]}, "does not fit its weights"),
        ({"nc": "many"}, "does not fit its weights"),
    ],
)
def test_strange_descriptions_are_refused(tiny_models, change, reason) -> None:
    checkpoint = read_checkpoint(tiny_models.yolov5_original())
    strange = replace(checkpoint, description={**checkpoint.description, **change})
    with pytest.raises(UnsupportedCheckpoint, match=reason):
        build_network(strange)


def test_a_network_that_enlarges_the_picture_is_refused_at_its_first_step() -> None:
    doubled = torch.nn.Sequential(*(torch.nn.Upsample(None, 2, "nearest") for _ in range(30)), torch.nn.Identity())
    with pytest.raises(UnsupportedCheckpoint, match="enlarges the picture"):
        Network(doubled, [-1] * 30 + [[29]]).features(torch.zeros(1, 3, 128, 128))


def test_missing_and_misshapen_weights_are_refused(tiny_models) -> None:
    checkpoint = read_checkpoint(tiny_models.yolov5u())
    name = "model.0.conv.weight"
    without = {key: value for key, value in checkpoint.weights.items() if key != name}
    for weights in (without, {**checkpoint.weights, name: torch.ones(1)}):
        with pytest.raises(UnsupportedCheckpoint, match="does not fit its weights"):
            build_network(replace(checkpoint, weights=weights))
