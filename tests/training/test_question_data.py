"""Which questions train, and how a text is cut around the answer."""

import random
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from models.errors import InvalidInput
from tests.conftest import TinyModels
from tests.tiny.question_answering import SENTENCES
from tests.training.tiny_data import CONTEXTS, question, questions
from training import question_data
from training.question_data import impossible_questions, part, tokenize, training_questions


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of questions."""
    return questions(tmp_path_factory.mktemp("data"))


@pytest.fixture
def base(tiny_models: TinyModels) -> Path:
    return tiny_models.bert_qa()


def test_only_permitted_sources_are_trained_on_and_held_out_texts_never(data) -> None:
    chosen = training_questions(data, seed=0)
    assert {row["source"] for row in chosen} == {"qamr", "squad2.0-dev"}
    assert {part(row) for row in chosen} == {"train"}
    # Questions of SQuAD 2.0 without an answer count three times.
    assert sum(row["is_impossible"] for row in chosen) == 3 * len(impossible_questions(data, "train"))


def test_a_long_text_is_cut_around_its_answer(base, monkeypatch) -> None:
    tokenizer = AutoTokenizer.from_pretrained(base)
    long = question(" ".join(SENTENCES), "qamr", (60, 63))
    monkeypatch.setattr(question_data, "MAX_TOKENS", 60)
    starts = set()
    for seed in range(20):
        example = tokenize(tokenizer, long, random.Random(seed))
        assert len(example.input_ids) == 60
        answer = tokenizer.decode(example.input_ids[example.start : example.end + 1])
        assert answer.replace(" ", "") == long["answers"][0]["text"].replace(" ", "")
        starts.add(example.start)
    assert len(starts) > 5


def test_a_text_that_cannot_hold_its_answer_is_left_out(base, monkeypatch) -> None:
    tokenizer = AutoTokenizer.from_pretrained(base)
    monkeypatch.setattr(question_data, "MAX_TOKENS", 60)
    assert tokenize(tokenizer, question(" ".join(SENTENCES), "qamr", (10, 110)), random.Random(0)) is None


def test_a_question_without_answer_points_at_the_first_token(base) -> None:
    example = tokenize(
        AutoTokenizer.from_pretrained(base), question(CONTEXTS[0], "squad2.0-dev", None), random.Random(0)
    )
    assert (example.start, example.end) == (0, 0)


def test_a_folder_without_questions_is_named(tmp_path) -> None:
    with pytest.raises(InvalidInput, match=r"train\.impossible.*--data"):
        impossible_questions(tmp_path, "train")
