"""The int8 layer against torch's own and against the arithmetic that it stands for."""

import pytest
import torch
from torch import Tensor, nn

from quantization.int8.linear import Int8Linear, overflows
from quantization.int8.quantize import choose_engine, int8_linear, prepare, quantized_tensor, rows_quantized
from quantization.mapping import Mapping


@pytest.fixture
def linear() -> nn.Linear:
    torch.manual_seed(0)
    prepare()
    return nn.Linear(64, 32)


def inputs() -> Tensor:
    return torch.randn(200, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated:DeprecationWarning")
def test_a_reduced_layer_computes_as_the_one_that_torch_itself_makes(linear: nn.Linear) -> None:
    settings = {nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}
    theirs = torch.ao.quantization.quantize_dynamic(nn.Sequential(linear), settings)
    ours = int8_linear(linear)
    ours.reduce_range = True
    for token in inputs().split(1):  # one at a time, as torch's layer has one step size for all that come together
        torch.testing.assert_close(ours(token), theirs(token), rtol=0, atol=4e-3)  # one step of one weight


def test_a_token_with_large_numbers_does_not_take_the_precision_of_the_others(linear: nn.Linear) -> None:
    layer, alone = int8_linear(linear), inputs()
    beside = torch.cat([alone, 1000 * alone[:1]])
    bound = 0.1 if layer.reduce_range else 0.05  # half as many steps, twice the error
    torch.testing.assert_close(layer(beside)[:-1], layer(alone), rtol=0, atol=bound)
    exact = alone @ linear.weight.T + linear.bias
    assert (layer(beside)[:-1] - exact).abs().max() < bound


def test_the_beams_of_a_step_of_writing_share_a_step_size(linear: nn.Linear) -> None:
    layer, beams = int8_linear(linear), inputs()[:4]
    torch.testing.assert_close(layer(beams[:, None])[:, 0], layer(beams), rtol=0, atol=0.05)
    larger = torch.cat([beams, 1000 * beams[:1]])
    exact = larger @ linear.weight.T + linear.bias
    assert (layer(larger)[:4] - exact[:4]).abs().max() < 0.05  # the tokens of a text have steps of their own
    assert (layer(larger[:, None])[:4, 0] - exact[:4]).abs().max() > 0.05


def test_tokens_of_zeros_and_layers_without_bias_are_no_special_case() -> None:
    prepare()
    linear = nn.Linear(16, 4, bias=False)
    layer = int8_linear(linear)
    assert torch.equal(layer(torch.zeros(3, 16)), torch.zeros(3, 4))
    text = torch.randn(2, 5, 16, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(layer(text), linear(text), rtol=0, atol=0.05)
    assert layer(torch.empty(0, 16)).shape == (0, 4)


def test_a_full_range_halves_the_error_of_activations(linear: nn.Linear) -> None:
    layer = int8_linear(linear)
    weight = rows_quantized(linear.weight, Mapping()).dequantize()
    exact = inputs() @ weight.T + linear.bias  # what is left is the error of the activations alone
    errors = {}
    for reduced in (True, False):
        layer.reduce_range = reduced
        errors[reduced] = (layer(inputs()) - exact).pow(2).mean().sqrt().item()
    if not overflows(torch.backends.quantized.engine):
        assert 1.5 < errors[True] / errors[False] < 2.5


@pytest.mark.parametrize("engine", sorted({"x86", "onednn"} & {*torch.backends.quantized.supported_engines}))
def test_sums_are_right_at_the_ends_of_the_range_whatever_the_processor(engine: str) -> None:
    """All codes at their largest, where 16-bit sums overflow: the layer must have found out, and reduced its range."""
    prepare()
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = engine
    try:
        weight = quantized_tensor(rows_quantized(torch.ones(48, 96), Mapping()))
        sums = Int8Linear(weight, None)(torch.full((7, 96), 3.0))
    finally:
        torch.backends.quantized.engine = before
    assert sums.shape == (7, 48)
    torch.testing.assert_close(sums, torch.full((7, 48), 288.0), rtol=0.01, atol=0)


def test_a_layer_keeps_its_bias_and_its_shape() -> None:
    choose_engine()
    linear = nn.Linear(8, 3)
    layer = int8_linear(linear)
    assert (layer.in_features, layer.out_features) == (8, 3)
    torch.testing.assert_close(layer(torch.zeros(2, 8)), linear.bias.detach().expand(2, 3))
