"""The page that predicts what a model needs."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.laboratory.model_memory.choice import BATCH, CONTEXT, COUNT, MODEL
from apps.ui import visitor
from quantization.predict.plan import plan
from tests.apps.classroom import button, open_page, press, sentences
from tests.loopback_hub import LoopbackHub

PAGE = "model_memory"
LLAMA = "meta-llama/Meta-Llama-3-8B"
GPT2 = "openai-community/gpt2"


def choose(page: AppTest, model_id: str) -> AppTest:
    page.selectbox(key=MODEL).set_value(model_id).run()
    assert not page.exception
    return page


def add(page: AppTest, model_id: str) -> AppTest:
    """Name a model in the field for another one."""
    page.text_input(key="memory-own-id").set_value(model_id)
    return press(page, "Add")


def test_the_page_opens_with_gpt2_its_parameters_and_a_verdict_for_each_precision() -> None:
    page = open_page(PAGE)
    assert "**124,439,808 parameters**" in sentences(page)
    assert "84,934,656 in layers of the type `Conv1D`" in sentences(page)
    assert list(page.dataframe[0].value["Precision"]) == ["fp32", "bf16", "int8", "bnb-nf4"]
    assert page.dataframe[0].value["Weights"][0] == "497.8 MB"
    assert "**bnb-nf4** needs" in sentences(page)
    assert len(page.get("vega_lite_chart")) == 1


def test_llama_stands_beside_what_the_course_read() -> None:
    page = choose(open_page(PAGE), LLAMA)
    table = page.table[0].value
    assert list(table["Read"]) == ["32.12104550 GB", "6.06089267 GB"]
    assert list(table["Predicted"]) == ["32.12104499 GB", "6.02778013 GB"]
    assert "512 bytes" in sentences(page)


def test_gpt_neo_shows_what_it_really_needs() -> None:
    page = choose(open_page(PAGE), "EleutherAI/gpt-neo-125m")
    assert page.table[0].value["Predicted"].iloc[0] == "501 MB"
    assert "a model of 1.2 GB" in sentences(page)
    assert "50.3 MB" in sentences(page)


def test_context_and_batch_change_the_keys_and_values() -> None:
    page = choose(open_page(PAGE), LLAMA)
    before = page.dataframe[0].value["Keys and values"][0]
    page.number_input(key=CONTEXT).set_value(8192)
    page.number_input(key=BATCH).set_value(4).run()
    assert before == "134 MB"
    assert page.dataframe[0].value["Keys and values"][0] == "8.6 GB"


def test_a_context_that_is_too_long_is_cut_and_said() -> None:
    page = open_page(PAGE)
    page.number_input(key=CONTEXT).set_value(5000).run()
    assert "at most 1,024 tokens" in sentences(page)


def test_training_is_in_fp32_with_gradients_and_moments() -> None:
    page = open_page(PAGE)
    page.segmented_control(key="memory-use").set_value("Train it with Adam").run()
    table = page.dataframe[0].value
    assert list(table["Precision"]) == ["fp32"]
    assert (table["Gradients"][0], table["Adam's moments"][0]) == ("498 MB", "996 MB")


def test_a_number_of_parameters_is_enough() -> None:
    page = open_page(PAGE)
    page.segmented_control(key="memory-kind").set_value("Only the number of parameters").run()
    assert page.dataframe[0].value["Total"][0] == "440 MB"
    assert "Only the number is known" in sentences(page)
    page.text_input(key=COUNT).set_value("many").run()
    assert "is not a number of parameters" in page.error[0].value
    page.text_input(key=COUNT).set_value(" ").run()
    assert page.error[0].value.startswith("There is no number yet. Write it as 110M")
    page.text_input(key=COUNT).set_value("0").run()
    assert "not possible" in page.error[0].value


def test_a_precision_without_effect_is_a_sentence_beside_the_others() -> None:
    page = choose(open_page(PAGE), "deepset/roberta-base-squad2")
    page.multiselect(key="memory-precisions").set_value(["fp32", "int8-tied"]).run()
    assert page.warning[0].value.startswith("**int8-tied**: The precision")
    assert list(page.dataframe[0].value["Precision"]) == ["fp32"]
    page.multiselect(key="memory-precisions").set_value([]).run()
    assert "at least one precision" in page.warning[0].value


def test_a_folder_is_taken_and_what_is_nothing_gets_a_sentence(tiny_models) -> None:
    folder = str(tiny_models.gpt2())
    page = add(open_page(PAGE), folder)
    assert page.selectbox(key=MODEL).value == folder
    assert "Configuration: from its folder" in sentences(page)
    page = add(page, "nonsense")
    assert "There is no model or folder" in page.error[0].value


def test_half_a_folder_is_predicted_and_said_to_be_half(tiny_models, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_models.gpt2(), tmp_path / "half")
    for file in ("tokenizer.json", "vocab.json", "merges.txt"):
        (folder / file).unlink(missing_ok=True)
    page = add(open_page(PAGE), str(folder))
    assert "As the folder is, it cannot be loaded" in page.warning[0].value
    assert page.dataframe


def test_a_configuration_that_cannot_be_built_gets_a_sentence(tmp_path: Path) -> None:
    values = {"model_type": "bert", "num_attention_heads": 7, "hidden_size": 32}
    (tmp_path / "config.json").write_text(json.dumps(values))
    page = add(open_page(PAGE), str(tmp_path))
    assert "cannot be used" in page.error[0].value
    assert not page.dataframe


def test_another_id_is_fetched_when_asked_for(tiny_models, monkeypatch: pytest.MonkeyPatch) -> None:
    page = add(open_page(PAGE), "owner/model")
    assert "not on this machine" in page.info[0].value
    assert not page.dataframe
    page = press(page, "Fetch its configuration")
    assert "offline" in page.error[0].value.lower()
    with LoopbackHub({"owner/model": tiny_models.t5()}) as hub:
        for name, value in hub.environment().items():
            monkeypatch.setenv(name, value)
        page = press(page, "Fetch its configuration")
        assert "Configuration: fetched from the hub" in sentences(page)
        assert not hub.asked_for("model.safetensors")


def test_a_stranger_can_choose_and_not_fetch_or_name_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = open_page(PAGE)
    assert not page.text_input
    assert [button.label for button in page.button] == ["Walkthrough"]
    assert "**fp32** needs" in sentences(page)


def test_the_plans_can_be_taken_home(downloads: dict[str, str]) -> None:
    choose(open_page(PAGE), LLAMA)
    rows = list(csv.DictReader(io.StringIO(downloads["model-memory.csv"])))
    assert [row["precision"] for row in rows] == ["fp32", "bf16", "int8", "bnb-nf4"]
    assert int(rows[0]["total"]) == plan(LLAMA).total
    details = json.loads(downloads["model-memory.json"])
    assert details["parameters"] == 8_030_261_248
    assert details["plans"][3]["weight_bytes"] == plan(LLAMA, "bnb-nf4").weight_bytes
    assert set(details["plans"][0]["verdicts"]) >= {"RAM"}


def test_another_model_can_be_stopped_and_started_again() -> None:
    page = open_page(PAGE)
    page.session_state["memory-outcome"].items.clear()
    assert button(page, "Add")
    page.run()
    assert "**fp32** needs" in sentences(page)
