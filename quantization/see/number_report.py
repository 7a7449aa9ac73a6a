"""One number in every format, for a page, a terminal and a file."""

from dataclasses import dataclass
from typing import Any

from quantization.result_files import csv_text
from quantization.see.number_codes import StoredCode, int8_code, nf4_level
from quantization.see.number_formats import FORMATS, StoredNumber, store
from quantization.see.real_numbers import RealNumber, read_number


@dataclass(frozen=True)
class CodeSettings:
    """What an integer needs beside it to mean a number: int8's scale and zero point, the largest weight of NF4's block.

    `saturating` decides what too large a number becomes in the floating-point formats: their largest one, or infinity.
    """

    scale: float = 0.05
    zero_point: int = 0
    absmax: float = 1.0
    saturating: bool = False


DEFAULTS = CodeSettings()


@dataclass(frozen=True)
class NumberReport:
    """A number as it was `written`, and what each format makes of it."""

    written: str
    number: RealNumber
    settings: CodeSettings
    floats: tuple[StoredNumber, ...]
    int8: StoredCode
    nf4: StoredCode

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        settings = self.settings
        return {
            "number": self.written,
            "saturating": settings.saturating,
            "formats": [stored.as_dict() for stored in self.floats],
            "int8": {"scale": settings.scale, "zero_point": settings.zero_point} | self.int8.as_dict(),
            "nf4": {"absmax": settings.absmax} | self.nf4.as_dict(),
        }

    def to_csv(self) -> str:
        """A row for each format; what a format does not have is empty."""
        values = self.as_dict()
        return csv_text([*values["formats"], values["int8"], values["nf4"]])


def report_number(text: str, settings: CodeSettings = DEFAULTS) -> NumberReport:
    """Read a number and store it everywhere.

    Raises:
        InvalidInput: the text is not a number, or a setting is out of its range.
    """
    number = read_number(text)
    return NumberReport(
        written=text.strip(),
        number=number,
        settings=settings,
        floats=tuple(store(number, form, settings.saturating) for form in FORMATS),
        int8=int8_code(number, settings.scale, settings.zero_point),
        nf4=nf4_level(number, settings.absmax),
    )
