"""Tests for models.pictures.looked_at: against rollout and Grad-CAM worked out in another way."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from models import errors
from models.catalog import ModelCard
from models.image_classification import ImageClassifier
from models.pictures.looked_at import GRAD_CAM, ROLLOUT, grad_cam, method_for, rollout
from models.precision import BF16, FP32, Precision
from models.tasks import Task
from quantization.recipes import find_precision
from tests.conftest import TinyModels
from tests.tiny.image_classification import TIMM_SIDE, save_timm


def load(folder: Path, precision: Precision = FP32) -> ImageClassifier:
    return ImageClassifier.load(ModelCard(folder.name, Task.IMAGE_CLASSIFICATION, path=folder), "cpu", precision)


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_rollout_by_hand() -> None:
    """Two tokens, two layers. Half of each layer passes on: [[.75,.25],[0,1]] and then [[.5,.5],[.25,.75]]."""
    first, second = torch.tensor([[[0.5, 0.5], [0.0, 1.0]]]), torch.tensor([[[0.0, 1.0], [0.5, 0.5]]])
    expected = [[0.5 * 0.75, 0.5 * 0.25 + 0.5 * 1], [0.25 * 0.75, 0.25 * 0.25 + 0.75 * 1]]
    assert torch.allclose(rollout([first, second]), torch.tensor(expected, dtype=torch.float64))


def test_rollout_takes_the_mean_of_the_heads() -> None:
    heads = torch.tensor([[[1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 1.0]]])
    assert torch.allclose(rollout([heads]), torch.tensor([[0.75, 0.25], [0.25, 0.75]], dtype=torch.float64))


def test_what_a_vision_transformer_looked_at(tiny_models: TinyModels) -> None:
    from transformers import AutoImageProcessor, ViTForImageClassification

    folder = tiny_models.vit()
    picture = noise(40, 30)
    model = ViTForImageClassification.from_pretrained(folder, attn_implementation="eager").eval()
    with torch.no_grad():
        pixels = AutoImageProcessor.from_pretrained(folder)(picture, return_tensors="pt")["pixel_values"]
        layers = [layer[0].double().numpy() for layer in model(pixels, output_attentions=True).attentions]
    flow = np.eye(5)
    for layer in layers:  # token by token, as the paper's formula has it
        mixed = np.zeros((5, 5))
        for token in range(5):
            for other in range(5):
                mean = sum(head[token, other] for head in layer) / len(layer)
                mixed[token, other] = (mean + (token == other)) / 2
        flow = mixed @ flow
    expected = flow[0, 1:].reshape(2, 2)

    classifier = load(folder)
    before = classifier.classify([picture])[0].scores
    found = classifier.explain(picture, 1)
    assert (found.method, found.class_id) == (ROLLOUT, None)
    assert np.allclose(found.heat, expected / expected.max(), atol=1e-5)
    assert found.part == pytest.approx((0, 0, 40, 30), abs=0.5)  # squeezed into a square, nothing cut away
    assert classifier.classify([picture])[0].scores == before
    assert classifier.model.config._attn_implementation != "eager"


def test_what_a_vision_transformer_of_timm_looked_at(tmp_path: Path) -> None:
    """Queries and keys multiplied here, from the weights of each block."""
    save_timm(tmp_path / "vit", "test_vit", stored="float32")
    classifier = load(tmp_path / "vit")
    network, pixels = classifier.model.timm_model, classifier.prepare(noise(50, 50)).pixels[None]
    layers = []
    with torch.no_grad():
        tokens = network._pos_embed(network.patch_embed(pixels))
        for block in network.blocks:
            normed = block.norm1(tokens)
            heads = block.attn.num_heads
            q, k, _ = block.attn.qkv(normed)[0].reshape(-1, 3, heads, normed.shape[-1] // heads).permute(1, 2, 0, 3)
            layers.append((q @ k.transpose(1, 2) / q.shape[-1] ** 0.5).softmax(dim=-1))
            tokens = block(tokens)
    expected = rollout(layers)[0, 1:].reshape(10, 10)

    found = classifier.explain(noise(50, 50))
    assert found.method == ROLLOUT
    assert torch.allclose(torch.tensor(found.heat), (expected / expected.max()).float(), atol=1e-4)
    assert all(block.attn.fused_attn == network.blocks[0].attn.fused_attn for block in network.blocks)


def test_grad_cam_by_hand() -> None:
    """Two channels: the first raises the label (mean gradient 2), the second lowers it (−1)."""
    features = torch.tensor([[[1.0, 0.0], [3.0, 1.0]], [[1.0, 1.0], [0.0, 3.0]]])
    gradients = torch.tensor([[[2.0, 2.0], [1.0, 3.0]], [[-1.0, -1.0], [-1.0, -1.0]]])
    assert grad_cam(features, gradients).tolist() == [[1.0, 0.0], [6.0, 0.0]]


@pytest.mark.parametrize("name", ["resnet", "timm"])
@pytest.mark.parametrize("class_id", [0, 1, None])
def test_what_a_convolution_network_looked_at(tiny_models: TinyModels, name: str, class_id: int | None) -> None:
    """Behind the map, both average and multiply once: the gradient of a channel is its weight in the last layer."""
    classifier = load(getattr(tiny_models, name)())
    picture = noise(60, 40)
    pixels = classifier.prepare(picture).pixels[None]
    with torch.no_grad():
        if name == "resnet":
            features, last = classifier.model.resnet(pixels).last_hidden_state[0], classifier.model.classifier[-1]
        else:
            network = classifier.model.timm_model
            features, last = network.forward_features(pixels)[0], network.classifier
        about = int(classifier.model(pixels).logits.argmax()) if class_id is None else class_id
        expected = torch.stack([last.weight[about, k] * features[k] for k in range(len(features))]).sum(dim=0).relu()

    found = classifier.explain(picture, class_id)
    assert (found.method, found.class_id) == (GRAD_CAM, about)
    assert torch.allclose(torch.tensor(found.heat), expected / expected.max().clamp_min(1e-12), atol=1e-4)
    assert all(parameter.grad is None for parameter in classifier.model.parameters())
    assert not classifier.model.training


@pytest.mark.parametrize("size", [(640, 480), (810, 1080), (3, 3), (1, 1)])
def test_the_part_is_what_the_crop_leaves(tiny_models: TinyModels, size: tuple[int, int]) -> None:
    """Both scale the shorter side to 1/0.875 of what they take, and cut a square out of the middle."""
    for folder, taken in ((tiny_models.resnet(), 64), (tiny_models.timm(), TIMM_SIDE)):
        x1, y1, x2, y2 = load(folder).explain(noise(*size)).part
        side = min(size) * taken / int(taken / 0.875)
        room = 0.02 * min(size)  # the crop begins at a whole pixel
        assert x2 - x1 == pytest.approx(side, abs=room)
        assert y2 - y1 == pytest.approx(side, abs=room)
        assert (x1 + x2) / 2 == pytest.approx(size[0] / 2, abs=room)
        assert (y1 + y2) / 2 == pytest.approx(size[1] / 2, abs=room)


def test_without_gradients_a_sentence_says_what_to_do(tiny_models: TinyModels) -> None:
    """Rollout needs none, so a ViT in int8 shows what it looked at."""
    for folder in (tiny_models.resnet(), tiny_models.timm()):
        with pytest.raises(errors.PrecisionNotApplicable, match=r"no gradients.*Load it in fp32 or bf16"):
            load(folder, find_precision("int8")).explain(noise(40, 40))
        assert load(folder, BF16).explain(noise(40, 40), 0).class_id == 0
    assert load(tiny_models.vit(), find_precision("int8")).explain(noise(40, 40)).method == ROLLOUT


def test_a_label_that_is_not_there_is_refused(tiny_models: TinyModels) -> None:
    with pytest.raises(errors.InvalidInput, match=r"no label 3\. Its labels are 0 to 2"):
        load(tiny_models.vit()).explain(noise(9, 9), 3)


@pytest.mark.parametrize("architecture", ["test_maxvit", "test_vit3"])
def test_of_other_networks_it_is_said_that_it_cannot_be_shown(tmp_path: Path, architecture: str) -> None:
    save_timm(tmp_path / "other", architecture, stored="float32")
    classifier = load(tmp_path / "other")
    assert method_for(classifier) is None
    with pytest.raises(errors.UnsupportedCheckpoint, match=f"{architecture}.*cannot be shown here"):
        classifier.explain(noise(50, 50))


def test_of_other_kinds_of_transformers_too(tmp_path: Path) -> None:
    from transformers import BeitConfig, BeitForImageClassification, ViTImageProcessor

    config = BeitConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=16, patch_size=8,
        out_indices=None,
    )  # fmt: skip
    BeitForImageClassification(config).save_pretrained(tmp_path / "beit")
    ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(tmp_path / "beit")
    with pytest.raises(errors.UnsupportedCheckpoint, match=r"beit.*cannot be shown here"):
        load(tmp_path / "beit").explain(noise(20, 20))


def test_nothing_that_speaks_for_a_label_is_dark(tiny_models: TinyModels, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(tiny_models.resnet(), tmp_path / "resnet"))
    weights = load_file(folder / "model.safetensors")
    weights["classifier.1.weight"] = torch.full_like(weights["classifier.1.weight"], -1.0)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    assert {number for row in load(folder).explain(noise(40, 40), 0).heat for number in row} == {0.0}
