from apps.ui.charts import BASELINE_COLOUR, bars_beside_baseline

SIZES = {"fp32": 200.0, "bf16": 100.0, "int8": 57.0}


def drawn(baseline: str | None) -> dict:
    return bars_beside_baseline(SIZES, "File size", "lower is better", baseline, "{:.0f} MB".format).to_dict()


def rows(chart: dict) -> list[dict]:
    return next(iter(chart["datasets"].values()))


def marks(chart: dict) -> list[str]:
    return [layer["mark"]["type"] for layer in chart["layer"]]


def test_each_bar_carries_its_value_and_its_ratio_to_the_baseline() -> None:
    assert [(row["label"], row["ratio"]) for row in rows(drawn("fp32"))] == [
        ("200 MB", ""), ("100 MB", "0.50×"), ("57 MB", "0.28×"),
    ]  # fmt: skip


def test_the_baseline_has_a_colour_and_a_line_of_its_own() -> None:
    chart = drawn("fp32")
    colour = chart["layer"][0]["encoding"]["color"]["condition"]
    assert (colour["test"], colour["value"]) == ("(datum.precision === 'fp32')", BASELINE_COLOUR)
    assert marks(chart) == ["bar", "rule", "text", "text"]
    assert {row["baseline"] for row in rows(chart)} == {200.0}


def test_without_a_baseline_there_is_no_ratio_and_no_line() -> None:
    chart = drawn(None)
    assert {row["ratio"] for row in rows(chart)} == {""}
    assert "rule" not in marks(chart)


def test_every_layer_goes_without_an_axis_because_vega_fails_where_they_disagree() -> None:
    assert all(layer["encoding"]["y"]["axis"] is None for layer in drawn("fp32")["layer"])
