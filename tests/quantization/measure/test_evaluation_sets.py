"""The form of the evaluation sets; that they are right only a reader can tell."""

import json
import re

import pytest

from quantization.measure.evaluation_sets import FOLDER, QUESTIONS, SENTENCES, Question, Sentence, questions, sentences


def test_there_are_sixty_of_each() -> None:
    assert len(questions()) == len(sentences()) == 60


def test_the_questions_are_about_a_dozen_short_texts() -> None:
    paragraphs = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    assert 12 <= len(paragraphs) <= 15
    assert len({paragraph["title"] for paragraph in paragraphs}) == len(paragraphs)
    assert all(40 <= len(paragraph["context"].split()) <= 100 for paragraph in paragraphs)
    assert sum(not question.answers for question in questions()) == 13


@pytest.mark.parametrize("question", questions(), ids=lambda question: question.question)
def test_every_answer_is_a_piece_of_its_text(question: Question) -> None:
    assert question.question.endswith("?")
    assert len(set(question.answers)) == len(question.answers)
    for answer in question.answers:
        found = question.context.find(answer)
        assert found >= 0
        around = question.context[found - 1 : found] + question.context[found + len(answer) :][:1]
        assert not re.search(r"\w", around), f"“{answer}” begins or ends within a word"


def test_nothing_is_asked_twice() -> None:
    assert len({question.question.lower() for question in questions()}) == 60
    assert len({sentence.english.lower() for sentence in sentences()}) == 60


@pytest.mark.parametrize("sentence", sentences(), ids=lambda sentence: sentence.english)
def test_every_sentence_has_two_or_three_translations_in_clean_letters(sentence: Sentence) -> None:
    assert 2 <= len(sentence.french) <= 3
    assert len(set(sentence.french)) == len(sentence.french)
    for text in (sentence.english, *sentence.french):
        assert text == " ".join(text.split())
        assert text[-1] in ".?!"
        assert not re.search(r"[’“”«»\u00a0\u202f]", text)
    for translation in sentence.french:
        assert not re.search(r"\w[?!]", translation), "French has a space before ? and !"
        assert (sentence.english[-1] == "?") == (translation[-1] == "?")


def test_french_is_written_with_its_accents() -> None:
    letters = set("".join(text for sentence in sentences() for text in sentence.french).lower())
    assert set("àâçèéêôûœ") <= letters


def test_a_readme_beside_them_gives_the_licence_and_their_names() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert "CC0 1.0" in text
    assert QUESTIONS.name in text
    assert SENTENCES.name in text
    assert "(13 questions)" in text
