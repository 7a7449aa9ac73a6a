"""What is measured of a translator: every translation of a row counts, and each kind of text."""

from pathlib import Path

import pytest
import sacrebleu

from models.text.pieces import Piece
from models.text.task_settings import TextToTextSettings
from tests.training.tiny_data import translations
from training import translation_figures
from training.translation_figures import compared, evaluate, score, translated_as_on_pages, validate

WRITTEN = ["Il lit un livre ici.", "Anna travaille ici."]
ROWS = [("…", "Elle lit un livre ici.", "Il lit un livre ici."), ("…", "Anna travaille là.")]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return translations(tmp_path_factory.mktemp("data"))


def test_the_score_counts_every_translation_of_a_row(monkeypatch) -> None:
    monkeypatch.setattr(translation_figures, "translate", lambda *rest: WRITTEN)
    found = score(None, None, ROWS, "fr", TextToTextSettings())
    references = [["Elle lit un livre ici.", "Anna travaille là."], ["Il lit un livre ici.", None]]
    assert found["BLEU"] == pytest.approx(sacrebleu.corpus_bleu(WRITTEN, references).score)
    assert found["chrF"] == pytest.approx(sacrebleu.corpus_chrf(WRITTEN, references).score)
    assert found["BLEU"] > compared(WRITTEN, [row[:2] for row in ROWS])["BLEU"]


def test_validation_is_the_mean_over_the_languages(data, monkeypatch) -> None:
    figures = {"fr": {"BLEU": 40.0, "chrF": 50.0}, "es": {"BLEU": 20.0, "chrF": 40.0}}
    monkeypatch.setattr(
        translation_figures, "score", lambda model, tokenizer, pairs, language, settings: figures[language]
    )
    assert validate(None, None, data) == {"BLEU": 30.0, "chrF": 45.0}


def test_every_language_is_measured_and_every_kind_that_the_collection_has(data, monkeypatch) -> None:
    asked = []

    def echo(translator, texts, language):
        asked.append((language, list(texts)))
        return list(texts)

    monkeypatch.setattr(translation_figures, "translated_as_on_pages", echo)
    monkeypatch.setattr(translation_figures.TextToText, "load", lambda *rest: None)
    monkeypatch.setattr(translation_figures, "find_card", lambda *rest: None)
    found = evaluate(Path("somewhere"), data)
    assert list(found) == [
        "BLEU en-fr", "chrF en-fr", "chrF en-fr other", "chrF en-fr other/law", "BLEU en-es", "chrF en-es"
    ]  # fmt: skip
    assert found["chrF en-fr other"] == found["chrF en-fr other/law"]
    assert [(language, len(texts)) for language, texts in asked] == [("fr", 2), ("fr", 2), ("es", 2)]
    asked.clear()
    evaluate(Path("somewhere"), data, examples=1)
    assert [(language, len(texts)) for language, texts in asked] == [("fr", 1), ("es", 1)]


def test_many_lines_are_translated_as_on_pages_and_come_back_in_their_order() -> None:
    class Shouts:
        def translate(self, text, target, even_if_unreadable):
            assert (target, even_if_unreadable) == ("french", True)
            lines = text.splitlines()
            assert lines == sorted(lines, key=len)
            words = [(number, word) for number, line in enumerate(lines) for word in line.split()]
            for index, (number, word) in enumerate(words):
                yield Piece(word, word.upper(), index, len(words), "translation", number)

    texts = [f"{'word ' * (number % 7)}{number}" for number in range(250)] * 2
    assert translated_as_on_pages(Shouts(), texts, "fr") == [text.upper() for text in texts]
