"""A number as a person writes it, kept exactly: 0.1 is one tenth here, not the float nearest to it.

A text that went through Python's own floats first could be rounded twice on its way to a smaller format, and the second
rounding can go the wrong way. Fractions are rounded once.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

from models.errors import InvalidInput

MOST_CHARACTERS = 100
# Wider than any format here, and within Python's floats, which charts and errors are drawn from.
SMALLEST, LARGEST = Fraction(1, 10**300), Fraction(10**300)
_MOST_EXPONENT = 400

_WRITTEN = re.compile(r"([+-]?)(?:(\d+)/(\d+)|(\d+[.,]?\d*|[.,]\d+)(?:e([+-]?\d+))?)", re.ASCII | re.IGNORECASE)
_SPECIAL = {"inf": "infinity", "infinity": "infinity", "∞": "infinity", "nan": "nan"}


@dataclass(frozen=True)
class RealNumber:
    """A sign and a magnitude: an exact fraction of 0 or more, or a `special` one, “infinity” or “nan”.

    The sign stands by itself, because −0 is another number than 0 in every floating-point format.
    """

    negative: bool
    magnitude: Fraction = Fraction(0)
    special: str | None = None

    @classmethod
    def of(cls, value: float) -> "RealNumber":
        """The exact number that a Python float stands for."""
        negative = math.copysign(1, value) < 0
        if math.isfinite(value):
            return cls(negative, abs(Fraction(value)))
        return cls(negative, special="nan" if math.isnan(value) else "infinity")

    @property
    def exact(self) -> Fraction | None:
        """With its sign; None for infinity and NaN."""
        if self.special is not None:
            return None
        return -self.magnitude if self.negative else self.magnitude

    def __float__(self) -> float:
        """The nearest Python float, −0 included; for drawing, never for rounding on."""
        size = {"infinity": math.inf, "nan": math.nan}.get(self.special or "", float(self.magnitude))
        return -size if self.negative else size


def read_number(text: str) -> RealNumber:
    """The number in a text: 0.1, 0,1 (one comma is a decimal comma), 1e-8, 1/3, -0, inf, nan.

    Raises:
        InvalidInput: it is none of these, or not within 1e-300 and 1e300.
    """
    written = text.strip().replace("−", "-")
    if not written:
        raise InvalidInput("There is no number. Write one, for instance 0.1 or 1e-8.")
    bare = written.lstrip("+-").lower()
    if bare in _SPECIAL and len(written) - len(bare) <= 1:
        return RealNumber(written.startswith("-"), special=_SPECIAL[bare])
    match = _WRITTEN.fullmatch(written) if len(written) <= MOST_CHARACTERS else None
    if match is None:
        raise InvalidInput(f"“{_shortened(written)}” is not a number that can be read here. {_advice(written)}")
    return RealNumber(match[1] == "-", _magnitude(match))


def _magnitude(match: re.Match[str]) -> Fraction:
    numerator, denominator, decimal, exponent = match.groups()[1:]
    if numerator is not None:
        if int(denominator) == 0:
            raise InvalidInput("Nothing can be divided by 0. Write inf for infinity.")
        size = Fraction(int(numerator), int(denominator))
    else:
        size = Fraction(decimal.replace(",", "."))
        if size and abs(int(exponent or 0)) > _MOST_EXPONENT:  # 10 to that power would fill the memory
            raise _out_of_range()
        size *= Fraction(10) ** int(exponent or 0) if size else 1
    if size and not SMALLEST <= size <= LARGEST:
        raise _out_of_range()
    return size


def _out_of_range() -> InvalidInput:
    return InvalidInput("This number is too large or too small to be shown. Write one from 1e-300 to 1e300, or inf.")


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _advice(text: str) -> str:
    if len(text) > MOST_CHARACTERS:
        return f"Write at most {MOST_CHARACTERS} characters."
    if re.search(r"\d[\s.,_'’]\d{3}", text) and re.fullmatch(r"[-+\d\s.,_'’]+", text):
        return "Leave out what separates the thousands, and write at most one point or comma."
    return "Write one like 0.1, 0,1, 1e-8, 1/3, -0, inf or nan."
