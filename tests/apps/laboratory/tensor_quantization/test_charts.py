"""Charts of a quantized layer."""

from apps.laboratory.tensor_quantization.charts import bits_chart, histogram_chart, picture_chart
from apps.laboratory.tensor_quantization.results import decibels_text, meaning
from quantization.mapping import Mapping
from quantization.see.tensor_study import compare_granularities, study


def test_charts_bear_weights_without_any_error() -> None:
    import torch

    zeros = torch.zeros(2, 3)
    studied = study(zeros, Mapping())
    histogram_chart(studied.histogram).to_dict()
    picture_chart(studied.error_picture, "Error", "", 0.0).to_dict()
    bits_chart(tuple(compare_granularities(zeros, Mapping())), Mapping(), studied.errors.signal_to_noise).to_dict()
    assert meaning(studied.errors) == "Every weight is stored exactly."
    assert decibels_text(studied.errors.signal_to_noise) == "no error"
