"""What the tests of several modules about classifiers share."""

from pathlib import Path

import pytest

from tests.conftest import TinyModels
from tests.training.tiny_data import reviews
from training.classifier_data import Material, file_rows


@pytest.fixture
def rows(tmp_path: Path) -> Material:
    """Reviews in three parts."""
    return file_rows(reviews(tmp_path))


@pytest.fixture(params=["sentence_classifier", "bert_classifier", "distilbert_classifier", "sentence_encoder", "gpt2"])
def base(request: pytest.FixtureRequest, tiny_models: TinyModels) -> str:
    """The folder of a tiny model, of each kind that a classifier can start from."""
    return str(getattr(tiny_models, request.param)())
