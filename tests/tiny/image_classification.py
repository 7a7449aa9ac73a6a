"""A tiny seeded vision transformer that classifies pictures: random weights, and no tokenizer but a preprocessor."""

from pathlib import Path

import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

SIDE = 16  # pixels; four patches of 8 by 8
LABELS = ("cat", "dog", "bus")


def save_vit(folder: Path) -> None:
    """Write a folder as such a repository is: config, weights, preprocessor_config.json, no tokenizer."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=SIDE, patch_size=8,
        id2label=dict(enumerate(LABELS)), label2id={label: number for number, label in enumerate(LABELS)},
    )  # fmt: skip
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
