"""What the layers of small models are for, where they stand, and which way round their weights lie."""

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from quantization.layers import bias_of, block_of, linear_layers, matrix_of, part_of, weight_of


@pytest.mark.parametrize(
    ("name", "module", "part"),
    [
        ("transformer.wte", nn.Embedding(2, 2), "embeddings"),
        ("transformer.h.3.attn.c_attn", nn.Linear(2, 2), "attention"),
        ("bert.encoder.layer.0.attention.output.LayerNorm", nn.LayerNorm(2), "norms"),
        ("transformer.h.3.mlp.c_fc", nn.Linear(2, 2), "feed-forward"),
        ("qa_outputs", nn.Linear(2, 2), "head"),
        ("bert.pooler.dense", nn.Linear(2, 2), "others"),
        ("vit.embeddings.patch_embeddings.projection", nn.Conv2d(2, 2, 1), "embeddings"),
        ("resnet.encoder.stages.0.layers.0.layer.0.convolution", nn.Conv2d(2, 2, 1), "convolutions"),
        ("timm_model.blocks.0.0.bn1", nn.BatchNorm2d(2), "norms"),
    ],
)
def test_what_a_layer_is_for(name: str, module: nn.Module, part: str) -> None:
    assert part_of(name, module) == part


def test_a_block_is_the_path_up_to_its_first_number() -> None:
    assert block_of("transformer.h.3.attn.c_attn") == "transformer.h.3"
    assert block_of("encoder.block.0.layer.1.DenseReluDense.wi") == "encoder.block.0"
    assert block_of("lm_head") is None


def test_only_layers_of_the_exact_types_are_linear() -> None:
    class Other(nn.Linear):
        """Computes something else than its parent."""

    model = nn.Sequential(nn.Linear(2, 3), Conv1D(3, 2), Other(2, 3), nn.LayerNorm(3))
    assert list(linear_layers(model)) == ["0", "1"]


def test_a_matrix_has_its_outputs_first_and_is_not_copied() -> None:
    plain, turned = nn.Linear(2, 3), Conv1D(3, 2)
    assert matrix_of(plain) is weight_of(plain) is plain.weight
    assert tuple(weight_of(turned).shape) == (2, 3)
    assert tuple(matrix_of(turned).shape) == (3, 2)
    assert matrix_of(turned).data_ptr() == turned.weight.data_ptr()


def test_a_bias_is_there_or_none() -> None:
    assert torch.equal(bias_of(Conv1D(3, 2)), torch.zeros(3))
    assert bias_of(nn.Linear(2, 3, bias=False)) is None
