"""The text classification page with tiny models: texts in, table, bars, coloured words and files out."""

import json
import re

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from apps.demos.text_classification.words import TO_CLASSIFY
from models.catalog import ModelCard, Task, models_for
from models.text_classification import TextClassifier
from tests.apps.classroom import go_to, open_page, press, put_in_cache

FULL = models_for(Task.TEXT_CLASSIFICATION)[0].model_id
TWO_TEXTS = "A wonderful film!\n\n  The food was cold.  "


@pytest.fixture
def classifying(tiny_models) -> AppTest:
    put_in_cache(FULL, tiny_models.bert_classifier())
    return open_page("text_classification")


@pytest.fixture
def wrapper(tiny_models) -> TextClassifier:
    return TextClassifier.load(ModelCard("tiny", Task.TEXT_CLASSIFICATION, path=tiny_models.bert_classifier()), "cpu")


def classify(page: AppTest, texts: str) -> AppTest:
    page.text_area(key="classification-texts").set_value(texts)
    return press(page, "Classify")


def table(page: AppTest) -> pd.DataFrame:
    return page.dataframe[0].value


def coloured(page: AppTest) -> list[str]:
    """The words with a background, in order."""
    drawn = "".join(html.proto.body for html in page.get("html"))
    return re.findall(r'<span style="background[^>]*title[^>]*>([^<]*)</span>', drawn)


def test_each_line_is_a_text_with_its_label_and_score(classifying: AppTest, wrapper: TextClassifier) -> None:
    classify(classifying, TWO_TEXTS)
    expected = wrapper.classify(["A wonderful film!", "The food was cold."])
    assert not classifying.error
    assert list(table(classifying)["text"]) == [result.text for result in expected]
    assert list(table(classifying)["label"]) == [result.label for result in expected]
    assert list(table(classifying)["score"]) == pytest.approx([result.score for result in expected], abs=1e-6)
    assert "cut" not in table(classifying)
    assert any(text.value.startswith("#### 2 texts") for text in classifying.markdown)
    assert any("fp32 on cpu" in caption.value for caption in classifying.caption)


def test_the_bars_show_all_labels_of_all_texts(classifying: AppTest) -> None:
    classify(classifying, TWO_TEXTS)
    chart = json.loads(classifying.get("vega_lite_chart")[0].proto.spec)
    assert chart["encoding"]["color"]["scale"]["domain"] == ["negative", "neutral", "positive"]


def test_the_words_of_each_text_are_coloured(classifying: AppTest) -> None:
    classify(classifying, TWO_TEXTS)
    assert coloured(classifying) == ["A", "wonderful", "film", "The", "food", "was", "cold"]


def test_without_explanations_there_are_no_words(classifying: AppTest) -> None:
    classifying.toggle(key="classification-explain").set_value(False)
    classify(classifying, TWO_TEXTS)
    assert len(table(classifying)) == 2
    assert coloured(classifying) == []


def test_a_label_can_be_explained_in_all_texts(classifying: AppTest, downloads: dict[str, str], wrapper) -> None:
    chooser = classifying.selectbox(key=f"classification-label-{FULL}")
    assert chooser.options == ["the likeliest", "negative", "neutral", "positive"]
    chooser.set_value("neutral")
    classify(classifying, TWO_TEXTS)
    [first, _] = json.loads(downloads["classifications.json"])["results"]
    assert first["explained"] == "neutral"
    expected = wrapper.explain("A wonderful film!", "neutral")
    assert [word["importance"] for word in first["words"]] == pytest.approx([w.importance for w in expected], abs=1e-6)


def test_only_the_first_texts_are_explained_and_the_page_says_so(classifying: AppTest) -> None:
    classify(classifying, "\n".join(f"good film {number}" for number in range(12)))
    assert len(table(classifying)) == 12
    assert len(coloured(classifying)) == 30
    assert "The first 10 of 12 texts are explained." in [caption.value for caption in classifying.caption]


def test_a_text_that_was_cut_says_so(classifying: AppTest) -> None:
    classify(classifying, "The food was cold. " * 30)
    assert list(table(classifying)["cut"]) == [True]


def test_what_a_text_holds_is_never_read_as_markup(classifying: AppTest) -> None:
    classify(classifying, "<b>good</b> & <script>x</script> **bold**")
    drawn = "".join(html.proto.body for html in classifying.get("html"))
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_results_can_be_taken_home(classifying: AppTest, downloads: dict[str, str], wrapper: TextClassifier) -> None:
    classify(classifying, "A wonderful film!\n=wonderful film")
    expected = wrapper.classify(["A wonderful film!", "=wonderful film"])
    header, first, second = downloads["classifications.csv"].splitlines()
    assert header == "text,label,score,truncated,score of negative,score of neutral,score of positive,unreadable"
    assert first.startswith(f"A wonderful film!,{expected[0].label},{round(expected[0].score, 6)},False,")
    assert second.startswith("'=wonderful film,")
    details = json.loads(downloads["classifications.json"])
    assert (details["model"], details["complete"]) == (FULL, True)
    assert [row["text"] for row in details["results"]] == ["A wonderful film!", "=wonderful film"]
    assert details["results"][0]["scores"] == pytest.approx(expected[0].scores, abs=1e-6)
    assert details["measured"]["seconds"] > 0


@pytest.mark.parametrize(
    ("texts", "words"),
    [("  \n ", "There is no text"), ("good\n" * 201, "201 texts. Take at most 200"), ("far " * 30_000, "100,000")],
    ids=["none", "many", "long"],
)
def test_texts_that_cannot_be_used_get_a_sentence(classifying: AppTest, texts: str, words: str) -> None:
    classify(classifying, texts)
    assert words in classifying.error[0].value
    assert not classifying.dataframe


def test_examples_fill_the_page_and_say_what_to_expect(classifying: AppTest) -> None:
    assert classifying.text_area(key="classification-texts").value == TO_CLASSIFY["Film reviews"].text
    classifying.pills[0].set_value("Irony (goes wrong)").run()
    assert "waste two hours" in classifying.text_area(key="classification-texts").value
    assert any("Goes wrong on purpose" in caption.value for caption in classifying.caption)


def test_a_file_fills_the_texts(classifying: AppTest) -> None:
    content = "One line.\r\nAnother, with a café.\r\n".encode("utf-8-sig")
    classifying.file_uploader[0].set_value(("reviews.txt", content, "text/plain")).run()
    assert classifying.text_area(key="classification-texts").value == "One line.\nAnother, with a café.\n"


def test_texts_in_a_language_that_the_model_does_not_read_are_named(classifying: AppTest) -> None:
    spanish = "El concierto fue fantástico y volveríamos mañana mismo, porque la música era muy buena."
    classifying.text_area(key="classification-texts").set_value(spanish).run()
    assert any("Spanish" in info.value for info in classifying.info)


def test_results_outlive_a_visit_to_another_page(classifying: AppTest) -> None:
    classify(classifying, TWO_TEXTS)
    before = table(classifying)
    classifying.switch_page("home.py").run()
    go_to(classifying, "text_classification")
    assert classifying.text_area(key="classification-texts").value == TWO_TEXTS
    pd.testing.assert_frame_equal(table(classifying), before)


def test_a_text_that_cannot_be_read_is_named_in_its_place(classifying: AppTest, downloads: dict[str, str]) -> None:
    classify(classifying, "\u2060\u2060\nA wonderful film!\n" + "far " * 30_000 + "\nThe food was cold.")
    assert not classifying.exception
    told = [error.value for error in classifying.error]
    assert [sentence[:11] for sentence in told] == ["Text 1 of 4", "Text 3 of 4"]
    rows = table(classifying)
    assert list(rows["#"]) == [1, 2, 3, 4]
    assert list(rows["label"].isna()) == [True, False, True, False]
    assert "There is no text" in rows["problem"][0]
    assert "100,000" in rows["problem"][2]
    assert coloured(classifying) == ["A", "wonderful", "film", "The", "food", "was", "cold"]
    details = json.loads(downloads["classifications.json"])
    assert ["error" in row for row in details["results"]] == [True, False, True, False]
    assert ["words" in row for row in details["results"]] == [False, True, False, True]
    assert not details["complete"]
    assert len(downloads["classifications.csv"].splitlines()) == 5


def test_a_line_of_a_file_that_is_not_utf_8_is_left_out_and_named(classifying: AppTest) -> None:
    content = b"One line.\n" + b"caf\xe9\n" + "¡Otra!\n".encode()
    classifying.file_uploader[0].set_value(("reviews.txt", content, "text/plain")).run()
    assert classifying.text_area(key="classification-texts").value == "One line.\n¡Otra!\n"
    assert "Line 2 of “reviews.txt” was left out" in classifying.error[0].value
