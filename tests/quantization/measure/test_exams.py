"""Which rows a model is asked, and how its answers are scored: by hand, and as sacrebleu does."""

import json
import shutil

import numpy as np
import pytest
import sacrebleu

from models.catalog import ModelCard, Task, models_for
from models.errors import InvalidInput, ModelNotHere
from models.weights.cards import find_card
from quantization.measure.evaluation_sets import Question, Sentence, questions, sentences
from quantization.measure.exams import MOST_TOKENS, QuestionExam, TranslationExam, exam_for

TEXT = "The lamp was lit by Ana Ruiz in May."
ASKED = (
    Question("Who lit the lamp?", TEXT, ("Ana Ruiz",)),
    Question("When?", TEXT, ("in May", "May")),
    Question("Why?", TEXT, ()),
    Question("How often?", TEXT, ()),
)
SAID = (
    Sentence("The cat sleeps.", ("Le chat dort.", "Le chat est en train de dormir.")),
    Sentence("It is raining on the old house.", ("Il pleut sur la vieille maison.", "La pluie tombe sur la maison.")),
    Sentence("Good night, my friend!", ("Bonne nuit, mon ami !",)),
)
WRITTEN = ("Le chat dort.", "Il pleut sur la maison vieille.", "Bonne nuit, mon amie !")


def folder_of(model_id: str, task: Task) -> ModelCard:
    return find_card(str(model_id), task)


def test_answers_are_scored_as_by_hand() -> None:
    exam = QuestionExam(ASKED, tells_no_answer=True)
    # 1: one word too many, P 2/3, R 1, F1 0.8. 2: right. 3: rightly none. 4: something where there is nothing.
    found = exam.figures(["by Ana Ruiz", "May", "", "lamp"])
    assert found["F1"] == pytest.approx(100 * (0.8 + 1 + 1 + 0) / 4)
    assert found["exact match"] == pytest.approx(50)
    assert found["balanced accuracy"] == pytest.approx(75)  # the mean of 2 of 2 and 1 of 2


def test_silence_is_wrong_where_there_is_an_answer() -> None:
    found = QuestionExam(ASKED, tells_no_answer=True).figures(["", "", "", ""])
    assert found == {"F1": 50, "exact match": 50, "balanced accuracy": 50}


def test_a_model_that_never_says_no_answer_is_asked_only_what_has_one() -> None:
    silent = ModelCard("a/b", Task.QUESTION_ANSWERING, repository="a/b", answers_no_answer=False)
    exam = exam_for(silent)
    assert len(exam.rows) == 47
    assert all(row.answers for row in exam.rows)
    assert set(exam.figures(["x"] * 47)) == {"F1", "exact match"}
    assert "left out" in exam.settings
    unknown = ModelCard("a/c", Task.QUESTION_ANSWERING, repository="a/c")
    assert len(exam_for(unknown).rows) == 47


def test_a_model_that_says_no_answer_is_asked_everything() -> None:
    exam = exam_for(models_for(Task.QUESTION_ANSWERING)[0])
    assert exam.rows == questions()
    assert "no answer" in exam.settings


def test_translations_are_scored_as_sacrebleu_scores_them() -> None:
    found = TranslationExam(SAID).figures(WRITTEN)
    references = [[row.french[0] for row in SAID], [row.french[1] if len(row.french) > 1 else None for row in SAID]]
    assert found["BLEU"] == pytest.approx(sacrebleu.corpus_bleu(WRITTEN, references).score)
    assert found["chrF"] == pytest.approx(sacrebleu.corpus_chrf(WRITTEN, references).score)
    assert 0 < found["BLEU"] < 100


def test_what_bleu_adds_up_gives_the_score_of_the_whole_and_of_any_rows() -> None:
    exam = TranslationExam(SAID)
    statistics = exam.statistics(WRITTEN)
    assert statistics.shape == (3, 10)
    assert exam.score(statistics.sum(axis=0)) == pytest.approx(exam.figures(WRITTEN)["BLEU"])
    drawn = [1, 1, 2]
    again = TranslationExam(tuple(SAID[row] for row in drawn)).figures([WRITTEN[row] for row in drawn])
    assert exam.score(statistics[drawn].sum(axis=0)) == pytest.approx(again["BLEU"])


def test_what_f1_adds_up_gives_the_mean() -> None:
    exam = QuestionExam(ASKED, tells_no_answer=True)
    outputs = ["Ana", "May", "x", ""]
    assert exam.score(exam.statistics(outputs).sum(axis=0)) == pytest.approx(exam.figures(outputs)["F1"])
    assert np.isclose(exam.score(exam.statistics(outputs)[0]), 100 * 2 / 3)


def test_all_right_is_a_hundred_and_all_wrong_is_nothing() -> None:
    exam = exam_for(models_for(Task.QUESTION_ANSWERING)[0])
    right = [row.answers[0] if row.answers else "" for row in exam.rows]
    assert exam.figures(right) == {"F1": 100, "exact match": 100, "balanced accuracy": 100}
    exam = TranslationExam(sentences())
    assert exam.figures([row.french[-1] for row in sentences()]) == pytest.approx({"BLEU": 100, "chrF": 100})
    assert exam.figures([""] * 60) == {"BLEU": 0, "chrF": 0}


def test_settings_of_a_translation_state_search_and_signatures() -> None:
    settings = TranslationExam(SAID).settings
    assert "4 beams" in settings
    assert str(MOST_TOKENS) in settings
    assert f"version:{sacrebleu.__version__}" in settings
    assert "tok:13a" in settings


def test_the_exam_of_a_translator_is_our_sentences(tiny_models) -> None:
    assert exam_for(folder_of(tiny_models.t5(), Task.TEXT_TO_TEXT)).rows == sentences()


def test_refusals(tiny_models, tmp_path) -> None:
    with pytest.raises(InvalidInput, match="is for text generation"):
        exam_for(folder_of(tiny_models.gpt2(), Task.TEXT_GENERATION))
    silent = shutil.copytree(tiny_models.t5(), tmp_path / "silent")
    settings = json.loads((silent / "config.json").read_text(encoding="utf-8"))
    (silent / "config.json").write_text(json.dumps(settings | {"task_specific_params": None}), encoding="utf-8")
    with pytest.raises(InvalidInput, match="does not say that it translates English to French"):
        exam_for(folder_of(silent, Task.TEXT_TO_TEXT))
    with pytest.raises(ModelNotHere):
        exam_for(models_for(Task.TEXT_TO_TEXT)[0])


def test_models_answer_through_the_wrappers_of_the_pages(tiny_models) -> None:
    from models.precision import FP32
    from models.question_answering import QuestionAnswerer
    from models.text_to_text import TextToText, TextToTextSettings, join

    card = folder_of(tiny_models.bert_qa(), Task.QUESTION_ANSWERING)
    exam = QuestionExam(ASKED, tells_no_answer=False)
    answer = exam.ask(exam.load(card, "cpu", FP32), ASKED[0], None)
    assert (
        answer
        == QuestionAnswerer.load(card, "cpu").answer(ASKED[0].question, TEXT, no_answer=False, rank_by="score")[0].text
    )
    card = folder_of(tiny_models.t5(), Task.TEXT_TO_TEXT)
    exam = TranslationExam(SAID)
    settings = TextToTextSettings(beams=4, max_new_tokens=MOST_TOKENS)
    by_hand = join(TextToText.load(card, "cpu").translate(SAID[0].english, "french", settings))
    assert exam.ask(exam.load(card, "cpu", FP32), SAID[0], None) == by_hand
