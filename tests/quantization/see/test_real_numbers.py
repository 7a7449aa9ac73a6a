"""What counts as a number, and that it is kept exactly."""

import math
import random
from fractions import Fraction

import pytest

from models.errors import InvalidInput
from quantization.see.real_numbers import RealNumber, read_number


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("0.1", Fraction(1, 10)),
        ("0,1", Fraction(1, 10)),
        (" −2,5 ", Fraction(-5, 2)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("+7", Fraction(7)),
        ("1e-8", Fraction(1, 10**8)),
        ("1,5E3", Fraction(1500)),
        ("1/3", Fraction(1, 3)),
        ("-22/7", Fraction(-22, 7)),
        ("65520", Fraction(65520)),
        ("0e999999999999", Fraction(0)),
    ],
)
def test_a_number_is_read_exactly(text: str, exact: Fraction) -> None:
    assert read_number(text).exact == exact


def test_zero_keeps_its_sign() -> None:
    assert (read_number("-0").negative, read_number("0").negative, read_number("-0.0").negative) == (True, False, True)
    assert math.copysign(1, float(read_number("-0"))) == -1


@pytest.mark.parametrize("text", ["inf", "Infinity", "∞", "+inf"])
def test_infinity(text: str) -> None:
    assert read_number(text) == RealNumber(False, special="infinity")
    assert float(read_number("-" + text.lstrip("+"))) == -math.inf


def test_nan() -> None:
    assert math.isnan(float(read_number("NaN")))
    assert read_number("nan").exact is None


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_asked_for(text: str) -> None:
    with pytest.raises(InvalidInput, match="There is no number"):
        read_number(text)


@pytest.mark.parametrize(
    "text", ["abc", "0x10", "1e", "--1", "1 2", "1/2/3", "1/2e3", "e5", ".", ",", "++inf", "٣", "1e1.5", "$x$"]
)
def test_what_is_no_number_gets_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="Write one like"):
        read_number(text)


@pytest.mark.parametrize("text", ["1,234.5", "1.234,5", "1.234.567", "65 520", "1'000", "1_000"])
def test_separators_of_thousands_are_refused_because_they_could_mean_two_things(text: str) -> None:
    with pytest.raises(InvalidInput, match="separates the thousands"):
        read_number(text)


@pytest.mark.parametrize("text", ["1e301", "1e-301", "1e999999999999", "9" * 90 + "e250", "-1e400"])
def test_numbers_out_of_range_are_refused_at_once(text: str) -> None:
    with pytest.raises(InvalidInput, match="1e-300 to 1e300"):
        read_number(text)


def test_a_fraction_of_nothing() -> None:
    with pytest.raises(InvalidInput, match="divided by 0"):
        read_number("1/0")


def test_an_endless_text_is_shortened_in_the_message() -> None:
    with pytest.raises(InvalidInput, match="at most 100 characters") as refused:
        read_number("1" * 100_000)
    assert len(str(refused.value)) < 200


def test_a_float_is_taken_exactly() -> None:
    random.seed(0)
    for value in [0.1, -2.5, 1e-300, *(random.uniform(-1, 1) * 2.0 ** random.randint(-300, 300) for _ in range(500))]:
        assert float(RealNumber.of(value)) == value
        assert RealNumber.of(value).exact == Fraction(value)
    assert RealNumber.of(-0.0) == RealNumber(True)
    assert RealNumber.of(-math.inf) == RealNumber(True, special="infinity")
    assert RealNumber.of(math.nan).special == "nan"
