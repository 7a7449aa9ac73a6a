"""int8 codes against torch's own quantization, NF4 levels against bitsandbytes."""

import json
import math
import random

import pytest
import torch

from models.errors import InvalidInput
from quantization.mapping import Mapping
from quantization.see.number_codes import NF4_LEVELS, int8_code, nf4_level
from quantization.see.real_numbers import RealNumber, read_number


def test_int8_codes_are_those_of_torch() -> None:
    random.seed(0)
    for _ in range(300):
        scale, zero_point = 2.0 ** random.randint(-8, 3), random.randint(-128, 127)  # exact in fp32, which torch uses
        value = random.randint(-4000, 4000) / 256
        expected = torch.fake_quantize_per_tensor_affine(torch.tensor(value), scale, zero_point, -128, 127).item()
        assert int8_code(RealNumber.of(value), scale, zero_point).value == expected


def test_int8_codes_are_those_of_the_mapping() -> None:
    torch.manual_seed(0)
    weights = torch.randn(1, 200)  # none of them halfway between two codes, where fp32 decides by its own rounding
    codes = Mapping(bits=8, symmetric=False, granularity="tensor").quantize(weights)
    scale, zero_point = codes.scales.item(), codes.zero_points.item()
    found = [int8_code(RealNumber.of(value), scale, zero_point).code for value in weights[0].tolist()]
    assert found == codes.codes[0].tolist()


def test_a_code_by_hand() -> None:
    stored = int8_code(read_number("0.1"), 0.03, -5)
    assert (stored.code, stored.clamped) == (-2, False)  # 0.1 / 0.03 = 3.33 → 3, and 3 − 5 = −2
    assert stored.value == pytest.approx(0.09)
    assert stored.absolute_error == pytest.approx(0.01)
    assert stored.relative_error == pytest.approx(0.1)
    assert stored.bit_field == "11111110"


def test_what_is_out_of_range_is_clamped_to_its_end() -> None:
    high, low = int8_code(read_number("300"), 1.0, 0), int8_code(read_number("-300"), 1.0, 0)
    assert (high.code, high.unclamped, high.clamped) == (127, 300, True)
    assert (low.code, low.unclamped, low.clamped) == (-128, -300, True)
    assert int8_code(read_number("127.5"), 1.0, 0).code == 127  # 128 after rounding to even
    assert int8_code(read_number("-128.5"), 1.0, 0).clamped is False


def test_infinity_is_clamped_and_nan_has_no_code() -> None:
    assert int8_code(read_number("inf"), 1.0, 0).code == 127
    assert int8_code(read_number("-inf"), 1.0, 0).code == -128
    for stored in (int8_code(read_number("nan"), 1.0, 0), nf4_level(read_number("nan"), 1.0)):
        assert (stored.code, stored.value, stored.bit_field) == (None, None, "")


@pytest.mark.parametrize("scale", [0.0, -1.0, math.nan, math.inf, 1e-31, 1e31])
def test_a_scale_must_be_a_sensible_number(scale: float) -> None:
    with pytest.raises(InvalidInput, match="The scale must be"):
        int8_code(read_number("1"), scale, 0)
    with pytest.raises(InvalidInput, match="largest weight of the block"):
        nf4_level(read_number("1"), scale)


@pytest.mark.parametrize("zero_point", [-129, 128])
def test_a_zero_point_is_a_code(zero_point: int) -> None:
    with pytest.raises(InvalidInput, match="choose -128 to 127"):
        int8_code(read_number("1"), 1.0, zero_point)


def test_the_levels_are_those_of_bitsandbytes() -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    assert functional.get_4bit_type("nf4", device="cpu").tolist() == list(NF4_LEVELS)


def test_numbers_get_the_level_that_bitsandbytes_gives_them() -> None:
    functional = pytest.importorskip("bitsandbytes.functional")
    torch.manual_seed(0)
    weights = torch.randn(64)
    packed, state = functional.quantize_4bit(weights, blocksize=64, quant_type="nf4")
    codes = [half for byte in packed.flatten().tolist() for half in (byte >> 4, byte & 15)]
    absmax = state.absmax.item()
    found = [nf4_level(RealNumber.of(value), absmax) for value in weights.tolist()]
    assert [stored.code for stored in found] == codes
    expected = functional.dequantize_4bit(packed, state).flatten().tolist()
    assert [stored.value for stored in found] == pytest.approx(expected)


def test_beyond_absmax_is_the_last_level() -> None:
    assert (nf4_level(read_number("3"), 2.0).value, nf4_level(read_number("3"), 2.0).clamped) == (2.0, True)
    assert nf4_level(read_number("-inf"), 2.0).value == -2.0
    assert nf4_level(read_number("2"), 2.0).clamped is False


def test_of_two_equally_near_levels_the_lower_one() -> None:
    middle = (NF4_LEVELS[7] + NF4_LEVELS[8]) / 2
    assert nf4_level(RealNumber.of(middle), 1.0).code == 7


@pytest.mark.parametrize("text", ["0.1", "-0", "nan", "inf", "1e300", "1e-300"])
def test_as_dict_is_strict_json(text: str) -> None:
    json.dumps(int8_code(read_number(text), 0.05, 3).as_dict(), allow_nan=False)
    json.dumps(nf4_level(read_number(text), 0.05).as_dict(), allow_nan=False)
