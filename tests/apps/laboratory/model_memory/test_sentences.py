"""Figures of a forecast in words."""

from apps.laboratory.model_memory.sentences import difference_text
from quantization.predict.forecast import compared

LLAMA = "meta-llama/Meta-Llama-3-8B"


def test_small_differences_are_not_written_as_none() -> None:
    fp32, nf4 = compared(LLAMA)
    assert (difference_text(fp32), difference_text(nf4)) == ("under 0.01 %", "−0.55 %")
