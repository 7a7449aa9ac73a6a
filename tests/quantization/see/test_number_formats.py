"""Bits, values and rounding of the formats against numpy and torch, which share no line with them."""

import json
import math
import random
from fractions import Fraction

import numpy as np
import pytest
import torch

from models.errors import InvalidInput
from quantization.see.number_formats import BF16, FORMATS, FP8_E4M3, FP8_E5M2, FP16, FP32, KINDS, FloatFormat, store
from quantization.see.real_numbers import RealNumber, read_number

DTYPES = {
    "fp32": (torch.float32, torch.int32),
    "bf16": (torch.bfloat16, torch.int16),
    "fp16": (torch.float16, torch.int16),
    "fp8 E4M3": (torch.float8_e4m3fn, torch.uint8),
    "fp8 E5M2": (torch.float8_e5m2, torch.uint8),
}
SMALL = [form for form in FORMATS if form.bits <= 16]


def named(form: FloatFormat) -> str:
    return form.name


def torch_values(form: FloatFormat, codes: torch.Tensor) -> list[float]:
    dtype, integers = DTYPES[form.name]
    return codes.to(integers).view(dtype).float().tolist()


def torch_codes(form: FloatFormat, values: list[float]) -> list[int]:
    dtype, integers = DTYPES[form.name]
    return [code % 2**form.bits for code in torch.tensor(values, dtype=torch.float32).to(dtype).view(integers).tolist()]


def same(one: float, other: float) -> bool:
    """Equal with its sign, NaN equal to NaN."""
    if math.isnan(one) or math.isnan(other):
        return math.isnan(one) and math.isnan(other)
    return one == other and math.copysign(1, one) == math.copysign(1, other)


def float32_samples(form: FloatFormat, count: int = 3000) -> list[float]:
    """Random fp32 numbers over the whole range of `form`, midpoints between its neighbours, and both sides of those."""
    random.seed(1)
    low, high = math.log2(form.smallest_subnormal) - 2, math.log2(form.largest)
    spread = [random.choice((-1, 1)) * 2.0 ** random.uniform(low, high) for _ in range(count)]
    middles = []
    for _ in range(count if form.bits < 32 else 0):
        code = random.randrange(form._largest_code)
        middle = np.float32((form.decode(code) + form.decode(code + 1)) / 2)
        middles += [middle, np.nextafter(middle, np.float32(0)), np.nextafter(middle, np.float32(np.inf))]
    return [float(np.float32(value)) for value in (*spread, *middles)]


@pytest.mark.parametrize("form", SMALL, ids=named)
def test_every_code_stands_for_what_torch_says(form: FloatFormat) -> None:
    expected = torch_values(form, torch.arange(2**form.bits))
    assert all(same(form.decode(code), expected[code]) for code in range(2**form.bits))


def test_every_code_of_fp16_stands_for_what_numpy_says() -> None:
    expected = np.arange(2**16, dtype=np.uint16).view(np.float16)
    assert all(same(FP16.decode(code), float(expected[code])) for code in range(2**16))


def test_codes_of_fp32_stand_for_what_numpy_says() -> None:
    codes = np.random.default_rng(0).integers(0, 2**32, 20_000, dtype=np.uint32)
    edges = np.array([0, 1, 2**23 - 1, 2**23, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000], dtype=np.uint32)
    codes = np.concatenate([codes, edges, edges + np.uint32(2**31)])
    assert all(
        same(FP32.decode(int(code)), value) for code, value in zip(codes, codes.view(np.float32).tolist(), strict=True)
    )


@pytest.mark.parametrize("form", SMALL, ids=named)
def test_every_stored_number_is_stored_as_itself(form: FloatFormat) -> None:
    for code in range(2**form.bits):
        stored = form.decode(code)
        if form.kind(code) != "NaN":  # of those there are many codes, and one is made
            assert form.encode(RealNumber.of(stored)) == code


@pytest.mark.parametrize("form", SMALL, ids=named)
def test_the_kind_of_every_code(form: FloatFormat) -> None:
    for code in range(2**form.bits):
        size, kind = abs(form.decode(code)), form.kind(code)
        assert kind in KINDS
        expected = (
            "NaN" if math.isnan(size) else
            "infinity" if math.isinf(size) else
            "zero" if size == 0 else
            "subnormal" if size < form.smallest_normal else
            "normal"
        )  # fmt: skip
        assert kind == expected


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_numbers_are_rounded_as_torch_rounds_them(form: FloatFormat) -> None:
    values = [value for value in float32_samples(form) if abs(value) <= form.largest]
    codes = torch_codes(form, values)
    assert [form.encode(RealNumber.of(value)) for value in values] == codes


def test_fp16_rounds_as_numpy_rounds_doubles() -> None:
    random.seed(2)
    values = [random.choice((-1, 1)) * 2.0 ** random.uniform(-27, 17) for _ in range(5000)]
    with np.errstate(over="ignore"):
        expected = np.array(values).astype(np.float16).view(np.uint16).tolist()
    assert [FP16.encode(RealNumber.of(value)) for value in values] == expected


@pytest.mark.parametrize("form", [FP16, FP8_E5M2, BF16, FP32], ids=named)
def test_overflow_becomes_infinity_where_numpy_and_torch_say_so(form: FloatFormat) -> None:
    step = form.spacing(form.largest)
    halfway = Fraction(form.largest) + Fraction(step) / 2
    below = RealNumber(False, halfway - Fraction(1, 10**30))
    assert store(below, form).value == form.largest
    assert store(RealNumber(False, halfway), form).value == math.inf  # the even neighbour would be the next power
    assert store(RealNumber(True, halfway), form).overflowed
    assert store(RealNumber(True, halfway), form, saturating=True).value == -form.largest
    if form.bits < 32:
        assert torch.tensor(float(halfway)).to(DTYPES[form.name][0]).isinf()


def test_65520_is_the_first_number_that_fp16_loses() -> None:
    assert [store(read_number(text), FP16).value for text in ("65519.99", "65520")] == [65504.0, math.inf]


def test_e4m3_has_no_infinity_and_464_is_the_last_number_it_keeps() -> None:
    assert store(read_number("464"), FP8_E4M3).value == 448.0  # halfway, and 448 is the even one
    for text in ("464.0000001", "1e9", "inf", "-inf"):
        lost = store(read_number(text), FP8_E4M3)
        assert (lost.kind, math.isnan(lost.value)) == ("NaN", True)
        kept = store(read_number(text), FP8_E4M3, saturating=True)
        assert abs(kept.value) == 448.0


@pytest.mark.parametrize("value", [464.0, 464.1, 480.0, 1e9, math.inf, -math.inf, -500.0])
def test_torch_saturates_e4m3_as_the_saturating_conversion_does(value: float) -> None:
    (expected,) = torch_codes(FP8_E4M3, [value])
    assert FP8_E4M3.encode(RealNumber.of(value), saturating=True) == expected


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_saturating_changes_nothing_within_the_range_and_keeps_nan(form: FloatFormat) -> None:
    for value in float32_samples(form, 200):
        if abs(value) <= form.largest:
            assert form.encode(RealNumber.of(value), saturating=True) == form.encode(RealNumber.of(value))
    assert form.kind(form.encode(read_number("nan"), saturating=True)) == "NaN"


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_special_numbers(form: FloatFormat) -> None:
    assert store(read_number("-0"), form).bit_fields[0] == "1"
    assert same(store(read_number("-0"), form).value, -0.0)
    assert store(read_number("-0"), form).kind == "zero"
    assert store(read_number("nan"), form).kind == "NaN"
    assert store(read_number("inf"), form).kind == ("NaN" if form.finite_only else "infinity")
    assert not store(read_number("inf"), form).overflowed
    assert store(RealNumber(True, special="infinity"), form).bit_fields[0] == "1"


@pytest.mark.parametrize("form", [FP32, BF16, FP16, FP8_E5M2], ids=named)
def test_nan_is_the_quiet_one_that_torch_makes(form: FloatFormat) -> None:
    assert form.kind(torch_codes(form, [math.nan])[0]) == "NaN"
    assert form.encode(read_number("nan")) >> (form.fraction_bits - 1) & 1 == 1


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_range_and_epsilon_are_those_of_torch(form: FloatFormat) -> None:
    facts = torch.finfo(DTYPES[form.name][0])
    assert (form.largest, form.smallest_normal, form.epsilon) == (facts.max, facts.smallest_normal, facts.eps)
    assert form.smallest_subnormal == facts.smallest_normal * facts.eps
    assert form.bits == facts.bits


@pytest.mark.parametrize("form", SMALL, ids=named)
def test_spacing_is_the_distance_to_the_next_code(form: FloatFormat) -> None:
    values = [form.decode(code) for code in range(form._largest_code + 1)]
    assert all(form.spacing(values[place]) == values[place + 1] - values[place] for place in range(len(values) - 1))
    assert form.spacing(-values[5]) == form.spacing(values[5])


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_the_error_is_at_most_half_a_step_and_no_neighbour_is_nearer(form: FloatFormat) -> None:
    random.seed(3)
    for _ in range(500):
        size = Fraction(random.randrange(1, 10**12), 10**12) * Fraction(form.largest)
        exact = RealNumber(random.random() < 0.5, size / 10 ** random.randrange(8))
        stored = store(exact, form)
        assert stored.absolute_error <= stored.spacing / 2
        for neighbour in (stored.code - 1, stored.code + 1):
            if form.kind(neighbour % 2**form.bits) in ("normal", "subnormal", "zero"):
                other = abs(Fraction(form.decode(neighbour % 2**form.bits)) - exact.exact)
                assert abs(Fraction(stored.value) - exact.exact) <= other


def test_nothing_is_rounded_twice() -> None:
    """1 + 2^-11 + 2^-40 rounds up in fp16; through fp32 it would first lose the 2^-40, then be a tie and round down."""
    number = RealNumber(False, 1 + Fraction(1, 2**11) + Fraction(1, 2**40))
    assert store(number, FP16).value == 1 + 2**-10
    assert np.float16(np.float32(float(number.magnitude))) == 1.0


def test_a_hand_calculation() -> None:
    """0.1 = 1.6 × 2^-4: exponent 15 − 4 = 11, fraction 0.6 × 1024 = 614.4 → 614."""
    stored = store(read_number("0.1"), FP16)
    assert stored.bit_fields == ("0", "01011", f"{614:010b}")
    assert stored.value == (1024 + 614) / 1024 / 16
    assert stored.absolute_error == pytest.approx(0.1 - stored.value)
    assert stored.relative_error == pytest.approx((0.1 - stored.value) / 0.1)
    assert stored.exact == "0.0999755859375"
    assert stored.spacing == 2**-14


def test_errors_exist_only_between_finite_numbers() -> None:
    assert store(read_number("nan"), FP16).absolute_error is None
    assert store(read_number("1e9"), FP16).absolute_error is None
    assert store(read_number("0"), FP16).absolute_error == 0
    assert store(read_number("0"), FP16).relative_error is None
    assert store(read_number("1e-8"), FP16).relative_error == 1  # it became 0


@pytest.mark.parametrize("form", FORMATS, ids=named)
def test_bit_fields_have_the_widths_of_the_format_and_make_its_code(form: FloatFormat) -> None:
    stored = store(read_number("-2.75"), form)
    assert [len(field) for field in stored.bit_fields] == [1, form.exponent_bits, form.fraction_bits]
    assert int("".join(stored.bit_fields), 2) == stored.code


@pytest.mark.parametrize("code", [-1, 256])
def test_a_code_of_another_width_is_refused(code: int) -> None:
    with pytest.raises(InvalidInput, match="from 0 to 255"):
        FP8_E5M2.decode(code)


@pytest.mark.parametrize("text", ["0.1", "-0", "nan", "inf", "1e300", "1e-300", "1/3"])
def test_as_dict_is_strict_json(text: str) -> None:
    for form in FORMATS:
        json.dumps(store(read_number(text), form).as_dict(), allow_nan=False)
