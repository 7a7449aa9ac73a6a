"""The view “What auto takes” of Speed here: what is known, what is measured now, and what could not be."""

import pytest
from streamlit.testing.v1 import AppTest

from quantization.automatic import race, survey
from quantization.automatic.race import Measurement
from quantization.automatic.speeds import remember
from quantization.measure.bystanders import Use
from tests.apps.classroom import open_page, press

ALONE, BESIDE = Use(others=0.0, processor=2.0, seconds=1.0), Use(others=1.0, processor=2.0, seconds=1.0)
MODEL = "aula/minilm"


def opened() -> AppTest:
    page = open_page("speed_here")
    page.segmented_control(key="speed-here-view").set_value("What auto takes").run()
    page.multiselect(key="speed-here-auto-models").set_value([MODEL]).run()
    assert not page.exception
    return page


def shown(page: AppTest) -> list[str]:
    [row] = page.dataframe[0].value.to_dict("records")
    return [row["Model"], row["auto takes"], row["Why"]]


def measures(monkeypatch: pytest.MonkeyPatch, use: Use) -> None:
    def measure(card, device, cancelled) -> Measurement:
        found = Measurement({"fp32": 2.0, "openvino": 1.0}, use)
        if found.counts:
            remember(card, found.seconds)
        return found

    monkeypatch.setattr(survey, "LOOK", 0.0)
    monkeypatch.setattr(survey, "use_between", lambda before, after: ALONE)
    monkeypatch.setattr(race, "measure", measure)


def test_it_offers_the_models_that_come_with_the_suite() -> None:
    page = open_page("speed_here")
    page.segmented_control(key="speed-here-view").set_value("What auto takes").run()
    assert {MODEL, "aula/yolov5s"} <= set(page.multiselect(key="speed-here-auto-models").value)
    assert set(page.dataframe[0].value["auto takes"]) == {"fp32"}


def test_what_is_measured_now_is_shown_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, ALONE)
    page = opened()
    assert shown(page) == [MODEL, "fp32", "it is not measured yet which precision is fastest here."]
    press(page, "Run")
    assert not page.error
    assert len(page.dataframe) == 1
    expected = [MODEL, "openvino", "2.0 × as fast as fp32 here, with the same answers."]
    assert shown(page) == expected
    assert shown(opened()) == expected


def test_what_others_disturb_is_said_and_nothing_is_taken_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    measures(monkeypatch, BESIDE)
    page = press(opened(), "Run")
    assert "other programs use 50% of the processor" in page.warning[0].value
    assert shown(page)[1] == "fp32"


def test_without_models_nothing_can_be_run() -> None:
    page = opened()
    page.multiselect(key="speed-here-auto-models").set_value([]).run()
    assert not page.exception
    assert page.button[[each.label for each in page.button].index("Run")].disabled
