"""Charts that compare: what a reader sees in them, found by the kind of mark and not by the order of layers."""

from apps.ui.charts import BASELINE_COLOUR, Bubble, bars_beside_baseline, size_quality_speed

SIZES = {"fp32": 200.0, "bf16": 100.0, "int8": 57.0}


def bars(baseline: str | None) -> dict:
    return bars_beside_baseline(SIZES, "File size", "lower is better", baseline, "{:.0f} MB".format).to_dict()


def rows(chart: dict) -> list[dict]:
    return next(iter(chart["datasets"].values()))


def layers(chart: dict, mark: str) -> list[dict]:
    return [layer for layer in chart["layer"] if layer["mark"]["type"] == mark]


def test_each_bar_carries_its_value_and_its_ratio_to_the_baseline() -> None:
    assert [(row["beside"], row["ratio"]) for row in rows(bars("fp32"))] == [
        ("200 MB", ""), ("100 MB · 0.50×", "0.50×"), ("57 MB · 0.28×", "0.28×"),
    ]  # fmt: skip


def test_where_a_quotient_is_no_fact_only_what_is_claimed_is_written() -> None:
    chart = bars_beside_baseline(SIZES, "Speed", "higher is better", "fp32", "{:.0f}".format, {"int8": 0.3}).to_dict()
    assert [row["beside"] for row in rows(chart)] == ["200", "100", "57 · 0.30×"]


def test_the_baseline_has_a_colour_and_a_line_of_its_own() -> None:
    chart = bars("fp32")
    [bar] = layers(chart, "bar")
    assert bar["encoding"]["color"]["condition"]["value"] == BASELINE_COLOUR
    assert len(layers(chart, "rule")) == 1
    assert {row["baseline"] for row in rows(chart)} == {200.0}


def test_without_a_baseline_there_is_no_ratio_and_no_line() -> None:
    chart = bars(None)
    assert {row["ratio"] for row in rows(chart)} == {""}
    assert layers(chart, "rule") == []


def test_every_layer_goes_without_an_axis_because_vega_fails_where_they_disagree() -> None:
    placed = [layer["encoding"]["x"] for layer in bars("fp32")["layer"] if "field" in layer["encoding"]["x"]]
    assert [channel["axis"] for channel in placed] == [None] * len(placed)


BUBBLES = (
    Bubble("fp32", 21.1, 163.0, 34.5, True),
    Bubble("int8-linear", 23.3, 163.4, 51.0, False),
    Bubble("int8", 14.0, 163.0, 45.0, True),
)


def bubble_encoding(*bubbles: Bubble, limit: float | None = None) -> dict:
    [circles] = layers(size_quality_speed(bubbles, limit).to_dict(), "circle")
    return circles["encoding"]


def test_one_chart_holds_size_quality_and_speed() -> None:
    encoding = bubble_encoding(*BUBBLES)
    fields = {channel: encoding[channel]["field"] for channel in ("x", "y", "color", "size")}
    assert fields == {"x": "megabytes", "y": "perplexity", "color": "speed", "size": "speed"}


def test_the_limit_is_a_line_that_is_always_seen() -> None:
    assert len(layers(size_quality_speed(BUBBLES, 166.3).to_dict(), "rule")) == 1
    low, high = bubble_encoding(*BUBBLES, limit=166.3)["y"]["scale"]["domain"]
    assert low < 163.0 < 166.3 < high


def test_differences_too_small_to_matter_do_not_look_large() -> None:
    low, high = bubble_encoding(*BUBBLES)["y"]["scale"]["domain"]
    assert high - low > 0.04 * 163


def test_neighbours_are_named_at_different_heights_and_the_front_is_told() -> None:
    by_size = sorted(rows(size_quality_speed(BUBBLES).to_dict()), key=lambda row: row["megabytes"])
    assert [(row["precision"], row["level"]) for row in by_size] == [("int8", 0), ("fp32", 1), ("int8-linear", 2)]
    assert [row["standing"] for row in by_size] == ["on it", "on it", "beaten by another"]


def test_no_bubble_lies_on_the_edge_not_even_a_single_one() -> None:
    for bubbles in (BUBBLES, BUBBLES[:1]):
        encoding = bubble_encoding(*bubbles)
        for channel, measure in (("x", "megabytes"), ("y", "perplexity")):
            low, high = encoding[channel]["scale"]["domain"]
            assert low < min(getattr(bubble, measure) for bubble in bubbles)
            assert high > max(getattr(bubble, measure) for bubble in bubbles)
