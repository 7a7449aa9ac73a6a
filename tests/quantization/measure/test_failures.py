"""Each failure becomes one sentence."""

import pytest

from models.errors import PrecisionNotApplicable
from quantization.measure.failures import failure_sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PrecisionNotApplicable("Choose fp32."), "Choose fp32."),
        (MemoryError(), "int8 does not fit into memory. Close other programs, or choose a smaller model."),
        (
            RuntimeError("no kernel.\nand a trace"),
            "int8 could not be measured: no kernel. The other precisions are not affected.",
        ),
        (KeyError(), "int8 could not be measured: KeyError. The other precisions are not affected."),
    ],
)
def test_a_failure_is_one_sentence(error: Exception, sentence: str) -> None:
    assert failure_sentence("int8", error) == sentence
