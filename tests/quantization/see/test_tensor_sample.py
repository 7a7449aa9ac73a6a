"""Which layers are offered, and that a sample is what it says."""

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from models.errors import InvalidInput
from quantization.see import tensor_sample
from quantization.see.tensor_sample import LayerShape, layers_of, layers_with_weights, sample_of


@pytest.fixture(scope="module")
def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=60, n_positions=16, n_embd=32, n_layer=2, n_head=4)).eval()


def test_layers_are_listed_with_part_block_and_shape(gpt2: GPT2LMHeadModel) -> None:
    layers = {layer.name: layer for layer in layers_of(gpt2)}
    assert layers["transformer.wte"] == LayerShape("transformer.wte", "embeddings", None, 60, 32)
    assert layers["transformer.h.0.attn.c_attn"] == LayerShape(
        "transformer.h.0.attn.c_attn", "attention", "transformer.h.0", 96, 32
    )
    assert layers["transformer.h.1.mlp.c_fc"].part == "feed-forward"
    assert (layers["lm_head"].part, layers["lm_head"].outputs) == ("head", 60)
    assert len(layers) == 2 + 2 * 4 + 1


def test_a_small_layer_is_taken_whole_and_conv1d_the_right_way_round(gpt2: GPT2LMHeadModel) -> None:
    sample = sample_of(gpt2, "transformer.h.0.attn.c_attn")
    assert sample.whole
    assert torch.equal(sample.weights, gpt2.transformer.h[0].attn.c_attn.weight.t())


def test_without_a_name_the_first_linear_layer_is_taken(gpt2: GPT2LMHeadModel) -> None:
    assert sample_of(gpt2).layer.name == "transformer.h.0.attn.c_attn"


def test_the_model_itself_is_never_changed(gpt2: GPT2LMHeadModel) -> None:
    before = gpt2.lm_head.weight.clone()
    sample = sample_of(gpt2, "lm_head").with_outlier()
    sample.weights.zero_()
    assert torch.equal(gpt2.lm_head.weight, before)


def test_of_a_large_layer_whole_rows_evenly_spaced_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_sample, "MOST_WEIGHTS", 40)
    model = nn.ModuleDict({"wide": nn.Linear(8, 20)})
    sample = sample_of(model, "wide")
    assert not sample.whole
    assert torch.equal(sample.weights, model["wide"].weight[::4])


def test_of_very_long_rows_the_beginning_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_sample, "MOST_WEIGHTS", 40)
    monkeypatch.setattr(tensor_sample, "MOST_INPUTS", 50)
    model = nn.ModuleDict({"long": nn.Linear(60, 3)})
    sample = sample_of(model, "long")
    assert torch.equal(sample.weights, model["long"].weight[:1, :50])
    assert (sample.layer.outputs, sample.layer.inputs) == (3, 60)


def test_half_precision_is_read_as_fp32() -> None:
    model = nn.ModuleDict({"layer": nn.Linear(4, 3, dtype=torch.bfloat16)})
    assert sample_of(model, "layer").weights.dtype == torch.float32


def test_an_outlier_is_the_largest_weight_grown(gpt2: GPT2LMHeadModel) -> None:
    sample = sample_of(gpt2)
    outlier = sample.with_outlier()
    changed = outlier.weights != sample.weights
    assert changed.sum() == 1
    assert outlier.weights.abs().max() == pytest.approx(4 * sample.weights.abs().max().item())


def test_an_unknown_layer_is_refused(gpt2: GPT2LMHeadModel) -> None:
    with pytest.raises(InvalidInput, match=r"no layer “transformer\.h\.9”"):
        sample_of(gpt2, "transformer.h.9")


def test_a_model_without_matrices_is_refused() -> None:
    empty = nn.ModuleDict({"norm": nn.LayerNorm(4)})
    assert layers_with_weights(empty) == {}
    for function in (layers_of, sample_of):
        with pytest.raises(InvalidInput):
            function(empty)


def test_broken_weights_are_refused() -> None:
    model = nn.ModuleDict({"broken": nn.Linear(4, 3)})
    model["broken"].weight.data[0, 0] = float("nan")
    with pytest.raises(InvalidInput, match="not finite"):
        sample_of(model, "broken")


def test_a_convolution_is_a_matrix_with_a_row_for_each_output() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, (5, 2), groups=1), nn.Conv2d(8, 8, 3, groups=8), nn.Linear(8, 2))
    model.to(memory_format=torch.channels_last)
    shapes = [(layer.name, layer.outputs, layer.inputs) for layer in layers_of(model)]
    assert shapes == [("0", 8, 3 * 5 * 2), ("1", 8, 9), ("2", 2, 8)]
    weight = model[0].weight.detach()
    # Of each output: channel after channel, and row after row of its window.
    expected = [[float(weight[o, c, y, x]) for c in range(3) for y in range(5) for x in range(2)] for o in (0, 7)]
    assert sample_of(model, "0").weights[[0, 7]].tolist() == expected
