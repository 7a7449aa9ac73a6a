"""The page “Step by step”: choose, run, look inside, take home. With embedded and tiny models."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.step_by_step.words import EXAMPLES
from apps.ui import visitor
from models.catalog import Task
from models.steps.cells import STEP_NAMES, TITLES
from tests.apps.classroom import open_page, press, put_in_cache, sentences

SENTIMENT = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
SPANISH = "datificate/gpt2-small-spanish"


def opened(task: Task, until: str | None = None) -> AppTest:
    page = open_page("step_by_step")
    page.segmented_control(key="steps-task").set_value(task).run()
    if until is not None:
        page.selectbox(key="steps-until").set_value(until).run()
    assert not page.exception
    return page


@pytest.fixture
def classifier(tiny_models) -> None:
    put_in_cache(SENTIMENT, tiny_models.distilbert_classifier())


@pytest.fixture
def generator(tiny_models) -> None:
    put_in_cache(SPANISH, tiny_models.gpt2())


def test_the_code_that_ran_is_shown_for_every_step(classifier: None) -> None:
    page = press(opened(Task.TEXT_CLASSIFICATION), "Run")
    code = [found.value for found in page.code][: len(STEP_NAMES)]

    assert f"MODEL = '{SENTIMENT}'" in code[0]
    assert "tokenizer = AutoTokenizer.from_pretrained(MODEL)" in code[1]
    assert all(title in sentences(page).replace("\\", "") for title in TITLES.values())
    assert not page.error


def test_a_model_that_writes_has_sliders_that_act_without_running_it_again(generator: None) -> None:
    page = press(opened(Task.TEXT_GENERATION, "logits"), "Run")
    before = page.session_state["steps-outcome"]
    assert "tokens can be drawn" in sentences(page)
    page.slider(key="steps-top-k").set_value(5).run()

    assert not page.exception
    assert page.session_state["steps-outcome"] is before


def test_layer_and_head_of_the_attention_are_chosen(generator: None) -> None:
    page = press(opened(Task.TEXT_GENERATION, "attention"), "Run")
    layer = next(found for found in page.select_slider if found.label == "Layer")
    assert (layer.options[0], layer.value) == ("mean", 2)  # the last of two
    layer.set_value(1).run()

    assert not page.exception


def test_the_notebook_is_offered_without_a_path_of_this_machine(
    classifier: None, downloads: dict[str, str], tmp_path
) -> None:
    press(opened(Task.TEXT_CLASSIFICATION, "tokens"), "Run")
    notebook = json.loads(downloads["step-by-step.ipynb"])

    assert notebook["nbformat"] == 4
    assert str(tmp_path) not in downloads["step-by-step.ipynb"] + downloads["step-by-step.json"]


def test_a_stranger_sees_no_path(classifier: None, monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(visitor, "is_at_this_machine", lambda: False)
    page = press(opened(Task.TEXT_CLASSIFICATION, "model"), "Run")
    shown = sentences(page) + "".join(found.value for found in page.code)

    assert str(tmp_path) not in shown


def test_empty_text_gets_a_sentence(classifier: None) -> None:
    page = opened(Task.TEXT_CLASSIFICATION)
    page.text_area[0].set_value("  ").run()

    assert "There is no text" in press(page, "Run").error[0].value


def test_a_text_of_a_megabyte_is_cut_with_a_word(classifier: None) -> None:
    page = opened(Task.TEXT_CLASSIFICATION, "tokens")
    page.text_area[0].set_value("good film " * 90_000).run()

    assert any("the steps take the first" in info.value for info in press(page, "Run").info)


@pytest.mark.parametrize("task", EXAMPLES, ids=str)
def test_each_task_opens_with_its_first_example(task: Task) -> None:
    page = opened(task)
    first = next(iter(EXAMPLES[task].values()))

    assert page.text_area[0].value == first["steps-text"]
    assert not page.button[0].disabled


def test_only_precisions_that_stand_in_plain_lines_are_offered() -> None:
    assert "int8" not in opened(Task.TEXT_CLASSIFICATION).selectbox(key="steps-precision").options
