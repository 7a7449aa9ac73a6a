"""Errors against a plain numpy calculation, and what must hold for any weights."""

import json
import math
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from models.errors import Cancelled, InvalidInput
from quantization.mapping import GRANULARITIES, Mapping
from quantization.see.tensor_study import compare_granularities, measure_errors, study

MAPPINGS = [
    Mapping(bits, symmetric, granularity, 16, clipping)
    for bits in (2, 3, 8)
    for symmetric in (True, False)
    for granularity in GRANULARITIES
    for clipping in (90.0, 100.0)
]


def named(mapping: Mapping) -> str:
    kind = "symmetric" if mapping.symmetric else "affine"
    return f"{mapping.bits} bits, {kind}, {mapping.granularity}, {mapping.clipping:g} %"


@pytest.fixture
def weights() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.randn(96, 200) * torch.linspace(0.01, 0.1, 96)[:, None]  # channels of different size


def test_figures_by_hand() -> None:
    """3 bits, largest 0.7: scale 1.4 / 7 = 0.2; 0.7 → 3.5 → code 3 (clamped) → 0.6; 0.1 → 0.5 → code 0 → 0."""
    found = study(torch.tensor([[0.7, 0.1, 0.4, -0.2]]), Mapping(3, granularity="tensor"))
    errors = (0.1, 0.1, 0.0, 0.0)
    mean_square = sum(error**2 for error in errors) / 4
    assert found.errors.mean_square_error == pytest.approx(mean_square, rel=1e-5)
    power = (0.49 + 0.01 + 0.16 + 0.04) / 4
    assert found.errors.signal_to_noise == pytest.approx(10 * math.log10(power / mean_square), rel=1e-5)
    assert found.errors.clipped_share == 0  # half a step away is rounding
    assert found.errors.bits_per_weight == 8 * (2 + 4) / 4  # 12 bits in 2 bytes, and one scale
    assert found.error_picture == (pytest.approx(errors, abs=1e-7),)
    assert found.mean_weight == pytest.approx(0.35)
    assert found.weight_picture == (pytest.approx((0.7, 0.1, 0.4, 0.2)),)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_figures_are_those_of_numpy(weights: torch.Tensor, mapping: Mapping) -> None:
    stored = mapping.quantize(weights).dequantize().numpy().astype(np.float64)
    real = weights.numpy().astype(np.float64)
    found = measure_errors(weights, mapping)
    assert found.mean_square_error == pytest.approx(np.mean((real - stored) ** 2))
    assert found.signal_to_noise == pytest.approx(
        10 * np.log10(np.linalg.norm(real) ** 2 / np.linalg.norm(real - stored) ** 2)
    )
    assert found == study(weights, mapping).errors


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_nothing_is_clipped_without_clipping_and_about_a_tenth_at_90(
    weights: torch.Tensor, granularity: str, symmetric: bool
) -> None:
    mapping = Mapping(8, symmetric, granularity, group_size=50)
    assert measure_errors(weights, mapping).clipped_share == 0
    share = measure_errors(weights, replace(mapping, clipping=90)).clipped_share
    assert share == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_each_bit_is_worth_about_6_decibels(weights: torch.Tensor, granularity: str) -> None:
    ratios = [
        point.signal_to_noise
        for point in compare_granularities(weights, Mapping(group_size=50))
        if point.mapping.granularity == granularity
    ]
    assert len(ratios) == 7
    assert ratios[-1] - ratios[-2] == pytest.approx(6.02, abs=0.2)
    assert ratios == sorted(ratios)


def test_finer_scales_make_smaller_errors_and_cost_more_bits(weights: torch.Tensor) -> None:
    tensor, channel, group = (
        measure_errors(weights, Mapping(4, granularity=name, group_size=20)) for name in GRANULARITIES
    )
    assert tensor.signal_to_noise < channel.signal_to_noise < group.signal_to_noise
    assert tensor.bits_per_weight < channel.bits_per_weight < group.bits_per_weight
    assert channel.bits_per_weight == pytest.approx(4 + 32 / 200)
    assert group.bits_per_weight == pytest.approx(4 + 32 / 20)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_histograms_hold_every_weight(weights: torch.Tensor, mapping: Mapping) -> None:
    found = study(weights, mapping).histogram
    assert sum(found.before) == sum(found.after) == weights.numel()
    assert len(found.edges) == len(found.before) + 1
    assert 20 <= len(found.before) <= 260


def test_the_histogram_of_evenly_spread_weights_stays_even() -> None:
    """Bins that hold now two levels and now three would show teeth of a third."""
    even = torch.linspace(-1, 1, 100_001)[None]
    after = np.array(study(even, Mapping(8, granularity="tensor")).histogram.after[2:-2])
    assert after.max() <= 1.05 * after.min()


def test_with_few_bits_each_level_is_a_bar_of_its_own(weights: torch.Tensor) -> None:
    found = study(weights, Mapping(3, granularity="tensor")).histogram
    assert sum(count > 0 for count in found.after) in (7, 8)  # −4 is used only if the largest weight is negative


def test_the_picture_is_bounded_and_keeps_the_mean(weights: torch.Tensor) -> None:
    large = weights.repeat(4, 4)[:384, :768]
    found = study(large, Mapping(4))
    assert (len(found.error_picture), len(found.error_picture[0])) == (64, 128)
    error = (large - Mapping(4).quantize(large).dequantize()).abs().mean().item()
    assert np.mean(found.error_picture) == pytest.approx(error)
    assert np.mean(found.error_picture[-1]) > 3 * np.mean(found.error_picture[0])  # large channels have large steps


def test_the_comparison_stops_between_two_mappings(weights: torch.Tensor) -> None:
    cancelled = threading.Event()
    points = compare_granularities(weights, Mapping(), cancelled)
    next(points)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(points)


def test_zeros_have_no_error() -> None:
    found = study(torch.zeros(3, 5), Mapping(4))
    assert found.errors.signal_to_noise == math.inf
    assert found.errors.as_dict()["signal_to_noise"] is None
    assert sum(found.histogram.before) == 15


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("symmetric", [True, False])
def test_extreme_and_tiny_matrices_do_no_harm(scale: float, symmetric: bool) -> None:
    for shape in ((1, 1), (1, 7), (300, 1)):
        torch.manual_seed(1)
        for granularity in GRANULARITIES:
            found = study(scale * torch.randn(shape), Mapping(2, symmetric, granularity, 256, 90))
            json.dumps(found.as_dict(), allow_nan=False)
            assert sum(found.histogram.after) == math.prod(shape)


@pytest.mark.parametrize("wrong", [torch.zeros(3), torch.zeros(0, 4), torch.tensor([[1.0, math.nan]])])
def test_what_is_not_a_matrix_of_numbers_is_refused(wrong: torch.Tensor) -> None:
    with pytest.raises(InvalidInput):
        study(wrong, Mapping())
    with pytest.raises(InvalidInput):
        measure_errors(wrong, Mapping())
