"""One number as an int8 code and as an NF4 level: formats that mean nothing without a scale beside them.

The int8 code is that of `quantization.mapping`, with a scale and a zero point that the reader chooses. The NF4 levels
are those of QLoRA (Dettmers et al. 2023, https://arxiv.org/abs/2305.14314, appendix E), as bitsandbytes has them.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from models.errors import InvalidInput
from quantization.mapping import Mapping
from quantization.see.number_formats import errors
from quantization.see.real_numbers import RealNumber

INT8 = Mapping(bits=8, symmetric=False)
SMALLEST_SCALE, LARGEST_SCALE = 1e-30, 1e30

# Quantiles of a normal distribution, scaled to −1 … 1, with an exact 0; fp32 values.
NF4_LEVELS = (
    -1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
    -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
    0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0,
)  # fmt: skip


@dataclass(frozen=True)
class StoredCode:
    """What an integer format makes of a number.

    `code` is the integer, None for NaN, which neither format has; `unclamped` the one that would be needed, where that
    is finite. `value` is what the code stands for; the errors are None where there is nothing to compare.
    """

    format: str
    bits: int
    code: int | None
    unclamped: int | None
    value: float | None
    clamped: bool
    absolute_error: float | None
    relative_error: float | None

    @property
    def bit_field(self) -> str:
        """The code as zeros and ones, the highest bit first; negative ones in two's complement."""
        return "" if self.code is None else f"{self.code % 2**self.bits:0{self.bits}b}"

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        names = ("format", "code", "unclamped", "value", "clamped", "absolute_error", "relative_error")
        return {name: getattr(self, name) for name in names} | {"bits": self.bit_field}


def int8_code(number: RealNumber, scale: float, zero_point: int) -> StoredCode:
    """The code of a number: `round(number / scale) + zero point`, cut to −128 … 127.

    Raises:
        InvalidInput: the scale is not within its limits, or the zero point is not an int8 code.
    """
    _require_scale("The scale", scale)
    if not INT8.lowest <= zero_point <= INT8.highest:
        raise InvalidInput(f"The zero point is a code itself: choose {INT8.lowest} to {INT8.highest}.")
    if number.special == "nan":
        return StoredCode("int8", 8, None, None, None, False, None, None)
    step = Fraction(repr(scale))  # 0.05 as it is written, not the float beneath it
    unclamped = None if number.exact is None else round(number.exact / step) + zero_point
    end = INT8.lowest if number.negative else INT8.highest
    code = end if unclamped is None else min(max(unclamped, INT8.lowest), INT8.highest)
    value = step * (code - zero_point)
    return StoredCode("int8", 8, code, unclamped, float(value), code != unclamped, *errors(number, value))


def nf4_level(number: RealNumber, absmax: float) -> StoredCode:
    """The level of a number in a block whose largest absolute weight is `absmax`; its code is the level's number, 0–15.

    The lower of two equally near levels is taken, as bitsandbytes does. A number beyond `absmax` cannot occur in
    such a block; it is cut to the last level.

    Raises:
        InvalidInput: absmax is not within the limits of a scale.
    """
    _require_scale("The largest weight of the block", absmax)
    if number.special == "nan":
        return StoredCode("NF4", 4, None, None, None, False, None, None)
    largest = Fraction(repr(absmax))
    outside = number.exact is None or number.magnitude > largest
    if number.exact is None or outside:
        code = 0 if number.negative else len(NF4_LEVELS) - 1
    else:
        wanted = number.exact / largest
        code = min(range(len(NF4_LEVELS)), key=lambda level: abs(Fraction(NF4_LEVELS[level]) - wanted))
    value = Fraction(NF4_LEVELS[code]) * largest
    return StoredCode("NF4", 4, code, None if outside else code, float(value), outside, *errors(number, value))


def _require_scale(what: str, value: float) -> None:
    if not (math.isfinite(value) and SMALLEST_SCALE <= value <= LARGEST_SCALE):
        raise InvalidInput(f"{what} must be a number from {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}, not {value}.")
