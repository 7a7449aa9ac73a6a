"""The page that shows what memory comes back, with a tiny GPT-2."""

import csv
import io
import json
from functools import partial

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.memory_freed.results import memory_chart
from apps.ui.run import shared_store
from models.catalog import Task
from models.precision import Precision
from models.weights.cards import find_card
from quantization.experiments.memory_cycle import MOMENTS, Cycle, MemoryReading
from quantization.experiments.memory_cycle_report import CycleReport
from quantization.experiments.steps import Step
from quantization.keep import keep, own_folder
from quantization.recipes import BNB_NF4, INT8
from tests.apps.classroom import (
    CONDITIONS,
    go_to,
    open_after,
    open_home,
    open_page,
    press,
    put_in_cache,
    sentences,
)
from tests.conftest import TinyModels

MODEL = "datificate/gpt2-small-spanish"
PAGE = "memory_freed"
BEGUN = CycleReport(MODEL, "fp32", "cpu", 2, (), (), CONDITIONS)
showing = partial(open_after, PAGE, "memory-freed")


@pytest.fixture
def laboratory(tiny_models: TinyModels) -> AppTest:
    put_in_cache(MODEL, tiny_models.gpt2())
    return open_page(PAGE)


def cycle(number: int, remains: int, footprint: int = 498_000_000, cuda: bool = False) -> Cycle:
    amounts = (900_000_000, 900_000_000 + footprint, 910_000_000 + footprint, 900_000_000 + remains)
    readings = [
        MemoryReading(number, moment, 1.0, amount, *((amount, amount) if cuda else ()))
        for moment, amount in zip(MOMENTS, amounts, strict=True)
    ]
    return Cycle(number, "fp32", "cuda" if cuda else "cpu", footprint, tuple(readings))


def test_the_page_warns_of_others_and_of_a_small_model() -> None:
    page = open_page(PAGE)
    assert "What other visitors do meanwhile is in the readings" in sentences(page)
    assert "is a small model" in sentences(page)


def test_examples_set_precision_and_cycles() -> None:
    page = open_page(PAGE)
    page.pills[0].set_value("16 bits: half the memory").run()
    assert not page.exception
    assert page.selectbox(key="memory-freed-precision").value == "bf16"
    assert page.slider(key="memory-freed-cycles").value == 3


def test_a_precision_of_another_device_is_replaced() -> None:
    home = open_home()
    home.session_state["memory-freed-precision"] = "fp16"
    page = go_to(home, PAGE)
    assert not page.exception
    assert page.selectbox(key="memory-freed-precision").value == "fp32"


@pytest.mark.parametrize(
    ("precision", "examples"), [(INT8, ["int8: made from fp32"]), (BNB_NF4, [])], ids=["int8", "bnb-nf4"]
)
def test_a_kept_model_is_measured_in_its_own_precision(
    tiny_models: TinyModels, precision: Precision, examples: list[str]
) -> None:
    card = find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION)
    kept = keep(card, precision, own_folder(card, precision)).name
    page = open_page(PAGE).selectbox(key="text-generation-model").set_value(f"trained/{kept}").run()
    assert not page.exception
    assert page.selectbox(key="memory-freed-precision").options == [precision.name]
    assert [option for pills in page.pills for option in pills.options] == examples
    page.slider(key="memory-freed-cycles").set_value(1)
    press(page, "Run")
    assert not page.error
    assert page.session_state["memory-freed-outcome"].items[0].precision == precision.name


def test_a_run_gives_chart_verdict_table_and_files(laboratory: AppTest, downloads: dict[str, str]) -> None:
    laboratory.slider(key="memory-freed-cycles").set_value(2)
    press(laboratory, "Run")
    items = laboratory.session_state["memory-freed-outcome"].items
    cycles = [item for item in items if isinstance(item, Cycle)]
    assert [found.number for found in cycles] == [1, 2]
    assert len(laboratory.get("vega_lite_chart")) == 1
    assert "**After unloading, " in sentences(laboratory)
    assert list(laboratory.dataframe[0].value["Cycle"]) == [1, 2]
    assert "once every page of the weights had been touched" in sentences(laboratory)
    lines = list(csv.DictReader(io.StringIO(downloads["memory-freed.csv"])))
    assert [line["moment"] for line in lines] == [*MOMENTS, *MOMENTS]
    told = json.loads(downloads["memory-freed.json"])
    assert told["cycles"] == [json.loads(json.dumps(found.as_dict())) for found in cycles]
    assert shared_store().loaded() == {}  # a model of its own, which the store never held


def test_the_verdict_is_computed_from_the_readings() -> None:
    first, second = cycle(1, 250_000_000), cycle(2, 12_000_000)
    page = showing(BEGUN, *first.readings, first, *second.readings, second)
    assert "**After unloading, 12.0 MB of 498 MB remain (2.4 %).** The memory is free again" in sentences(page)
    assert list(page.dataframe[0].value["Of the footprint"]) == ["–", "2.4 %"]


def test_a_stopped_run_keeps_its_readings() -> None:
    page = showing(BEGUN, cycle(1, 0).readings[0], Step("cycle 1: loading", 0.0))
    assert "Stopped before the end" in page.info[-1].value
    assert len(page.get("vega_lite_chart")) == 1
    assert not page.dataframe


def test_cuda_has_three_lines() -> None:
    drawn = memory_chart(cycle(1, 0, cuda=True).readings, 1).to_dict()
    (table,) = drawn["datasets"].values()
    assert {row["measure"] for row in table} == {"process (resident)", "CUDA allocated", "CUDA reserved"}
    page = showing(BEGUN, *cycle(1, 0, cuda=True).readings, cycle(1, 0, cuda=True))
    assert page.dataframe[0].value["Before load"][0] == "900 MB · 900 MB · 900 MB"
