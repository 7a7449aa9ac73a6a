"""Floating-point formats, bit by bit: how fp32, fp16, bf16 and the two fp8 formats store a number.

A format is a sign, some bits for the exponent and some for the fraction. Everything here follows from these two widths,
with exact fractions and one rounding (to the nearest, ties to the even one), and without torch or numpy, which the
tests compare it with. Sources: IEEE 754-2019 for fp32 and fp16; the “OCP 8-bit Floating Point Specification” (OFP8) for
E4M3 and E5M2, https://www.opencompute.org/documents/ocp-8-bit-floating-point-specification-ofp8-revision-1-0-2023-12-01-pdf-1.
"""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from models.errors import InvalidInput
from quantization.see.real_numbers import RealNumber

KINDS = ("zero", "subnormal", "normal", "infinity", "NaN")


@dataclass(frozen=True)
class FloatFormat:
    """A format by its widths in bits. One that is `finite_only` has no infinities and a single NaN, all ones.

    That is E4M3, in the variant that torch calls `float8_e4m3fn`: so it keeps numbers up to 448 instead of 240.
    """

    name: str
    exponent_bits: int
    fraction_bits: int
    finite_only: bool = False

    @property
    def bits(self) -> int:
        """All bits of a number, the sign included."""
        return 1 + self.exponent_bits + self.fraction_bits

    @property
    def bias(self) -> int:
        """What is subtracted from the exponent bits: 127 for fp32."""
        return (1 << (self.exponent_bits - 1)) - 1

    @property
    def lowest_power(self) -> int:
        """The power of two of the smallest normal numbers, and of all subnormal ones."""
        return 1 - self.bias

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return self.decode(self._largest_code)

    @property
    def smallest_normal(self) -> float:
        """Below it numbers lose digits, one bit at each halving."""
        return 2.0**self.lowest_power

    @property
    def smallest_subnormal(self) -> float:
        """The smallest number above 0."""
        return 2.0 ** (self.lowest_power - self.fraction_bits)

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number."""
        return 2.0**-self.fraction_bits

    @property
    def _largest_code(self) -> int:
        below = 2 if self.finite_only else 1 + (1 << self.fraction_bits)
        return (1 << (self.bits - 1)) - below

    @property
    def _infinity_code(self) -> int:
        return ((1 << self.exponent_bits) - 1) << self.fraction_bits

    @property
    def _nan_code(self) -> int:
        """All ones where that is the only NaN; else the quiet one that processors make."""
        if self.finite_only:
            return (1 << (self.bits - 1)) - 1
        return self._infinity_code | 1 << (self.fraction_bits - 1)

    def encode(self, number: RealNumber, saturating: bool = False) -> int:
        """The bits, as an unsigned integer, of the number nearest to `number`; the even one of two equally near.

        What is too large becomes infinity, or NaN in a format that has none. Where `saturating`, it becomes the largest
        number instead, infinity itself too, as OFP8 describes it for hardware.
        """
        sign = int(number.negative) << (self.bits - 1)
        if number.special == "nan":
            return sign | self._nan_code
        code = self._magnitude_code(number.magnitude) if number.special is None else self._largest_code + 1
        if code > self._largest_code:
            outside = self._nan_code if self.finite_only else self._infinity_code
            code = self._largest_code if saturating else outside
        return sign | code

    def _magnitude_code(self, magnitude: Fraction) -> int:
        """Exponent and fraction as one integer: rounding up past the last fraction carries into the exponent."""
        if magnitude == 0:
            return 0
        power = max(_power_of_two(magnitude), self.lowest_power)
        steps = round(magnitude / Fraction(2) ** (power - self.fraction_bits))  # Python rounds fractions ties to even
        return ((power - self.lowest_power) << self.fraction_bits) + steps

    def parts(self, code: int) -> tuple[int, int, int]:
        """Sign, exponent bits and fraction bits of a code, as integers. Raises InvalidInput for what is not a code."""
        if not 0 <= code < 2**self.bits:
            raise InvalidInput(f"{self.name} has {self.bits} bits: a code is from 0 to {2**self.bits - 1}.")
        exponent = code >> self.fraction_bits & 2**self.exponent_bits - 1
        return code >> (self.bits - 1), exponent, code & 2**self.fraction_bits - 1

    def kind(self, code: int) -> str:
        """What a code is, one of KINDS."""
        _, exponent, fraction = self.parts(code)
        if exponent == 0:
            return "subnormal" if fraction else "zero"
        if code & 2 ** (self.bits - 1) - 1 <= self._largest_code:
            return "normal"
        return "NaN" if self.finite_only or fraction else "infinity"

    def decode(self, code: int) -> float:
        """The number that a code stands for; a Python float holds each of them exactly."""
        sign, exponent, fraction = self.parts(code)
        kind = self.kind(code)
        if kind in ("infinity", "NaN"):
            size = math.inf if kind == "infinity" else math.nan
        else:
            hidden = 2**self.fraction_bits if exponent else 0
            size = math.ldexp(hidden + fraction, max(exponent, 1) - self.bias - self.fraction_bits)
        return -size if sign else size

    def spacing(self, value: float) -> float:
        """The distance from a finite number of this format to the next one away from 0, were there one."""
        if value == 0:
            return self.smallest_subnormal
        return 2.0 ** (max(math.frexp(value)[1] - 1, self.lowest_power) - self.fraction_bits)


FP32 = FloatFormat("fp32", 8, 23)
BF16 = FloatFormat("bf16", 8, 7)
FP16 = FloatFormat("fp16", 5, 10)
FP8_E4M3 = FloatFormat("fp8 E4M3", 4, 3, finite_only=True)
FP8_E5M2 = FloatFormat("fp8 E5M2", 5, 2)
FORMATS = (FP32, BF16, FP16, FP8_E4M3, FP8_E5M2)


@dataclass(frozen=True)
class StoredNumber:
    """What a format makes of a number.

    `value` is what is really stored; `absolute_error` and `relative_error` (to the number written) are None where one
    of the two is not finite, the relative one also for 0. `spacing` is the distance to the next number at that place.
    """

    format: FloatFormat
    code: int
    kind: str
    value: float
    overflowed: bool
    absolute_error: float | None
    relative_error: float | None
    spacing: float | None

    @property
    def bit_fields(self) -> tuple[str, str, str]:
        """Sign, exponent and fraction as zeros and ones, the highest bit first."""
        sign, exponent, fraction = self.format.parts(self.code)
        return str(sign), f"{exponent:0{self.format.exponent_bits}b}", f"{fraction:0{self.format.fraction_bits}b}"

    @property
    def exact(self) -> str:
        """All decimal digits of `value`."""
        return str(Decimal(self.value)).replace("E", "e")

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types; infinities and NaN, which JSON lacks, are texts."""
        sign, exponent, fraction = self.bit_fields
        return {
            "format": self.format.name,
            "sign": sign,
            "exponent": exponent,
            "fraction": fraction,
            "kind": self.kind,
            "value": self.value if math.isfinite(self.value) else str(self.value),
            "exact": self.exact,
            "overflowed": self.overflowed,
            "absolute_error": self.absolute_error,
            "relative_error": self.relative_error,
            "spacing": self.spacing,
            "largest": self.format.largest,
            "smallest_normal": self.format.smallest_normal,
            "smallest_subnormal": self.format.smallest_subnormal,
            "epsilon": self.format.epsilon,
        }


def store(number: RealNumber, form: FloatFormat, saturating: bool = False) -> StoredNumber:
    """What `form` makes of `number`; `saturating` as in `FloatFormat.encode`."""
    code = form.encode(number, saturating)
    value = form.decode(code)
    absolute, relative = errors(number, value)
    return StoredNumber(
        format=form,
        code=code,
        kind=form.kind(code),
        value=value,
        overflowed=number.special is None and form._magnitude_code(number.magnitude) > form._largest_code,
        absolute_error=absolute,
        relative_error=relative,
        spacing=form.spacing(value) if math.isfinite(value) else None,
    )


def errors(number: RealNumber, stored: float | Fraction) -> tuple[float | None, float | None]:
    """How far `stored` is from `number`: absolute, and relative to it; computed exactly, then rounded once."""
    if number.exact is None or not math.isfinite(stored):
        return None, None
    difference = abs(Fraction(stored) - number.exact)
    return float(difference), float(difference / number.magnitude) if number.magnitude else None


def _power_of_two(magnitude: Fraction) -> int:
    """The largest power of two that is not above a positive fraction."""
    power = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    return power - (magnitude < Fraction(2) ** power)
