"""The page “Number formats”: what is typed, what is shown, and that nothing typed breaks it."""

import csv
import io
import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.number_formats.charts import VIEWS, levels_chart, spacing_chart
from apps.laboratory.number_formats.words import EXAMPLES
from quantization.see.number_formats import FORMATS
from quantization.see.number_report import report_number
from tests.apps.classroom import open_page, sentences

STRANGE = ["", "abc", "1,234.5", "1/0", "1e400", "$x$ <b>`*", "9" * 5000, "٣", "--1", "0x1p3"]
BORDERLINE = [
    "-0",
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1e300",
    "-1e-300",
    "0,1",
    "1/3",
    "65520",
    "3.4e38",
    "3.5e38",
    "1e-46",
]


@pytest.fixture
def formats() -> AppTest:
    return open_page("number_formats")


def type_number(page: AppTest, text: str) -> AppTest:
    page.text_input(key="number").set_value(text).run()
    assert not page.exception
    return page


def test_the_page_opens_with_one_tenth(formats: AppTest) -> None:
    assert formats.text_input(key="number").value == "0.1"
    assert "in binary its digits never end" in sentences(formats)
    (table,) = formats.dataframe
    assert list(table.value["format"]) == [form.name for form in FORMATS]
    assert list(table.value["largest"])[2:] == ["65504", "448", "57344"]
    assert len(formats.get("vega_lite_chart")) == 2


def test_every_example_explains_itself(formats: AppTest) -> None:
    for text, remark in EXAMPLES.items():
        formats.pills[0].set_value(text).run()
        assert not formats.exception
        assert formats.text_input(key="number").value == text
        assert remark in sentences(formats)


def test_whatever_is_typed_gives_a_sentence_and_no_traceback(formats: AppTest) -> None:
    for text in STRANGE:
        type_number(formats, text)
        assert len(formats.warning) == 1, text
        assert not formats.error


def test_every_number_is_shown_in_each_view(formats: AppTest) -> None:
    for text in BORDERLINE:
        type_number(formats, text)
        assert not formats.warning, text
        for view in VIEWS:
            report = report_number(text)
            spacing_chart(report, view).to_dict()
            levels_chart(report).to_dict()


@pytest.mark.parametrize(("text", "view", "side"), [("1e60", 0, "right"), ("-1e300", 1, "right"), ("1e-60", 0, "left")])
def test_a_number_outside_of_the_chart_is_told_and_not_drawn(formats: AppTest, text: str, view: int, side: str) -> None:
    assert "of these magnitudes" not in sentences(formats)
    formats.segmented_control(key="magnitudes").set_value(VIEWS[view])
    assert f"lies to the {side} of these magnitudes" in sentences(type_number(formats, text))
    assert len(spacing_chart(report_number(text), VIEWS[view]).to_dict()["layer"]) == 1
    assert len(spacing_chart(report_number(text), VIEWS[2]).to_dict()["layer"]) == 4


def test_infinity_keeps_its_sign_on_the_way_to_int8(formats: AppTest) -> None:
    assert "round(−∞ / 0.05) + 0 = −∞, **clamped** to −128" in sentences(type_number(formats, "-inf"))


def test_a_comma_is_read_as_a_decimal_comma_and_the_page_says_so(formats: AppTest) -> None:
    assert "Read as 0.1:" not in sentences(formats)
    assert "Read as 0\\.1: the comma is a decimal comma." in sentences(type_number(formats, "0,1"))
    assert "Thousands are written without a separator." in sentences(type_number(formats, "65,520"))


def test_the_sliders_of_int8_act_at_once(formats: AppTest) -> None:
    assert "round(0.1 / 0.05) + 0 = 2" in sentences(formats)
    formats.select_slider(key="scale").set_value(0.001).run()
    assert "0.001 × (100 − 0) = **0.1** · exact" in sentences(formats)
    formats.slider(key="zero-point").set_value(100).run()
    assert "= 200, **clamped** to 127" in sentences(formats)
    assert "reach from −0.228 to 0.027" in sentences(formats)


def test_nf4_says_when_a_number_is_beyond_its_block(formats: AppTest) -> None:
    assert "Level 8 of 0 to 15" in sentences(formats)
    formats.select_slider(key="absmax").set_value(0.05).run()
    assert "Level 15 of 0 to 15 = **0.05**" in sentences(formats)
    assert "beyond absmax" in sentences(formats)


def test_nan_has_neither_code_nor_level(formats: AppTest) -> None:
    page = type_number(formats, "nan")
    assert "int8 has no code for NaN" in sentences(page)
    assert "NF4 has no level for NaN" in sentences(page)


def test_results_can_be_taken_home(formats: AppTest, downloads: dict[str, str]) -> None:
    type_number(formats, "65520")
    details = json.loads(downloads["number.json"])
    assert [row["format"] for row in details["formats"]] == [form.name for form in FORMATS]
    assert details["formats"][2]["value"] == "inf"
    rows = list(csv.DictReader(io.StringIO(downloads["number.csv"])))
    assert [row["format"] for row in rows] == [*(form.name for form in FORMATS), "int8", "NF4"]
    assert rows[5]["code"] == "127"


def test_saturating_keeps_the_largest_number(formats: AppTest, downloads: dict[str, str]) -> None:
    type_number(formats, "65520")
    formats.toggle(key="saturate").set_value(True).run()
    assert [row["value"] for row in json.loads(downloads["number.json"])["formats"][2:]] == [65504, 448, 57344]
