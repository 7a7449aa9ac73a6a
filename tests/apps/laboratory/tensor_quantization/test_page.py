"""The page “Quantize a layer”: a real tiny model is read, and every control acts on its weights."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.tensor_quantization.results import decibels_text
from apps.laboratory.tensor_quantization.words import EXAMPLES
from models.catalog import Task
from quantization.mapping import Mapping
from quantization.see.tensor_study import measure_errors
from tests.apps.classroom import button, open_page, press, put_in_cache, sentences
from tests.conftest import TinyModels

GPT2 = "datificate/gpt2-small-spanish"
ATTENTION, FEED_FORWARD = "transformer.h.0.attn.c_attn", "transformer.h.0.mlp.c_fc"


@pytest.fixture
def layer(tiny_models: TinyModels) -> AppTest:
    """The page with the tiny GPT-2 read."""
    put_in_cache(GPT2, tiny_models.gpt2())
    page = open_page("tensor_quantization")
    page.selectbox(key="text-generation-model").set_value(GPT2).run()
    return press(page, "Read the layers")


def weights_of(folder: Path, name: str):
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")[f"{name}.weight"].t()


def figures(page: AppTest) -> list[str]:
    return [tile.value for tile in page.metric]


def set_controls(page: AppTest, **values) -> AppTest:
    for field, value in values.items():
        page.session_state[f"tensor-{field}"] = value
    page.run()
    assert not page.exception
    return page


def test_nothing_is_loaded_before_somebody_asks(tiny_models: TinyModels) -> None:
    put_in_cache(GPT2, tiny_models.gpt2())
    page = open_page("tensor_quantization")
    assert button(page, "Read the layers")
    assert not page.metric


def test_layers_are_offered_by_part_with_their_shapes(layer: AppTest) -> None:
    chooser = layer.selectbox(key=f"tensor-layer-{GPT2}-attention")
    assert chooser.value == ATTENTION
    assert chooser.options[0] == f"{ATTENTION} · 96 × 32"
    assert "96 outputs × 32 inputs = 3,072 weights, all of them" in sentences(layer)
    assert not any(found.label == "Read the layers" for found in layer.button)


def test_the_figures_are_those_of_the_mapping(layer: AppTest, tiny_models: TinyModels) -> None:
    expected = measure_errors(weights_of(tiny_models.gpt2(), ATTENTION), Mapping())
    assert figures(layer)[0] == decibels_text(expected.signal_to_noise)
    assert figures(layer)[2:] == [f"{expected.bits_per_weight:.2f}", "0 %"]
    assert len(layer.get("vega_lite_chart")) == 4


def test_every_control_acts_at_once(layer: AppTest, tiny_models: TinyModels) -> None:
    weights = weights_of(tiny_models.gpt2(), ATTENTION)
    for choice, mapping in (
        ({"bits": 3}, Mapping(3)),
        ({"kind": "affine"}, Mapping(3, symmetric=False)),
        ({"granularity": "tensor"}, Mapping(3, False, "tensor")),
        ({"granularity": "group", "group_size": 16}, Mapping(3, False, "group", 16)),
        ({"clipping": 95.0}, Mapping(3, False, "group", 16, 95.0)),
    ):
        set_controls(layer, **choice)
        assert figures(layer)[0] == decibels_text(measure_errors(weights, mapping).signal_to_noise)


def test_another_layer_is_read_without_asking(layer: AppTest, tiny_models: TinyModels) -> None:
    layer.segmented_control(key=f"tensor-part-{GPT2}").set_value("feed-forward").run()
    assert not layer.exception
    assert layer.selectbox(key=f"tensor-layer-{GPT2}-feed-forward").value == FEED_FORWARD
    expected = measure_errors(weights_of(tiny_models.gpt2(), FEED_FORWARD), Mapping())
    assert figures(layer)[0] == decibels_text(expected.signal_to_noise)
    assert "128 outputs × 32 inputs" in sentences(layer)


def test_another_model_leaves_nothing_of_the_first(layer: AppTest, tiny_models: TinyModels) -> None:
    put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa())
    layer.segmented_control(key="tensor-task").set_value(Task.QUESTION_ANSWERING).run()
    layer.selectbox(key="question-answering-model").set_value("deepset/roberta-base-squad2").run()
    assert not layer.metric
    assert not layer.get("vega_lite_chart")
    press(layer, "Read the layers")
    assert "roberta.encoder" in layer.selectbox(key="tensor-layer-deepset/roberta-base-squad2-attention").value


def test_every_example_sets_the_controls_and_says_what_to_look_at(layer: AppTest) -> None:
    for name, settings in EXAMPLES.items():
        layer.pills[0].set_value(name).run()
        assert not layer.exception
        assert settings.remark in sentences(layer)
        assert layer.slider(key="tensor-bits").value == settings.bits
        assert layer.toggle(key="tensor-outlier").value is settings.outlier


def test_finer_scales_are_better_and_clipping_helps_against_an_outlier(layer: AppTest) -> None:
    ratios = {}
    for name in EXAMPLES:
        layer.pills[0].set_value(name).run()
        ratios[name] = float(figures(layer)[0].removesuffix(" dB"))
    eight, broken, groups, outlier, clipped = ratios.values()
    assert eight > 35
    assert broken < groups
    assert outlier < clipped
    change, words = layer.metric[0].delta.split(" ", 1)
    assert words == "dB by clipping"
    assert float(change) == pytest.approx(clipped - outlier, abs=0.11)  # each of the three is rounded


def test_results_can_be_taken_home(layer: AppTest, downloads: dict[str, str]) -> None:
    set_controls(layer, bits=4)
    details = json.loads(downloads["layer.json"])
    assert (details["model"], details["layer"]["name"], details["bits"]) == (GPT2, ATTENTION, 4)
    assert details["sampled"] == {"outputs": 96, "inputs": 32, "whole": True}
    assert len(details["comparison"]) == 21
    rows = list(csv.DictReader(io.StringIO(downloads["layer.csv"])))
    assert len(rows) == 22
    assert (rows[0]["bits"], rows[0]["granularity"]) == ("4", "channel")


def test_the_comparison_is_kept_while_only_bits_change(layer: AppTest) -> None:
    before = layer.session_state["tensor-comparison-outcome"]
    set_controls(layer, bits=5, granularity="tensor")
    assert layer.session_state["tensor-comparison-outcome"] is before
    set_controls(layer, kind="affine")
    assert layer.session_state["tensor-comparison-outcome"] is not before


def test_a_stopped_comparison_keeps_what_it_has_until_a_setting_changes(
    layer: AppTest, downloads: dict[str, str]
) -> None:
    whole = layer.session_state["tensor-comparison-outcome"]
    layer.session_state["tensor-comparison-outcome"] = replace(whole, items=whole.items[:5])
    layer.session_state["tensor-comparison-stopped"] = whole.request
    set_controls(layer, bits=5)
    assert "was stopped" in sentences(layer)
    assert len(json.loads(downloads["layer.json"])["comparison"]) == 5
    set_controls(layer, kind="affine")
    assert "was stopped" not in sentences(layer)
    assert len(json.loads(downloads["layer.json"])["comparison"]) == 21


def test_a_folder_that_is_not_a_model_says_so(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    page = open_page("tensor_quantization")
    page.text_input(key="text-generation-own-id").set_value(str(tmp_path))
    press(page, "Add")
    if any(each.label == "Read the layers" for each in page.button):
        press(page, "Read the layers")
    assert page.error
    assert not page.metric
