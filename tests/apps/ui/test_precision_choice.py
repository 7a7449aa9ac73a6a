"""Choosing a precision: “auto” among them, its reason beneath the result, and a warning where one is slow here."""

import pytest
from streamlit.testing.v1 import AppTest

from models.catalog import Task, card_of
from quantization.automatic import speeds
from quantization.automatic.choice import AUTO, candidates
from tests.apps.classroom import button, open_page

PAGE, KEY = "question_answering", f"{Task.QUESTION_ANSWERING}-precision"


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def test_auto_is_offered_and_says_beneath_the_result_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    monkeypatch.setattr("serving.measured_later.measure_later", lambda key, store: begun.append(key))
    card = card_of("aula/qa-minilm")
    assert card is not None
    page = open_page(PAGE)
    chooser = page.selectbox(key=KEY)
    assert (chooser.value, chooser.options[1]) == ("fp32", AUTO)
    chooser.set_value(AUTO).run()
    button(page, "Answer").click().run(timeout=600)
    assert not page.exception
    assert not page.error
    assert "auto took fp32: it is not measured yet" in captions(page)
    assert [key.model_id for key in begun] == [card.model_id]
    names = [each.name for each in candidates(card, "cpu")]
    speeds.remember(card, {name: 1.0 if name == "fp32" else 0.25 if name == "openvino" else 0.5 for name in names})
    button(page, "Answer").click().run(timeout=600)
    assert not page.error
    assert "auto took openvino: 4.0 × as fast as fp32 here, with the same answers" in captions(page)
    assert "in openvino on cpu" in captions(page)
    assert len(begun) == 1


@pytest.mark.parametrize(("units", "warned"), [(False, True), (True, False), (None, False)])
def test_bf16_is_called_slow_where_the_processor_has_no_units_for_it(
    monkeypatch: pytest.MonkeyPatch, units: bool | None, warned: bool
) -> None:
    monkeypatch.setattr("quantization.recipes.has_bf16_units", lambda: units)
    page = open_page(PAGE)
    assert ("openvino-bf16" in page.selectbox(key=KEY).options) is not warned
    assert "no units for bf16" not in captions(page)
    page.selectbox(key=KEY).set_value("bf16").run()
    assert ("no units for bf16" in captions(page)) is warned


def test_openvino_is_offered_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.recipes.find_spec", lambda name: None)
    options = open_page(PAGE).selectbox(key=KEY).options
    assert "bf16" in options
    assert "openvino" not in options
