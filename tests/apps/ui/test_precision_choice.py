"""Choosing a precision: “auto” by itself, fp32 by one click, the reason beneath the result, and what is slow here."""

import pytest
from streamlit.testing.v1 import AppTest

from apps.pages import PAGES, Page
from apps.ui.model_choice import REFERENCE
from models.catalog import Task, card_of
from models.precision import BF16
from quantization.automatic import speeds
from quantization.automatic.choice import AUTO, candidates
from serving import measured_later
from tests.apps.classroom import button, go_to, open_page
from tests.apps.ui.test_kept_models import keep_here
from tests.conftest import TinyModels

PAGE, KEY = "question_answering", f"{Task.QUESTION_ANSWERING}-precision"
WITH_MODELS = [page for page in PAGES if page.tasks]


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def choosers(page: AppTest) -> dict[str, str]:
    """What the choosers of one precision stand at, by their keys."""
    return {box.key: box.value for box in page.selectbox if (box.key or "").endswith("-precision")}


@pytest.mark.parametrize("row", WITH_MODELS, ids=lambda row: row.name)
def test_auto_is_the_default_of_each_page_whose_subject_is_what_models_answer(row: Page) -> None:
    found = choosers(open_page(row.name))
    if row.as_saved:
        assert AUTO not in found.values()
    else:
        assert set(found.values()) == {AUTO}


def test_pages_of_answers_and_pages_of_numbers() -> None:
    """Written out once: a new page has to say which it is."""
    assert [page.name for page in PAGES if page.tasks and not page.as_saved] == [
        "question_answering", "translate_summarize", "text_classification", "object_detection", "image_classification",
        "text_to_image",
    ]  # fmt: skip
    assert {page.name for page in PAGES if page.section in ("Training", "Quantization")} - {"datasets"} <= {
        page.name for page in PAGES if page.as_saved
    }


@pytest.mark.parametrize("row", [page for page in WITH_MODELS if not page.as_saved], ids=lambda row: row.name)
def test_fp32_is_one_click_away_and_so_is_the_way_back(row: Page) -> None:
    page = open_page(row.name)
    [key] = choosers(page)
    for expected in ("fp32", AUTO):
        switch = page.button(key=f"{key}-{REFERENCE}")
        assert switch.label == f"Use {expected}"
        switch.click().run()
        assert not page.exception
        assert choosers(page) == {key: expected}


def test_what_was_chosen_is_still_chosen_after_another_page() -> None:
    page = open_page(PAGE)
    page.button(key=f"{KEY}-{REFERENCE}").click().run()
    assert choosers(go_to(go_to(page, "glossary"), PAGE)) == {KEY: "fp32"}


def test_auto_says_beneath_the_result_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    monkeypatch.setenv(measured_later.VARIABLE, "1")
    monkeypatch.setattr(measured_later, "measure_later", lambda key, store: begun.append(key))
    card = card_of("aula/qa-minilm")
    assert card is not None
    page = open_page(PAGE)
    button(page, "Answer").click().run(timeout=600)
    assert not page.exception
    assert not page.error
    assert (
        "auto took fp32: it is not measured yet which precision is fastest here. Aula measures it when nobody"
        in captions(page)
    )
    assert "in fp32 on cpu" in captions(page)
    assert [key.model_id for key in begun] == [card.model_id]
    names = [each.name for each in candidates(card, "cpu")]
    speeds.remember(card, {name: 1.0 if name == "fp32" else 0.25 if name == "openvino" else 0.5 for name in names})
    button(page, "Answer").click().run(timeout=600)
    assert not page.error
    assert "auto took openvino: 4.0 × as fast as fp32 here, with the same answers" in captions(page)
    assert "Your result before is of fp32" in captions(page)
    assert "in openvino on cpu" in captions(page)
    button(page, "Answer").click().run(timeout=600)
    assert "Your result before" not in captions(page)
    assert len(begun) == 1
    page.button(key=f"{KEY}-{REFERENCE}").click().run()
    button(page, "Answer").click().run(timeout=600)
    assert "in fp32 on cpu" in captions(page)
    assert "auto took" not in captions(page)


def test_where_nothing_is_measured_nothing_is_promised() -> None:
    page = open_page(PAGE)
    button(page, "Answer").click().run(timeout=600)
    assert "it is not measured yet" in captions(page)
    assert "Aula measures" not in captions(page)


def test_a_model_that_was_saved_in_bf16_is_taken_so_unless_that_is_slow_here(
    tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    model_id = keep_here(tiny_models, "bert_qa", Task.QUESTION_ANSWERING, BF16)
    for units, taken in (
        (True, "auto took bf16, in which this model was saved"),
        (False, "auto took fp32: this model"),
    ):
        monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda units=units: units)
        page = open_page(PAGE)
        page.selectbox(key=f"{Task.QUESTION_ANSWERING}-model").set_value(model_id).run()
        assert choosers(page) == {f"{model_id}-precision": AUTO}
        button(page, "Answer").click().run(timeout=600)
        assert not page.error
        assert taken in captions(page)


@pytest.mark.parametrize(("units", "warned"), [(False, True), (True, False), (None, False)])
@pytest.mark.parametrize(
    ("name", "key"), [(PAGE, KEY), ("step_by_step", "steps-precision"), ("memory_freed", "memory-freed-precision")]
)
def test_bf16_is_called_slow_where_the_processor_has_no_units_for_it(
    monkeypatch: pytest.MonkeyPatch, name: str, key: str, units: bool | None, warned: bool
) -> None:
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: units)
    page = open_page(name)
    if name == PAGE:
        assert ("openvino-bf16" in page.selectbox(key=key).options) is not warned
    assert "no units for bf16" not in captions(page)
    page.selectbox(key=key).set_value("bf16").run()
    assert not page.exception
    assert ("no units for bf16" in captions(page)) is warned


def test_openvino_is_offered_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.recipes.find_spec", lambda name: None)
    options = open_page(PAGE).selectbox(key=KEY).options
    assert "bf16" in options
    assert "openvino" not in options


def test_what_is_no_longer_offered_is_auto_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(PAGE)
    page.selectbox(key=KEY).set_value("openvino").run()
    monkeypatch.setattr("quantization.recipes.find_spec", lambda name: None)
    page.run()
    assert not page.exception
    assert choosers(page) == {KEY: AUTO}
    button(page, "Answer").click().run(timeout=600)
    assert not page.error
    assert "auto took fp32" in captions(page)
