"""The other views of the page: models side by side, labels that are typed, a file with gold labels."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.apps.classroom import open_page, press, put_in_cache, sentences
from tests.conftest import TinyModels

THREE = "lxyuan/distilbert-base-multilingual-cased-sentiments-student"
TWO = "distilbert/distilbert-base-uncased-finetuned-sst-2-english"
EMOTION = "j-hartmann/emotion-english-distilroberta-base"
NLI = "MoritzLaurer/xtremedistil-l6-h256-zeroshot-v1.1-all-33"
GOLD = b"text,label\nA wonderful film!,POS\nThe food was cold.,NEG\nGreat actors,mixed\nNot bad at all,POS\n"


@pytest.fixture(autouse=True)
def models_here(tiny_models: TinyModels) -> None:
    put_in_cache(THREE, tiny_models.bert_classifier())
    put_in_cache(TWO, tiny_models.distilbert_classifier())
    put_in_cache(NLI, tiny_models.bert_nli())


def view(name: str) -> AppTest:
    page = open_page("text_classification")
    page.segmented_control(key="classification-view").set_value(name).run()
    assert not page.exception
    return page


def test_models_stand_side_by_side_and_labels_without_meaning_are_not_compared(downloads: dict[str, str]) -> None:
    page = view("Compare models")
    page.multiselect(key="comparison-models").set_value([THREE, TWO, EMOTION]).run()
    assert any(EMOTION in info.value for info in page.info), "its download is offered"
    page.text_area(key="classification-texts").set_value("A wonderful film!\nThe food was cold.\n\u2060\u2060")
    press(page, "Compare")
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["#"]) == [1, 2, 3]
    assert len(table.columns) == 4
    assert "are not compared" in sentences(page)
    details = json.loads(downloads["comparison.json"])
    assert [model["model"] for model in details["models"]] == [THREE, TWO]
    assert "error" in details["texts"][2]["answers"][TWO]


def test_texts_are_sorted_by_labels_that_are_typed(downloads: dict[str, str]) -> None:
    page = view("Your own labels")
    assert page.selectbox(key="label-model").value == NLI
    page.text_input(key="own-labels-labels").set_value("film, food")
    page.text_area(key="own-labels-texts").set_value("A wonderful film!\nThe food was cold.")
    press(page, "Sort")
    assert not page.exception
    details = json.loads(downloads["own-labels.json"])
    assert (details["model"], details["labels"], details["complete"]) == (NLI, ["film", "food"], True)
    assert [sum(result["scores"].values()) for result in details["results"]] == pytest.approx([1, 1])


@pytest.mark.parametrize(
    ("labels", "says"), [("", "There is no label"), ("film", "for certain"), ("a, A", "more than once")]
)
def test_labels_that_cannot_be_used_get_a_sentence(labels: str, says: str) -> None:
    page = view("Your own labels")
    page.text_input(key="own-labels-labels").set_value(labels)
    press(page, "Sort")
    assert says in page.error[0].value


def test_a_file_is_graded_and_the_matching_can_be_changed(downloads: dict[str, str]) -> None:
    page = view("Against gold labels")
    page.selectbox(key="text-classification-model").set_value(THREE).run()
    page.segmented_control(key="gold-source").set_value("My own file").run()
    page.file_uploader[0].set_value(("gold.csv", GOLD, "text/csv")).run()
    assert "The model has nothing for “mixed”" in sentences(page)
    press(page, "Grade")
    assert not page.exception
    first = json.loads(downloads["metrics.json"])
    assert (first["graded"], first["left_out"]) == (3, {"mixed": 1})
    assert any("“mixed” is left out" in warning.value for warning in page.warning)
    chooser = next(each for each in page.selectbox if each.label == "“mixed” counts as")
    chooser.set_value("NEG").run()
    second = json.loads(downloads["metrics.json"])
    assert (second["graded"], second["left_out"], second["matching"]["by"]) == (4, {}, "hand")


def test_a_file_whose_labels_are_ids_is_refused() -> None:
    page = view("Against gold labels")
    page.segmented_control(key="gold-source").set_value("My own file").run()
    many = "text,label\n" + "".join(f"text number {n},id{n}\n" for n in range(150))
    page.file_uploader[0].set_value(("ids.csv", many.encode(), "text/csv")).run()
    assert "150 different values" in page.error[0].value
