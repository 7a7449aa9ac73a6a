"""What a picture classifier makes of a picture before it decides: the numbers that go into its last layer.

They are what transfer learning builds on: a new last layer on the old numbers is learned in seconds.
"""

from typing import Any

import torch

from models.errors import UnsupportedCheckpoint


def head_of(model_id: str, model: Any, labels: int) -> Any:
    """The last layer: the one with an output for each label.

    Raises:
        UnsupportedCheckpoint: there is none, as in models that compare pictures with texts.
    """
    # Quantized layers are of other types than nn.Linear, and have as many outputs.
    for module in reversed(list(model.modules())):
        if getattr(module, "out_features", None) == labels and hasattr(module, "in_features"):
            return module
    raise UnsupportedCheckpoint(
        f"{model_id} has no last layer with an output for each of its {labels:,} labels, so its features cannot be "
        "taken. Choose a ViT, a ResNet or a model of timm."
    )


def before(head: Any, model: Any, pixels: torch.Tensor) -> torch.Tensor:
    """What goes into `head` when `model` looks at pictures: (pictures, features).

    The weights of a model in evaluation mode stay as they are; in training mode, BatchNorm's would drift.
    """
    caught: list[torch.Tensor] = []
    hook = head.register_forward_pre_hook(lambda module, inputs: caught.append(inputs[0]))
    try:
        model(pixels)
    finally:
        hook.remove()
    return caught[0]
