"""The question answering page, with a tiny model."""

import json

import pytest
from streamlit.testing.v1 import AppTest

from tests.apps.classroom import button, go_to, open_page, put_in_cache


@pytest.fixture
def answering(tiny_models) -> AppTest:
    put_in_cache("deepset/roberta-base-squad2", tiny_models.roberta_qa())
    return open_page("question_answering")


def test_without_a_full_model_the_embedded_one_answers_and_says_so() -> None:
    page = open_page("question_answering")
    assert page.selectbox(key="question-answering-model").value == "aula/qa-minilm"
    button(page, "Answer").click().run()
    assert not page.exception
    assert any("Margaret Halloran" in table.value.to_string() for table in page.dataframe)
    assert any("aula/qa-minilm is small and comes with the suite" in caption.value for caption in page.caption)


def test_a_full_model_that_is_here_goes_before_the_embedded_one(answering: AppTest) -> None:
    assert answering.selectbox(key="question-answering-model").value == "deepset/roberta-base-squad2"


def test_a_text_in_another_language_is_told(answering: AppTest) -> None:
    answering.pills[0].set_value("El club de fútbol (español)").run()
    assert "This looks Spanish" in answering.info[0].value


def test_each_question_gets_its_answers(answering: AppTest) -> None:
    answering.text_area(key="qa-questions").set_value("Who built it?\n\nWhen?")
    button(answering, "Answer").click().run()
    assert not answering.exception
    assert not answering.error
    headings = [text.value for text in answering.markdown if text.value.startswith("####")]
    assert headings == ["#### Who built it?", "#### When?"]
    assert len(answering.dataframe) == 2
    assert any("fp32 on cpu" in caption.value for caption in answering.caption)


def test_an_empty_text_gets_a_sentence(answering: AppTest) -> None:
    answering.text_area(key="qa-context").set_value("")
    button(answering, "Answer").click().run()
    assert not answering.exception
    assert "text" in answering.error[0].value.lower()


def test_too_many_questions_are_refused_before_anybody_waits(answering: AppTest) -> None:
    answering.text_area(key="qa-questions").set_value("\n".join(f"Who is number {number}?" for number in range(31)))
    button(answering, "Answer").click().run()
    assert not answering.exception
    assert answering.error[0].value == "These are 31 questions. Ask at most 30 at once."


def test_an_example_fills_the_page(answering: AppTest) -> None:
    answering.pills[0].set_value("El club de fútbol (español)").run()
    assert "San Telmo" in answering.text_area(key="qa-context").value
    assert "¿Cuándo" in answering.text_area(key="qa-questions").value


def test_an_unknown_model_of_ones_own_gets_a_sentence(answering: AppTest) -> None:
    answering.text_input[0].set_value("no/such/folder")
    button(answering, "Add").click().run()
    assert not answering.exception
    assert answering.error


def test_what_was_typed_and_chosen_is_there_after_a_visit_to_another_page(answering: AppTest) -> None:
    answering.selectbox(key="question-answering-model").set_value("deepset/tinyroberta-squad2").run()
    answering.text_area(key="qa-context").set_value("Lucy built it.").run()
    answering.switch_page("home.py").run()
    go_to(answering, "question_answering")
    assert answering.text_area(key="qa-context").value == "Lucy built it."
    assert answering.selectbox(key="question-answering-model").value == "deepset/tinyroberta-squad2"


def test_a_question_that_cannot_be_answered_has_its_sentence_in_its_place(
    answering: AppTest, downloads: dict[str, str]
) -> None:
    answering.text_area(key="qa-questions").set_value("Who built it?\n" + "Where is it? " * 200 + "\nWhen?")
    button(answering, "Answer").click().run()
    assert not answering.exception
    assert [error.value.startswith("The question is too long") for error in answering.error] == [True]
    headings = [text.value for text in answering.markdown if text.value.startswith("####")]
    assert [heading[:12] for heading in headings] == ["#### Who bui", "#### Where i", "#### When?"]
    assert len(answering.dataframe) == 2
    rows = json.loads(downloads["answers.json"])
    assert ["error" in row for row in rows] == [False, True, False]
    assert "The question is too long" in downloads["answers.csv"]


def test_answers_are_ranked_jointly_unless_somebody_chooses_otherwise(answering: AppTest) -> None:
    button(answering, "Answer").click().run()
    assert answering.get("button_group")[-1].value == "joint_score"
    for table in answering.dataframe:
        assert list(table.value["score"]) == list(table.value["joint score"])
        assert table.value["score"].max() <= 1
