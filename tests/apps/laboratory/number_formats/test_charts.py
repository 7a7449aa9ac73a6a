"""How far apart the numbers of each format are."""

import math

from apps.laboratory.number_formats.charts import spacing_table
from quantization.see.number_formats import FORMATS, FP16
from quantization.see.number_report import CodeSettings, report_number


def test_the_chart_begins_and_ends_where_the_formats_do() -> None:
    settings = CodeSettings(scale=0.5, zero_point=-28, absmax=4.0)
    table = spacing_table(report_number("0.1", settings))
    reach = table.groupby("format")["magnitude"].agg(["min", "max"])
    for form in FORMATS:
        assert tuple(reach.loc[form.name]) == (form.smallest_subnormal, form.largest)
    assert reach.loc["int8"]["max"] == 0.5 * 155
    assert set(table[table["format"] == "int8"]["spacing"]) == {0.5}
    assert reach.loc["NF4"]["max"] == 4.0
    one = table[(table["format"] == "fp16") & (table["magnitude"] == 1.0)]["spacing"].item()
    assert one == FP16.epsilon
    assert table["spacing"].map(math.isfinite).all()
