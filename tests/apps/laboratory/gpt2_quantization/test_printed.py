"""What is said of rows that were measured, made by hand."""

import pytest

from apps.laboratory.gpt2_quantization.printed import show_measured
from quantization.experiments.row import Row

INT8 = Row("int8", file_bytes=1_500_000, footprint=1_600_000, tokens_per_second=95.4, perplexity=131.25)


@pytest.mark.parametrize(
    ("rows", "asked_for"), [([INT8], True), ([Row("fp32", error="It does not fit into memory."), INT8], False)]
)
def test_fp32_is_asked_for_only_where_nobody_tried_it(
    rows: list[Row], asked_for: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    show_measured(rows)
    assert ("Add --precision fp32" in capsys.readouterr().err) is asked_for
