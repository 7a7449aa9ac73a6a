"""The page “Speed here”: what it offers, what it shows of a race, and two machines beside each other."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.speed_here.charts import machines_chart, ratio_chart, times_chart
from apps.laboratory.speed_here.results import headline
from quantization.race.compared import compare
from quantization.race.row import SpeedRow
from tests.apps.classroom import open_after, open_page, press, sentences
from tests.quantization.race.reports import report, row

PAGE, NAME = "speed_here", "speed-here"
FAILED = SpeedRow("aula/yolov5s", "object-detection", "bf16", "6 photographs", "picture", error="It failed.")


def with_files(*files: tuple[str, bytes]) -> AppTest:
    page = open_page(PAGE)
    page.segmented_control(key=f"{NAME}-view").set_value("Two machines").run()
    for uploader, (name, content) in zip(page.file_uploader, files, strict=False):
        uploader.set_value((name, content, "application/json"))
    page.run()
    assert not page.exception
    return page


def test_it_offers_the_models_of_this_machine_and_says_that_it_does_not_judge_quality() -> None:
    page = open_page(PAGE)

    assert "aula/yolov5s" in page.multiselect[0].value
    assert {"fp32", "int8"} <= set(page.button_group[1].value if len(page.button_group) > 1 else page.pills[0].value)
    assert "Quality is not judged here" in sentences(page)


def test_a_model_is_raced_and_its_figures_shown(downloads: dict[str, str]) -> None:
    page = open_page(PAGE)
    page.multiselect[0].set_value(["aula/minilm"])
    page.number_input(key=f"{NAME}-minutes").set_value(60)
    page.number_input(key=f"{NAME}-threads").set_value(1).run()
    press(page, "Run")

    assert not page.error
    assert list(page.dataframe[0].value["Precision"]) == ["fp32", "int8"]
    told = json.loads(downloads["speed-here.json"])
    assert told["finished"] is True
    assert [each["unit"] for each in told["rows"]] == ["sentence", "sentence"]


def test_without_models_it_asks_for_some() -> None:
    page = open_page(PAGE)
    page.multiselect[0].set_value([]).run()
    press(page, "Run")

    assert "Choose at least one model" in page.warning[0].value


def test_after_stop_it_shows_what_was_measured(downloads: dict[str, str]) -> None:
    begun = report(row(), FAILED)
    page = open_after(PAGE, NAME, begun, *begun.rows)

    assert "Stopped before the end. What was computed until then is kept." in page.info[0].value
    assert "**20 questions a second** instead of 10 questions a second, 2.00 × (1.90–2.10)" in sentences(page)
    assert "It failed." in page.warning[0].value
    assert json.loads(downloads["speed-here.json"])["finished"] is False


def test_two_files_stand_side_by_side() -> None:
    page = with_files(("a.json", report().to_json().encode()), ("b.json", report(row(here=50)).to_json().encode()))

    assert list(page.dataframe[0].value["B against A"]) == ["2.50 ×"]


def test_one_file_is_shown_alone() -> None:
    page = with_files(("a.json", report().to_json().encode()))

    assert list(page.dataframe[0].value["Ratio (95 %)"]) == ["2.00 × (1.90–2.10)"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind": "aula-speed", "version": 1}', b"\x89PNG"])
def test_a_foreign_or_damaged_file_is_refused(content: bytes) -> None:
    page = with_files(("a.json", content))

    assert "“a.json”" in page.error[0].value
    assert not page.dataframe


def test_markdown_in_a_file_stays_text() -> None:
    evil = report(row("<b>evil</b> **bold** [link](http://x)"), processor="# big $x$ `y`")
    page = with_files(("a.json", evil.to_json().encode()), ("b.json", evil.to_json().encode()))

    assert r"\$x\$" in sentences(page)
    assert "**bold**" not in sentences(page)


def test_the_chart_marks_one_and_says_which_side_is_faster() -> None:
    drawn = ratio_chart([row(), row("aula/minilm", here=5)]).to_dict()

    assert [(line["ratio"], line["standing"]) for line in _lines(drawn)] == [(2.0, "faster"), (0.5, "slower")]
    assert any(values == [{"ratio": 1.0}] for values in drawn["datasets"].values())


def test_the_charts_of_two_machines_have_a_bar_for_each() -> None:
    pairs = compare(report(), report(row(here=50))).pairs

    assert [line["ratio"] for line in _lines(times_chart(pairs).to_dict())] == [2.5]
    assert [line["machine"] for line in _lines(machines_chart(pairs).to_dict())] == ["A", "B"]


def test_no_gain_is_claimed_where_none_is_sure() -> None:
    assert headline([row(here=10)]) is None


def _lines(drawn: dict) -> list[dict]:
    return next(values for values in drawn["datasets"].values() if len(values[0]) > 1)
