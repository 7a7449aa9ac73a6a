"""The answerer's training: two steps give a folder that answers; it resumes, and tells its figures in its card."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from models.catalog import Task
from models.question_answering import QuestionAnswerer
from models.weights.card_file import figures, front_matter, headline
from models.weights.cards import find_card
from tests.conftest import TinyModels
from tests.training.runs import events, interrupting, run_in
from tests.training.tiny_data import CONTEXTS, question, questions
from training import question_answering
from training.collection import sample


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection of questions."""
    return questions(tmp_path_factory.mktemp("data"))


@pytest.fixture
def base(tiny_models: TinyModels) -> Path:
    return tiny_models.bert_qa()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch) -> None:
    monkeypatch.setattr(question_answering, "TOKENS_A_STEP", 400)


def train(data: Path, folder: Path, base: Path, **options) -> dict[str, float]:
    start_from, run = options.pop("start_from", None), run_in(folder, **options)
    return question_answering.train(data, folder / "model", run, str(base), start_from)


@pytest.fixture(scope="module")
def trained(data: Path, tiny_models: TinyModels, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """A folder in which two steps were trained, and the figures that the training returned."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(question_answering, "TOKENS_A_STEP", 400)
        return folder, train(data, folder, tiny_models.bert_qa(), steps=2)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model/adapter_model.safetensors")


def ended(folder: Path) -> dict:
    return {name: value for name, value in events(folder, "end")[-1].items() if name != "time"}


def test_two_steps_give_a_folder_that_answers(trained) -> None:
    folder, _ = trained
    answerer = QuestionAnswerer.load(find_card(str(folder / "model"), Task.QUESTION_ANSWERING), device="cpu")
    assert answerer.answer("Who wrote this?", CONTEXTS[0])[0].text in CONTEXTS[0]
    assert {tensor.dtype for tensor in weights(folder).values()} == {torch.float16}
    # The word table of the tiny base stays where it is; only what was trained is stored.
    assert not any(name.endswith("word_embeddings.base_layer.weight") for name in weights(folder))
    assert json.loads((folder / "model/config.json").read_text())["architectures"] == ["BertForQuestionAnswering"]


def test_the_card_tells_the_figures_that_measuring_gives(data, trained) -> None:
    folder, returned = trained
    measured = question_answering.evaluate(folder / "model", data)
    assert measured == returned
    assert figures(folder / "model") == pytest.approx(measured, abs=1e-4)
    assert headline(folder / "model").startswith("F1 ")
    assert front_matter(folder / "model")["license"] == "cc-by-sa-4.0"
    assert "2 steps" in (folder / "model/README.md").read_text(encoding="utf-8")


def test_an_interrupted_training_resumes_to_the_same_weights(data, base, tmp_path, monkeypatch) -> None:
    train(data, tmp_path / "whole", base, steps=5)
    with monkeypatch.context() as patch:
        patch.setattr(question_answering, "collate", interrupting(question_answering.collate, 3))
        train(data, tmp_path / "parts", base, steps=5)
    assert ended(tmp_path / "parts")["reason"] == "stopped"
    train(data, tmp_path / "parts", base, steps=5, resume=True)
    assert ended(tmp_path / "parts") == ended(tmp_path / "whole")
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name in whole:
        torch.testing.assert_close(parts[name], whole[name])


def test_a_training_goes_on_from_a_finished_folder(data, base, trained, tmp_path) -> None:
    train(data, tmp_path, base, steps=1, start_from=trained[0] / "model")
    first, second = weights(trained[0]), weights(tmp_path)
    for name in first:
        torch.testing.assert_close(second[name].float(), first[name].float(), atol=1e-3, rtol=0.02)


def test_no_answer_does_not_compete_in_f1_and_does_in_the_balanced_accuracy(data, base, monkeypatch) -> None:
    answerer = QuestionAnswerer.load(find_card(str(base), Task.QUESTION_ANSWERING), device="cpu")
    right = [question(CONTEXTS[0], "xquad.en", (2, 4)), question(CONTEXTS[0], "squad2.0-dev", None)]
    # One head says “nothing here” of everything: CLS is the likeliest start and end.
    monkeypatch.setattr(
        answerer, "_logits", lambda windows, cancelled: ((nothing_first(w), nothing_first(w)) for w in windows)
    )
    competing = question_answering.score(answerer, right)
    assert (competing["exact"], competing["balanced_accuracy"]) == (50.0, 0.5)
    assert question_answering.score(answerer, right, no_answer=False)["exact"] == 0.0


def nothing_first(window) -> torch.Tensor:
    logits = torch.zeros(len(window.positions) + 1)
    logits[0] = 20.0
    return logits


@pytest.mark.parametrize(("says", "again"), [("an answer", 0), ("", 2)])
def test_evaluating_a_sample_reads_only_so_many_questions(data, base, monkeypatch, says: str, again: int) -> None:
    asked = []

    def pretend(reader, one, no_answer=True):
        asked.append((one["is_impossible"], no_answer))
        return says

    monkeypatch.setattr(question_answering, "best", pretend)
    question_answering.evaluate(base, data, examples=2)
    assert asked == [(True, True)] * 2 + [(False, True)] * 2 + [(False, False)] * again


@pytest.mark.parametrize("higher", [-30.0, 0.0, 30.0], ids=["never nothing", "either", "always nothing"])
def test_the_figures_are_those_of_reading_every_question_both_ways(data, base, monkeypatch, higher: float) -> None:
    logits = QuestionAnswerer._of_context

    def moved(answerer, row: torch.Tensor, window) -> torch.Tensor:
        """The numbers of the CLS token, in front, higher or lower: “no answer” wins more often or less."""
        kept = logits(answerer, row, window)
        kept[0] += higher
        return kept

    monkeypatch.setattr(QuestionAnswerer, "_of_context", moved)
    answerer = QuestionAnswerer.load(find_card(str(base), Task.QUESTION_ANSWERING), device="cpu")
    possible = list(question_answering.read_questions(data / question_answering.TEST))
    impossible = question_answering.impossible_questions(data, "test")
    competing = question_answering.score(answerer, impossible + sample(possible, len(impossible)))
    alone = question_answering.score(answerer, possible, no_answer=False)
    assert question_answering.evaluate(base, data) == {
        "F1": alone["f1"], "exact match": alone["exact"], "balanced accuracy": competing["balanced_accuracy"],
    }  # fmt: skip
