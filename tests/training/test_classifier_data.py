"""The sentences of film reviews go by their hash."""

import hashlib

import pytest

from models.errors import InvalidInput
from tests.training.runs import train_classifier
from training.classifier_data import SENTENCES, film_sentences, part
from training.text_classification import evaluate


def test_film_sentences_go_by_their_hash_and_are_measured_through_the_wrapper(tiny_models, tmp_path) -> None:
    file = tmp_path / "data" / SENTENCES
    file.parent.mkdir(parents=True)
    texts = [f"a {word} film, number {number} ." for number in range(40) for word in ("good", "bad")]
    file.write_text("".join(f"{text}\t{int('good' in text)}\n" for text in texts))
    rows = film_sentences(tmp_path / "data")
    assert {row.label for row in rows.split.test} == {"negative", "positive"}
    for row in rows.split.test:
        assert hashlib.sha256(row.text.encode()).digest()[0] % 10 == 0
        assert part(row.text) == "test"
    assert sum(map(len, (rows.split.train, rows.split.validation, rows.split.test))) == 80
    result = train_classifier(rows, tmp_path, str(tiny_models.sentence_classifier()), examples=20)
    assert result["data"]["train"] == 20
    found = evaluate(tmp_path / "model", tmp_path / "data")
    assert found == pytest.approx({"accuracy": result["accuracy"], "F1": result["macro_f1"]})
    with pytest.raises(InvalidInput, match="is missing"):
        film_sentences(tmp_path)
