"""Tiny seeded picture classifiers of the three kinds: a vision transformer, a ResNet, and a network of timm.

Random weights, and no tokenizer but a preprocessor; timm's lies in its config.json.
"""

import json
from pathlib import Path

import torch
from transformers import (
    ConvNextImageProcessor,
    ResNetConfig,
    ResNetForImageClassification,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

SIDE = 16  # pixels; four patches of 8 by 8
LABELS = ("cat", "dog", "bus")
NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {label: number for number, label in enumerate(LABELS)}}
TIMM_SIDE = 48
TWICE = ("crane", "dog", "crane")  # as ImageNet calls a bird and a machine


def save_vit(folder: Path) -> None:
    """Write a folder as such a repository is: config, weights, preprocessor_config.json, no tokenizer."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=SIDE, patch_size=8,
        **NAMED,
    )  # fmt: skip
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)


def save_resnet(folder: Path) -> None:
    """Write a ResNet whose BatchNorm has seen something: fresh, its statistics would be 0 and 1 and change nothing."""
    torch.manual_seed(0)
    config = ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic", downsample_in_first_stage=False,
        **NAMED,
    )  # fmt: skip
    model = ResNetForImageClassification(config)
    _let_see(model, 64)
    model.save_pretrained(folder)
    ConvNextImageProcessor(size={"shortest_edge": 64}, crop_pct=0.875).save_pretrained(folder)


def save_timm(
    folder: Path, architecture: str = "test_efficientnet", labels: tuple[str, ...] = TWICE, stored: str = "float16"
) -> None:
    """Write a folder as timm's repositories are: no model_type, no preprocessor file, weights without a prefix."""
    import timm
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = timm.create_model(architecture, num_classes=len(labels))
    side = model.pretrained_cfg["input_size"][1] if model.pretrained_cfg.get("fixed_input_size") else TIMM_SIDE
    _let_see(model, side)
    weights = {
        name: (tensor.to(getattr(torch, stored)) if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in model.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    prepared = {"input_size": [3, side, side], "interpolation": "bicubic", "crop_pct": 0.875}
    prepared |= {"mean": [0.5, 0.4, 0.3], "std": [0.5, 0.6, 0.7]}
    config = {
        "architecture": architecture, "num_classes": len(labels), "num_features": model.num_features,
        "label_names": list(labels), "pretrained_cfg": prepared,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")


def _let_see(model: torch.nn.Module, side: int) -> None:
    """Let BatchNorm gather statistics that are not those it began with."""
    model.train()
    with torch.no_grad():
        for _ in range(3):
            model(torch.randn(4, 3, side, side) * 2 + 1)
    model.eval()
