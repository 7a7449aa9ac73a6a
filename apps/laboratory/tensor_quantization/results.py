"""What quantizing one layer gave: figures, pictures, and files to take home."""

import json
import math
from dataclasses import replace

import streamlit as st

from apps.laboratory.tensor_quantization.charts import bits_chart, histogram_chart, picture_chart
from apps.ui.downloads import show_download
from apps.words.amounts import digits_text, percent_text
from quantization.see.tensor_report import TensorReport
from quantization.see.tensor_sample import Sample
from quantization.see.tensor_study import Errors, TensorStudy, measure_errors

SNR_HELP = """How much larger the weights are than the error: 10 · log10 of the ratio of their mean squares. 20 dB: the
error is a tenth of the weights; 40 dB: a hundredth."""
BITS_HELP = "The codes with the scales and zero points that they need; fp32 takes 32."
CLIPPED_HELP = "Weights beyond the range of the codes, which are cut to its end."
AS_WEIGHTS, UP_TO_ERROR = "As for the weights", "Up to the largest error"
BRIGHTEST = 2  # times the mean weight: a picture of the weights that is neither dark nor glaring


def show_figures(sample: Sample, study: TensorStudy) -> None:
    """Four figures, and what the first of them means."""
    errors = study.errors
    tiles = st.columns(4)
    tiles[0].metric(
        "Signal to noise", decibels_text(errors.signal_to_noise), clipping_text(sample, errors), help=SNR_HELP
    )
    tiles[1].metric("Mean square error", digits_text(errors.mean_square_error, 3))
    tiles[2].metric("Bits per weight", f"{errors.bits_per_weight:.2f}", help=BITS_HELP)
    tiles[3].metric("Clipped", percent_text(errors.clipped_share), help=CLIPPED_HELP)
    st.caption(meaning(errors))


def decibels_text(ratio: float) -> str:
    """A ratio in decibels, one digit after the point."""
    return f"{ratio:.1f} dB".replace("-", "−") if math.isfinite(ratio) else "no error"


def clipping_text(sample: Sample, errors: Errors) -> str | None:
    """What clipping changed, in decibels; None without clipping."""
    if errors.mapping.clipping == 100:
        return None
    without = measure_errors(sample.weights, replace(errors.mapping, clipping=100.0)).signal_to_noise
    change = errors.signal_to_noise - without
    return f"{change:+.1f} dB by clipping" if math.isfinite(change) else None


def meaning(errors: Errors) -> str:
    """The ratio as a share of the weights."""
    if not math.isfinite(errors.signal_to_noise):
        return "Every weight is stored exactly."
    share = 10 ** (-errors.signal_to_noise / 20)
    return f"The error is {percent_text(share)} of the weights (root mean square of both)."


def show_pictures(report: TensorReport) -> None:
    """The weights and the error side by side, in the same colours where that is asked for."""
    study = report.study
    colours = st.segmented_control(
        "Colours of the error",
        [AS_WEIGHTS, UP_TO_ERROR],
        default=AS_WEIGHTS,
        required=True,
        key="tensor-colours",
    )
    brightest = BRIGHTEST * study.mean_weight
    brightest_error = max(map(max, study.error_picture)) if colours == UP_TO_ERROR else brightest
    left, right = st.columns(2, gap="medium")
    cells = "outputs down, inputs across"
    left.altair_chart(picture_chart(study.weight_picture, "Weights", f"mean size · {cells}", brightest))
    right.altair_chart(picture_chart(study.error_picture, "Error", f"mean size · {cells}", brightest_error))


def show_histogram_and_curve(report: TensorReport) -> None:
    """The weights before and after, beside what other bits and granularities would give."""
    left, right = st.columns(2, gap="medium")
    left.altair_chart(histogram_chart(report.study.histogram))
    errors = report.study.errors
    right.altair_chart(bits_chart(report.comparison, errors.mapping, errors.signal_to_noise))


def show_downloads(report: TensorReport) -> None:
    """All mappings as CSV, everything as JSON."""
    with st.container(horizontal=True):
        show_download("Mappings as CSV", report.to_csv(), "layer.csv", "text/csv")
        show_download("Everything as JSON", json.dumps(report.as_dict()), "layer.json", "application/json")
