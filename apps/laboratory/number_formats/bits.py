"""The bits of a stored number as coloured cells, with what they stand for beneath them. HTML, because cells need it."""

import math
from html import escape

import streamlit as st

from apps.words.amounts import digits_text, percent_text
from quantization.see.number_codes import StoredCode
from quantization.see.number_formats import FloatFormat, StoredNumber

# Readable on the light and on the dark background; a 1 is filled, a 0 is only tinted.
COLOURS = {"sign": "196,85,59", "exponent": "43,148,100", "fraction": "52,128,179", "code": "140,95,190"}
_CELL = (
    "display:inline-block;width:1.2rem;line-height:1.45rem;text-align:center;border-radius:3px;margin:1px;"
    "font-family:monospace;font-size:0.85rem"
)
_ROW = "display:flex;gap:0.9rem;align-items:baseline;padding:0.45rem 0;border-top:1px solid rgba(128,134,142,0.25)"
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def show_bits(floats: tuple[StoredNumber, ...]) -> None:
    """A row for each floating-point format: its bits, how they are read, what is stored, and the error."""
    st.html(f"<div>{legend()}{''.join(float_row(stored) for stored in floats)}</div>")


def show_code(stored: StoredCode) -> None:
    """The bits of an int8 or NF4 code."""
    if stored.code is not None:
        st.html(f'<div aria-label="bits {stored.bit_field}">{_cells(stored.bit_field, "code", [])}</div>')


def legend() -> str:
    """What the colours mean, as HTML."""
    names = [
        f'<span style="{_style("1", name)};width:auto;padding:0 0.5rem">{name}</span>' for name in list(COLOURS)[:3]
    ]
    hint = "<small>Point at a bit to see its weight.</small>"
    return f'<div style="padding-bottom:0.5rem">{" ".join(names)} &nbsp; {hint}</div>'


def float_row(stored: StoredNumber) -> str:
    """One format as HTML."""
    form = stored.format
    fields = zip(("sign", "exponent", "fraction"), stored.bit_fields, weights(form, stored.kind), strict=True)
    bits = '<span style="margin-right:0.35rem"></span>'.join(_cells(*field) for field in _ordered(fields))
    widths = f"1 + {form.exponent_bits} + {form.fraction_bits} bits"
    return (
        f'<div style="{_ROW}"><div style="flex:0 0 6rem"><b>{form.name}</b><br><small style="opacity:0.7">{widths}'
        f'</small></div><div style="min-width:0"><div aria-label="bits {" ".join(stored.bit_fields)}">{bits}</div>'
        f'<div style="padding-top:0.2rem">{reading(stored)}</div></div></div>'
    )


def _ordered(fields: zip) -> list[tuple[str, str, list[str]]]:
    return [(bits, name, hints) for name, bits, hints in fields]


def weights(form: FloatFormat, kind: str) -> tuple[list[str], list[str], list[str]]:
    """What each bit adds, in words: of the sign, of the exponent, of the fraction."""
    exponent = [f"exponent bit: adds {2**power}" for power in reversed(range(form.exponent_bits))]
    hidden = "0" if kind in ("zero", "subnormal") else "1"
    fraction = [
        f"fraction bit: adds 1/{2**power:,} to the {hidden} in front" for power in range(1, form.fraction_bits + 1)
    ]
    return ["sign bit: 1 is minus"], exponent, fraction


def reading(stored: StoredNumber) -> str:
    """The stored value and how it follows from the bits, as HTML: +1.6 × 2⁻⁴ = 0.1 · error 2.4e−5 (0.024 %)."""
    value = f'<b title="exactly {escape(stored.exact)}">{digits_text(stored.value)}</b>'
    return " · ".join(part for part in (f"{_formula(stored)}{value}", _remark(stored), error_text(stored)) if part)


def _formula(stored: StoredNumber) -> str:
    if stored.kind not in ("normal", "subnormal"):
        return ""
    fraction = stored.format.parts(stored.code)[2] / 2**stored.format.fraction_bits
    power = math.frexp(stored.value)[1] - 1 if stored.kind == "normal" else stored.format.lowest_power
    sign = "−" if stored.value < 0 else "+"
    size = digits_text(fraction + (stored.kind == "normal"))
    return f'<span style="opacity:0.75">{sign}{size} × 2{str(power).translate(_SUPERSCRIPTS)} = </span>'


def _remark(stored: StoredNumber) -> str:
    if stored.overflowed:
        return f"<b>overflow</b>: the largest is {digits_text(stored.format.largest)}"
    if stored.kind == "zero" and stored.absolute_error:
        return "<b>underflow</b>: rounded to zero"
    return f"<i>{stored.kind}</i>" if stored.kind in ("subnormal", "NaN", "infinity") else ""


def error_text(stored: StoredNumber | StoredCode) -> str:
    """The error in words; empty where there is none to speak of."""
    if stored.absolute_error is None:
        return ""
    if stored.absolute_error == 0:
        return "exact"
    share = stored.relative_error
    relative = "" if share is None else f" ({percent_text(share, 2 if share < 0.1 else 3)})"
    whole = len(str(int(stored.absolute_error))) if stored.absolute_error < 1e6 else 0
    return f"error {digits_text(stored.absolute_error, max(3, whole))}{relative}"


def _cells(bits: str, name: str, hints: list[str]) -> str:
    return "".join(
        f'<span style="{_style(bit, name)}"{f" title={chr(34)}{hint}{chr(34)}" if hint else ""}>{bit}</span>'
        for bit, hint in zip(bits, hints or [""] * len(bits), strict=True)
    )


def _style(bit: str, name: str) -> str:
    colour = COLOURS[name]
    return f"{_CELL};" + (f"background:rgb({colour});color:white" if bit == "1" else f"background:rgba({colour},0.22)")
