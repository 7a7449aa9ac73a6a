"""What must hold for every mapping, and calculations by hand. In int8/test_quantize, the recipes' codes are torch's."""

import numpy as np
import pytest
import torch

from models.errors import InvalidInput
from quantization.mapping import GRANULARITIES, SMALLEST_SCALE, Codes, Mapping

GROUP = 16
SHAPE = (6, 50)  # the last group of each channel is not full
MAPPINGS = [
    Mapping(bits, symmetric, granularity, GROUP, clipping)
    for bits in range(2, 9)
    for symmetric in (True, False)
    for granularity in GRANULARITIES
    for clipping in (80.0, 100.0)
]


def named(mapping: Mapping) -> str:
    kind = "symmetric" if mapping.symmetric else "affine"
    return f"{mapping.bits} bits, {kind}, {mapping.granularity}, {mapping.clipping:g} %"


def for_each_weight(values: torch.Tensor, granularity: str) -> np.ndarray:
    """A scale or zero point for each block, repeated for every weight of it."""
    found = values.double().numpy()
    if granularity == "group":
        return found.reshape(SHAPE[0], -1).repeat(GROUP, axis=1)[:, : SHAPE[1]]
    return np.broadcast_to(found.reshape(-1, 1), SHAPE)


@pytest.mark.parametrize("offset", [0.0, 3.0], ids=["centred", "all-positive"])
@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_the_error_is_half_a_step_within_the_range_and_beyond_it_the_end_is_stored(
    mapping: Mapping, offset: float
) -> None:
    weights = torch.randn(SHAPE, generator=torch.Generator().manual_seed(mapping.bits)) + offset
    codes = mapping.quantize(weights)
    real, stored = weights.double().numpy(), codes.dequantize().double().numpy()
    scales = for_each_weight(codes.scales, mapping.granularity)
    zero_points = for_each_weight(codes.zero_points, mapping.granularity)
    lowest, highest = scales * (mapping.lowest - zero_points), scales * (mapping.highest - zero_points)
    inside = (real >= lowest) & (real <= highest)
    assert inside.any()
    assert (np.abs(real - stored) <= (0.5 + 1e-5) * scales)[inside].all()
    assert np.allclose(stored[~inside], np.where(real < lowest, lowest, highest)[~inside], rtol=1e-6)


@pytest.mark.parametrize("mapping", MAPPINGS, ids=named)
def test_codes_stay_in_their_bits_and_zero_stays_zero(mapping: Mapping) -> None:
    weights = torch.randn(SHAPE, generator=torch.Generator().manual_seed(1)) + 0.5
    weights[:, ::7] = 0
    codes = mapping.quantize(weights)
    assert mapping.lowest <= codes.codes.min() <= codes.codes.max() <= mapping.highest
    assert (codes.dequantize()[:, ::7] == 0).all()


def test_an_affine_mapping_by_hand() -> None:
    """2 bits, −0.5 to 1: scale 1.5 / 3 = 0.5, zero point −2 + 1 = −1; 0.6 → 1.2 → code 0 → 0.5."""
    found = Mapping(2, symmetric=False, granularity="tensor").quantize(torch.tensor([[-0.5, 0.0, 0.6, 1.0]]))
    assert found.scales.tolist() == [0.5]
    assert found.zero_points.tolist() == [-1]
    assert found.codes.tolist() == [[-2, -1, 0, 1]]
    assert found.dequantize().tolist() == [[-0.5, 0.0, 0.5, 1.0]]


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_block_of_zeros_needs_no_scale(symmetric: bool) -> None:
    found = Mapping(4, symmetric).quantize(torch.zeros(3, 5))
    assert found.scales.tolist() == [SMALLEST_SCALE] * 3
    assert not found.dequantize().any()


def test_the_zeros_that_fill_up_a_group_are_no_weights_to_clip_by() -> None:
    """Groups of 8 in channels of 10: half of the first reaches to 4, and half of the second, 9 and 10, to 9."""
    found = Mapping(8, granularity="group", group_size=8, clipping=50).quantize(torch.arange(1.0, 11)[None])
    assert found.scales.tolist() == pytest.approx([2 * 4 / 255, 2 * 9 / 255])


def test_a_group_larger_than_a_channel_is_the_channel() -> None:
    weights = torch.randn(3, 5)
    group, channel = Mapping(4, granularity="group", group_size=10**30).quantize(weights), Mapping(4).quantize(weights)
    assert group.dequantize().tolist() == channel.dequantize().tolist()
    assert group.stored_bytes == channel.stored_bytes


def test_stored_bytes_by_hand() -> None:
    """3 bits for 300 weights are 113 bytes; a scale of 4 bytes, and a zero point of one, for each of 24 groups."""
    weights = torch.ones(SHAPE)
    assert Mapping(3, True, "group", GROUP).quantize(weights).stored_bytes == 113 + 24 * 4
    assert Mapping(3, False, "group", GROUP).quantize(weights).stored_bytes == 113 + 24 * 5


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"bits": 1}, "Choose 2 to 8"),
        ({"bits": 9}, "Choose 2 to 8"),
        ({"granularity": "row"}, "tensor, channel, group"),
        ({"group_size": 0}, "at least one weight"),
        ({"clipping": 49.9}, "between 50 and 100"),
        ({"clipping": float("nan")}, "between 50 and 100"),
    ],
)
def test_choices_out_of_range_are_refused(choice: dict, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Mapping(**choice)


def test_codes_can_be_turned_back_without_the_weights() -> None:
    codes = Codes(Mapping(), torch.tensor([[1, -2]], dtype=torch.int8), torch.tensor([0.5]), torch.tensor([0]))
    assert codes.dequantize().tolist() == [[0.5, -1.0]]


def test_the_examples_of_the_docstrings_hold() -> None:
    weights = torch.tensor([[-0.5, 0.0, 1.5]])
    symmetric, affine = Mapping(2).quantize(weights), Mapping(2, symmetric=False).quantize(weights)
    assert (symmetric.codes.tolist(), symmetric.scales.tolist()) == ([[0, 0, 1]], [1.0])
    assert (affine.codes.tolist(), affine.zero_points.tolist()) == ([[-2, -1, 1]], [-1])
    grouped = Mapping(granularity="group", group_size=4)
    blocks = grouped._blocks(torch.arange(1.0, 11).reshape(2, 5))
    assert blocks.tolist() == [[1, 2, 3, 4], [5, 0, 0, 0], [6, 7, 8, 9], [10, 0, 0, 0]]
    assert grouped._matrix(blocks, (2, 5)).tolist() == torch.arange(1.0, 11).reshape(2, 5).tolist()


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_the_step_of_a_weight_is_the_scale_of_its_block(granularity: str) -> None:
    codes = Mapping(4, granularity=granularity, group_size=GROUP).quantize(torch.randn(SHAPE))
    assert (codes.steps.double().numpy() == for_each_weight(codes.scales, granularity)).all()
