"""A number as each format stores it: bits."""

from typing import Annotated

import typer

from apps.terminal.options import AsJson
from apps.terminal.output import result_json, result_table
from apps.words.amounts import digits_text
from quantization.see.number_codes import StoredCode
from quantization.see.number_formats import StoredNumber
from quantization.see.number_report import DEFAULTS, CodeSettings, NumberReport, report_number

Number = Annotated[str, typer.Argument(help="Such as 0.1, 1e-8, 1/3, -0, inf or nan.", metavar="NUMBER")]
Scale = Annotated[float, typer.Option(help="What one step of int8 is worth.")]
ZeroPoint = Annotated[int, typer.Option(help="The int8 code that stands for 0: -128 to 127.")]
Absmax = Annotated[float, typer.Option(help="The largest absolute weight of NF4's block.")]
Saturate = Annotated[bool, typer.Option("--saturate", help="What is too large becomes the largest number of a format.")]


def bits(
    number: Number,
    scale: Scale = DEFAULTS.scale,
    zero_point: ZeroPoint = DEFAULTS.zero_point,
    absmax: Absmax = DEFAULTS.absmax,
    saturate: Saturate = DEFAULTS.saturating,
    as_json: AsJson = False,
) -> None:
    """Store a number in every format: its bits, the value that is left, and the error.

    fp32, bf16, fp16, fp8 (E4M3 and E5M2), int8 under a scale and a zero point, and NF4.
    \f
    With --json: an object with `number`, `saturating`, `formats` (a list of `format`, the bits as `sign`, `exponent`
    and `fraction`, `kind`, `value`, `exact`, `overflowed`, `absolute_error`, `relative_error`, `spacing`, and the
    format's `largest`, `smallest_normal`, `smallest_subnormal` and `epsilon`), `int8` (`scale`, `zero_point`, `code`,
    `unclamped`, `clamped`, `bits`, `value` and the two errors) and `nf4` (the same with `absmax`). Infinities and NaN
    are texts.
    """
    report = report_number(number, CodeSettings(scale, zero_point, absmax, saturate))
    if as_json:
        result_json(report.as_dict())
    else:
        _show_number(report)


def _show_number(report: NumberReport) -> None:
    rows: list[tuple[str, str, StoredNumber | StoredCode, str]] = [
        (stored.format.name, " ".join(stored.bit_fields), stored, "overflow" if stored.overflowed else stored.kind)
        for stored in report.floats
    ]
    rows += [
        (
            stored.format,
            stored.bit_field,
            stored,
            f"clamped to {stored.code}" if stored.clamped else f"code {stored.code}",
        )
        for stored in (report.int8, report.nf4)
    ]
    result_table(
        ("FORMAT", "BITS", "STORED", "ERROR", "RELATIVE", "KIND"),
        [
            (
                name,
                pattern or "–",
                digits_text(stored.value),
                digits_text(stored.absolute_error, 3),
                digits_text(stored.relative_error, 3),
                kind if stored.value is not None else "none",
            )
            for name, pattern, stored, kind in rows
        ],
    )
