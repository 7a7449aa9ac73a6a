"""What each format stores of a number, drawn; the sliders of int8 and NF4 stand beside what they change."""

import math
import re

import pandas as pd
import streamlit as st

from apps.laboratory.number_formats.bits import error_text, show_bits, show_code
from apps.laboratory.number_formats.charts import VIEWS, levels_chart, magnitudes, spacing_chart
from apps.ui.downloads import show_report_files
from apps.ui.markdown import escape
from apps.words.amounts import digits_text
from quantization.result_files import json_text
from quantization.see.number_codes import INT8, StoredCode
from quantization.see.number_formats import FORMATS
from quantization.see.number_report import NumberReport

# Steps of 1, 2 and 5 between powers of ten.
SCALES = [digit * 10.0**power for power in range(-4, 2) for digit in (1, 2, 5)] + [100.0]
LARGEST_WEIGHTS = [digit * 10.0**power for power in range(-2, 3) for digit in (1, 2, 5)] + [1000.0]


def show_report(report: NumberReport) -> None:
    """The bits, the integer formats, the chart and the table."""
    show_reading(report)
    show_bits(report.floats)
    for column, show in zip(st.columns(2, gap="medium"), (show_int8, show_nf4), strict=True):
        with column.container(border=True, height="stretch"):
            show(report)
    show_spacing(report)
    show_ranges()
    show_report_files("number", report.to_csv(), json_text(report.as_dict()))


def show_reading(report: NumberReport) -> None:
    """The number as it was understood, where it could have been meant otherwise."""
    if "," in report.written and report.number.special is None:
        alone = " Thousands are written without a separator." if re.search(r",\d{3}$", report.written) else ""
        st.caption(f"Read as {escape(digits_text(float(report.number)))}: the comma is a decimal comma.{alone}")


def show_int8(report: NumberReport) -> None:
    """int8 under a scale and a zero point."""
    st.markdown("##### int8")
    left, right = st.columns(2)
    left.select_slider("Scale", SCALES, key="scale", format_func=digits_text, persist_state="session")
    right.slider("Zero point", INT8.lowest, INT8.highest, key="zero-point", persist_state="session")
    show_code(report.int8)
    st.markdown(int8_text(report))
    scale, zero_point = report.settings.scale, report.settings.zero_point
    low, high = (digits_text(scale * (end - zero_point)) for end in (INT8.lowest, INT8.highest))
    st.caption(f"These 256 codes reach from {low} to {high}, in steps of {digits_text(scale)}.")


def int8_text(report: NumberReport) -> str:
    """How the code comes about, and what it stands for."""
    stored, settings = report.int8, report.settings
    if stored.code is None:
        return "int8 has no code for NaN: whatever is stored for it is wrong."
    scale, zero_point = digits_text(settings.scale), digits_text(settings.zero_point)
    value = digits_text(float(report.number))
    wanted = value if stored.unclamped is None else digits_text(stored.unclamped)
    cut = f", **clamped** to {digits_text(stored.code)}" if stored.clamped else ""
    return (
        f"round({value} / {scale}) + {zero_point} = {wanted}{cut}  \n"
        f"{scale} × ({digits_text(stored.code)} − {zero_point}) = **{digits_text(stored.value)}**{_and_error(stored)}"
    )


def _and_error(stored: StoredCode) -> str:
    text = error_text(stored)
    return f" · {text}" if text else ""


def show_nf4(report: NumberReport) -> None:
    """The NF4 level in a block with a chosen absmax."""
    st.markdown("##### NF4")
    st.select_slider(
        "Largest weight of the block (absmax)", LARGEST_WEIGHTS, key="absmax", format_func=digits_text,
        persist_state="session",
    )  # fmt: skip
    show_code(report.nf4)
    st.altair_chart(levels_chart(report), width="stretch", key="levels")
    st.markdown(nf4_text(report))


def nf4_text(report: NumberReport) -> str:
    """Which level is stored, and what it stands for."""
    stored = report.nf4
    if stored.code is None:
        return "NF4 has no level for NaN."
    cut = " The number is beyond absmax, which cannot happen in a block of its own." if stored.clamped else ""
    return f"Level {stored.code} of 0 to 15 = **{digits_text(stored.value)}**{_and_error(stored)}.{cut}"


def show_ranges() -> None:
    """What each floating-point format can hold."""
    table = pd.DataFrame(
        {
            "format": [form.name for form in FORMATS],
            "bits": [form.bits for form in FORMATS],
            "largest": [digits_text(form.largest, 5) for form in FORMATS],
            "smallest normal": [digits_text(form.smallest_normal, 5) for form in FORMATS],
            "smallest subnormal": [digits_text(form.smallest_subnormal, 5) for form in FORMATS],
            "epsilon": [digits_text(form.epsilon, 5) for form in FORMATS],
            "infinity": ["no" if form.finite_only else "yes" for form in FORMATS],
        }
    )
    epsilon = st.column_config.TextColumn(help="The distance from 1 to the next number.")
    st.dataframe(table, hide_index=True, column_config={"epsilon": epsilon})


def show_spacing(report: NumberReport) -> None:
    """The spacing chart, whole or near the number."""
    st.markdown("#### How far apart the numbers are")
    view = st.segmented_control("Magnitudes", VIEWS, default=VIEWS[0], required=True, key="magnitudes")
    st.altair_chart(spacing_chart(report, view), width="stretch", key="spacing")
    if (outside := outside_text(report, view)) is not None:
        st.caption(f":material/info: {outside}")
    st.caption(
        "A line begins at the format's smallest number and ends at its largest. In floating point a step up is a power "
        "of two, where the numbers become twice as far apart; the flat beginning is the subnormal ones. NF4's steps "
        "are its levels above 0; below 0 it has one level less, and they are a little farther apart."
    )


def outside_text(report: NumberReport, view: str) -> str | None:
    """Why the number has no line in the chart; None where it has one, or no magnitude to draw it at."""
    size, (low, high) = abs(float(report.number)), magnitudes(report, view)
    if not math.isfinite(size) or size == 0 or low <= size <= high:
        return None
    side = "right" if size > high else "left"
    return f"{digits_text(float(report.number))} lies to the {side} of these magnitudes."
