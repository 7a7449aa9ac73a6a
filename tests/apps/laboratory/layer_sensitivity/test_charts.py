"""The heat map and the bars of what rounding a layer does."""

from apps.laboratory.layer_sensitivity.charts import heat_map, row_name, sum_bars
from tests.apps.laboratory.layer_sensitivity.places import PLACES, cell


def test_the_heat_map_has_a_field_for_each_place_from_the_beginning() -> None:
    drawn = heat_map(PLACES, [cell(PLACES[1], 0.25)]).to_dict()
    fields = [row for table in drawn["datasets"].values() for row in table]
    assert {(row["row"], row["kind"], row["written"]) for row in fields} == {
        ("wte + lm_head", "", ""),
        ("block 0", "attn.c_attn", "+25 %"),
        ("block 0", "mlp.c_fc", ""),
    }
    assert row_name(PLACES[0]) == "wte + lm_head"


def test_charts_bear_falls_and_a_model_without_blocks() -> None:
    assert heat_map(PLACES[:1], [cell(PLACES[0], -0.1)]).to_dict()
    bars = sum_bars({"a": -0.1, "b": 0.3}, "Sum").to_dict()
    assert [row["written"] for table in bars["datasets"].values() for row in table] == ["−10 %", "+30 %"]
