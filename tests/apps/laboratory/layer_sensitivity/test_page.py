"""The page that shows which layer hurts, with a tiny GPT-2."""

import csv
import io
import json
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from apps.ui.run import Outcome, shared_store
from quantization.experiments.sensitivity import Baseline, Cell
from quantization.experiments.sensitivity_report import SensitivityReport
from quantization.experiments.steps import Step
from quantization.mapping import Mapping
from tests.apps.classroom import (
    CONDITIONS,
    open_after,
    open_page,
    press,
    put_in_cache,
    sentences,
)
from tests.apps.laboratory.layer_sensitivity.places import PLACES, cell
from tests.conftest import TinyModels

MODEL = "datificate/gpt2-small-spanish"
PAGE = "layer_sensitivity"
BEGUN = SensitivityReport(MODEL, "cpu", Mapping(bits=4), "Una frase.", None, (), CONDITIONS)
BASELINE = Baseline(100.0, 255, 256, 128, PLACES, 10)
showing = partial(open_after, PAGE, "sensitivity")


@pytest.fixture
def laboratory(tiny_models: TinyModels) -> AppTest:
    put_in_cache(MODEL, tiny_models.gpt2())
    return open_page(PAGE)


def test_the_page_opens_with_four_bits_and_a_spanish_text() -> None:
    page = open_page(PAGE)
    assert page.slider(key="sensitivity-bits").value == 4
    assert page.text_area(key="sensitivity-text").value.startswith("El domingo por la mañana")
    page.pills[0].set_value("3 bits in groups: better").run()
    assert not page.exception
    assert page.slider(key="sensitivity-bits").value == 3
    assert not page.select_slider(key="sensitivity-group_size").disabled
    page.pills[0].set_value("English (for gpt2)").run()
    assert page.text_area(key="sensitivity-text").value.startswith("On Sunday morning")


def test_a_run_gives_heat_map_sentence_sums_and_files(laboratory: AppTest, downloads: dict[str, str]) -> None:
    laboratory.slider(key="sensitivity-bits").set_value(2)
    laboratory.text_area(key="sensitivity-text").set_value("La niña leyó un cuento sobre un pingüino que quería volar.")
    press(laboratory, "Run")
    cells = [item for item in laboratory.session_state["sensitivity-outcome"].items if isinstance(item, Cell)]
    assert len(cells) == 10
    assert len(laboratory.get("vega_lite_chart")) == 3
    assert "In 2 bits, it hurts most in" in sentences(laboratory)
    assert "share one matrix: rounding it changes both" in sentences(laboratory)
    assert "Weights in 2 bits, symmetric, a scale for each channel." in sentences(laboratory)
    assert "on cpu · memory in use" in sentences(laboratory)
    lines = list(csv.DictReader(io.StringIO(downloads["sensitivity.csv"])))
    assert [float(line["change"]) for line in lines] == [cell.change for cell in cells]
    assert {(line["bits"], line["model_id"]) for line in lines} == {("2", MODEL)}
    assert json.loads(downloads["sensitivity.json"])["finished"] is True
    assert shared_store().loaded() == {}  # a model of its own, which the store never held


def test_a_stopped_run_keeps_its_cells() -> None:
    page = showing(BEGUN, Step("loading", 0.0), BASELINE, cell(PLACES[0], 0.5), cell(PLACES[1], -0.002))
    assert "Stopped before the end" in page.info[-1].value
    assert "In 4 bits: wte (+50 %) and block 0, attn.c_attn (−0.20 %)." in sentences(page)
    assert list(page.dataframe[0].value["Change"]) == ["+50 %", "−0.20 %"]


def test_stopped_before_the_first_cell_shows_no_empty_sums() -> None:
    page = showing(BEGUN, Step("loading", 0.0), BASELINE)
    assert "Stopped before the end" in page.info[-1].value
    assert "will be rounded" in sentences(page)
    assert len(page.get("vega_lite_chart")) == 1
    assert not page.dataframe


def test_matrices_that_are_no_linear_layers_are_told_of() -> None:
    page = showing(BEGUN, Baseline(100.0, 255, 256, 128, PLACES, 90_000_000), cell(PLACES[0], 0.5))
    assert "90 M of 90 M parameters are in no plain matrix" in sentences(page)


@pytest.mark.parametrize(("text", "words"), [("", "There is no text"), ("palabra " * 3_000, "20,000")])
def test_a_text_that_cannot_be_used_gets_a_sentence(laboratory: AppTest, text: str, words: str) -> None:
    laboratory.session_state["sensitivity-outcome"] = Outcome({})  # of an earlier request
    laboratory.text_area(key="sensitivity-text").set_value(text)
    press(laboratory, "Run")
    assert words in laboratory.warning[0].value
    assert "sensitivity-outcome" not in laboratory.session_state


def test_a_text_of_one_token_gets_a_sentence(laboratory: AppTest) -> None:
    laboratory.text_area(key="sensitivity-text").set_value("a")
    press(laboratory, "Run")
    assert "at least two tokens" in laboratory.error[0].value
