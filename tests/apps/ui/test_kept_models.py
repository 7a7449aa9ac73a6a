"""Pages offer a kept model beside the others, in its own precision only."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.ui.model_choice import precisions_of
from models.catalog import Task
from models.errors import UnsupportedCheckpoint
from models.precision import BF16, Precision
from models.weights.cards import find_card
from quantization.keep import keep, own_folder
from quantization.recipes import INT8
from tests.apps.classroom import button, open_page
from tests.conftest import TinyModels

PAGES = {
    "question_answering": (Task.QUESTION_ANSWERING, "bert_qa", "Answer"),
    "translate_summarize": (Task.TEXT_TO_TEXT, "t5", "Translate"),
    "text_classification": (Task.TEXT_CLASSIFICATION, "sentence_classifier", "Classify"),
}


def keep_here(tiny_models: TinyModels, name: str, task: Task, precision: Precision = INT8) -> str:
    """Keep a tiny model where pages do; its id."""
    card = find_card(str(getattr(tiny_models, name)()), task)
    return f"trained/{keep(card, precision, own_folder(card, precision)).name}"


def chooser(page: AppTest, end: str):
    return next(box for box in page.selectbox if (box.key or "").endswith(end))


@pytest.mark.parametrize("file", PAGES)
def test_a_page_runs_a_kept_model_in_the_only_precision_it_offers(tiny_models: TinyModels, file: str) -> None:
    task, name, verb = PAGES[file]
    model_id = keep_here(tiny_models, name, task)
    page = open_page(file)
    chooser(page, "-model").set_value(model_id).run()
    assert not page.exception
    assert [box.options for box in page.selectbox if (box.key or "").endswith("-precision")] == [["int8"]]
    button(page, verb).click().run(timeout=600)
    assert not page.exception
    assert not page.error
    assert any("in int8" in caption.value or "int8 on cpu" in caption.value for caption in page.caption)


def test_weights_in_bf16_are_offered_in_bf16_first_and_in_others_too(tiny_models: TinyModels) -> None:
    card = find_card(keep_here(tiny_models, "gpt2", Task.TEXT_GENERATION, BF16), Task.TEXT_GENERATION)
    assert precisions_of(card, "cpu")[:3] == ["bf16", "fp32", "int8-linear"]


def test_a_tampered_recipe_is_told_on_the_page_and_nothing_can_be_asked(tiny_models: TinyModels) -> None:
    model_id = keep_here(tiny_models, "bert_qa", Task.QUESTION_ANSWERING)
    card = find_card(model_id, Task.QUESTION_ANSWERING)
    (card.path / "aula_precision.json").write_text('{"precision": "int3"}')
    with pytest.raises(UnsupportedCheckpoint):
        precisions_of(find_card(model_id, Task.QUESTION_ANSWERING), "cpu")
    page = open_page("question_answering")
    chooser(page, "-model").set_value(model_id).run()
    assert not page.exception
    assert "a precision that does not exist here" in page.error[0].value
    assert button(page, "Answer").disabled
