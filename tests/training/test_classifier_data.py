"""The sentences of film reviews go by their hash."""

import hashlib
from pathlib import Path

import pytest

from models.errors import InvalidInput
from tests.training.tiny_data import film_reviews
from training.classifier_data import film_sentences, part


def test_film_sentences_go_by_their_hash(tmp_path: Path) -> None:
    rows = film_sentences(film_reviews(tmp_path))
    assert {row.label for row in rows.split.test} == {"negative", "positive"}
    for row in rows.split.test:
        assert hashlib.sha256(row.text.encode()).digest()[0] % 10 == 0
        assert part(row.text) == "test"
    assert sum(map(len, (rows.split.train, rows.split.validation, rows.split.test))) == 80


def test_a_folder_without_film_sentences_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is missing"):
        film_sentences(tmp_path)
