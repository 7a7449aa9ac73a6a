"""When a row is whole, so that it can be compared."""

from quantization.experiments.row import Row, is_whole, whole_rows

WHOLE = Row("int8", file_bytes=1, tokens_per_second=2.0, perplexity=3.0)


def test_a_row_with_every_figure_that_is_compared_is_whole() -> None:
    assert is_whole(WHOLE)
    assert is_whole(Row("int8", file_bytes=0, tokens_per_second=0.0, perplexity=0.0))  # nothing is not None


def test_a_row_that_broke_off_or_lacks_a_figure_is_not() -> None:
    stopped = Row("int8", file_bytes=1, tokens_per_second=2.0, perplexity=3.0, error="Stopped.")
    assert whole_rows([stopped, WHOLE, Row("bf16"), Row("fp16", file_bytes=1, perplexity=3.0)]) == [WHOLE]


def test_what_was_not_measured_is_none_in_plain_types() -> None:
    values = Row("fp16", error="No.").as_dict()
    assert {name for name, value in values.items() if value is not None} == {"precision", "error"}
