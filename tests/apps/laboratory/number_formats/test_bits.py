"""The bits of a stored number as cells, and its error in words."""

import pytest

from apps.laboratory.number_formats.bits import error_text, float_row, reading, weights
from quantization.see.number_codes import int8_code
from quantization.see.number_formats import FP16, FP32, store
from quantization.see.real_numbers import read_number


def test_each_bit_says_what_it_adds() -> None:
    (sign,), exponent, fraction = weights(FP16, "normal")
    assert sign == "sign bit: 1 is minus"
    assert exponent == [f"exponent bit: adds {value}" for value in (16, 8, 4, 2, 1)]
    assert fraction[0] == "fraction bit: adds 1/2 to the 1 in front"
    assert weights(FP16, "subnormal")[2][-1] == "fraction bit: adds 1/1,024 to the 0 in front"


def test_a_row_shows_all_bits_and_what_they_mean() -> None:
    row = float_row(store(read_number("-0.1"), FP16))
    assert row.count('title="fraction bit') == 10
    assert 'aria-label="bits 1 01011 1001100110"' in row
    assert "−1.599609375 × 2⁻⁴ = " in row
    assert ">−0.0999755859375</b>" in row


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0.5", "exact"),
        ("1e-8", "<b>underflow</b>: rounded to zero"),
        ("1e9", "<b>overflow</b>: the largest is 65504"),
        ("nan", "<i>NaN</i>"),
        ("1e-5", "<i>subnormal</i>"),
        ("inf", "<i>infinity</i>"),
    ],
)
def test_what_happened_is_said(text: str, words: str) -> None:
    assert words in reading(store(read_number(text), FP16))


def test_errors_in_words() -> None:
    assert error_text(store(read_number("0"), FP32)) == "exact"
    assert error_text(store(read_number("inf"), FP32)) == ""
    assert error_text(int8_code(read_number("0.56"), 0.5, 0)) == "error 0.06 (10.7 %)"
    assert error_text(int8_code(read_number("50.5"), 1.0, 0)) == "error 0.5 (0.99 %)"
    assert error_text(int8_code(read_number("0.1"), 1.0, 0)) == "error 0.1 (100 %)"
