from apps.ui.charts import BASELINE_COLOUR, Bubble, bars_beside_baseline, size_quality_speed

SIZES = {"fp32": 200.0, "bf16": 100.0, "int8": 57.0}


def drawn(baseline: str | None) -> dict:
    return bars_beside_baseline(SIZES, "File size", "lower is better", baseline, "{:.0f} MB".format).to_dict()


def rows(chart: dict) -> list[dict]:
    return next(iter(chart["datasets"].values()))


def marks(chart: dict) -> list[str]:
    return [layer["mark"]["type"] for layer in chart["layer"]]


def test_each_bar_carries_its_value_and_its_ratio_to_the_baseline() -> None:
    assert [(row["beside"], row["ratio"]) for row in rows(drawn("fp32"))] == [
        ("200 MB", ""), ("100 MB · 0.50×", "0.50×"), ("57 MB · 0.28×", "0.28×"),
    ]  # fmt: skip


def test_the_baseline_has_a_colour_and_a_line_of_its_own() -> None:
    chart = drawn("fp32")
    colour = chart["layer"][0]["encoding"]["color"]["condition"]
    assert (colour["test"], colour["value"]) == ("(datum.precision === 'fp32')", BASELINE_COLOUR)
    assert marks(chart) == ["bar", "rule", "text"]
    assert {row["baseline"] for row in rows(chart)} == {200.0}


def test_without_a_baseline_there_is_no_ratio_and_no_line() -> None:
    chart = drawn(None)
    assert {row["ratio"] for row in rows(chart)} == {""}
    assert "rule" not in marks(chart)


def test_every_layer_goes_without_an_axis_because_vega_fails_where_they_disagree() -> None:
    values = [layer["encoding"]["x"] for layer in drawn("fp32")["layer"] if "field" in layer["encoding"]["x"]]
    assert len(values) == 2
    assert all(value["axis"] is None for value in values)


BUBBLES = (
    Bubble("fp32", 21.1, 163.0, 34.5, True),
    Bubble("int8-linear", 23.3, 163.4, 51.0, False),
    Bubble("int8", 14.0, 163.0, 45.0, True),
)


def test_one_chart_holds_size_quality_and_speed() -> None:
    chart = size_quality_speed(BUBBLES).to_dict()
    marks, *names = chart["layer"]
    encoding = marks["encoding"]
    assert [encoding[channel]["field"] for channel in ("x", "y", "color", "size")] == [
        "megabytes", "perplexity", "speed", "speed",
    ]  # fmt: skip
    assert encoding["stroke"]["condition"]["test"] == encoding["opacity"]["condition"]["test"] == "datum.front"
    assert [layer["encoding"]["text"]["field"] for layer in names] == ["precision"] * 4


def test_the_limit_is_a_line_that_is_always_seen() -> None:
    rule, told, marks, *_ = size_quality_speed(BUBBLES, 166.3).to_dict()["layer"]
    assert (rule["mark"]["type"], told["encoding"]["text"]["field"]) == ("rule", "told")
    low, high = marks["encoding"]["y"]["scale"]["domain"]
    assert low < 163.0 < 166.3 < high


def test_differences_too_small_to_matter_do_not_look_large() -> None:
    low, high = size_quality_speed(BUBBLES).to_dict()["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert high - low > 0.04 * 163


def test_neighbours_are_named_at_different_heights() -> None:
    found = sorted(rows(size_quality_speed(BUBBLES).to_dict()), key=lambda row: row["megabytes"])
    assert [(row["precision"], row["level"]) for row in found] == [("int8", 0), ("fp32", 1), ("int8-linear", 2)]
    assert [row["place"] for row in found] == ["on it", "on it", "beaten by another"]


def test_no_bubble_lies_on_the_edge_not_even_a_single_one() -> None:
    for bubbles in (BUBBLES, BUBBLES[:1]):
        encoding = size_quality_speed(bubbles).to_dict()["layer"][0]["encoding"]
        for channel, measure in (("x", "megabytes"), ("y", "perplexity")):
            low, high = encoding[channel]["scale"]["domain"]
            assert low < min(getattr(bubble, measure) for bubble in bubbles)
            assert high > max(getattr(bubble, measure) for bubble in bubbles)
