import gzip
import json
import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from models.catalog import Task
from models.errors import InvalidInput
from models.question_answering import QuestionAnswerer
from models.weights.card_file import figures, front_matter, headline
from models.weights.cards import find_card
from tests.conftest import TinyModels
from tests.tiny.question_answering import SENTENCES
from tests.training.runs import events, interrupting, run_in
from training import question_answering, question_data
from training.question_data import impossible_questions, part, tokenize, training_questions

CONTEXTS = [f"{sentence} {other}" for sentence in SENTENCES for other in SENTENCES[:6]]


def question(context: str, source: str, words: tuple[int, int] | None, asked: str = "Who wrote this?") -> dict:
    """A question whose answer is the words from the first to before the second, or that has none."""
    answers = []
    if words:
        text = " ".join(context.split(" ")[slice(*words)])
        answers = [{"text": text, "answer_start": context.index(text)}]
    return {
        "context": context, "question": asked, "answers": answers, "is_impossible": not answers, "source": source,
    }  # fmt: skip


def write(file: Path, questions: list[dict]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(file, "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in questions)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    core = [question(context, "qamr", (2, 4)) for context in CONTEXTS] + [question(CONTEXTS[0], "tweetqa", (0, 1))]
    write(folder / "qa/train.core.jsonl.gz", core)
    without = [question(context, "squad2.0-dev", None) for context in CONTEXTS]
    write(folder / "qa/train.impossible.jsonl.gz", [*without, question(CONTEXTS[0], "subjqa", None)])
    write(folder / "qa/valid.jsonl.gz", [question(context, "squad1.1-dev", (0, 2)) for context in CONTEXTS[:5]])
    test = [question(context, "xquad.en", (1, 3)) for context in CONTEXTS[:12]]
    write(folder / "qa/test.xquad.en.jsonl.gz", test)
    return folder


@pytest.fixture
def base(tiny_models: TinyModels) -> Path:
    return tiny_models.bert_qa()


@pytest.fixture(autouse=True)
def small_steps(monkeypatch) -> None:
    monkeypatch.setattr(question_answering, "TOKENS_A_STEP", 400)


def train(data: Path, folder: Path, base: Path, **options) -> dict[str, float]:
    start_from, run = options.pop("start_from", None), run_in(folder, **options)
    return question_answering.train(data, folder / "model", run, str(base), start_from)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model/adapter_model.safetensors")


def ended(folder: Path) -> dict:
    return {name: value for name, value in events(folder, "end")[-1].items() if name != "time"}


def test_two_steps_give_a_folder_that_answers(data, base, tmp_path):
    train(data, tmp_path, base, steps=2)
    answerer = QuestionAnswerer.load(find_card(str(tmp_path / "model"), Task.QUESTION_ANSWERING), device="cpu")
    assert answerer.answer("Who wrote this?", CONTEXTS[0])[0].text in CONTEXTS[0]
    assert {tensor.dtype for tensor in weights(tmp_path).values()} == {torch.float16}
    # The word table of the tiny base stays where it is; only what was trained is stored.
    assert not any(name.endswith("word_embeddings.base_layer.weight") for name in weights(tmp_path))
    assert json.loads((tmp_path / "model/config.json").read_text())["architectures"] == ["BertForQuestionAnswering"]


def test_the_card_tells_the_figures_that_measuring_gives(data, base, tmp_path):
    returned = train(data, tmp_path, base, steps=2)
    measured = question_answering.evaluate(tmp_path / "model", data)
    assert measured == returned
    assert figures(tmp_path / "model") == pytest.approx(measured, abs=1e-4)
    assert headline(tmp_path / "model").startswith("F1 ")
    assert front_matter(tmp_path / "model")["license"] == "cc-by-sa-4.0"
    assert "2 steps" in (tmp_path / "model/README.md").read_text(encoding="utf-8")


def test_an_interrupted_training_resumes_to_the_same_weights(data, base, tmp_path, monkeypatch):
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


def test_a_training_goes_on_from_a_finished_folder(data, base, tmp_path):
    train(data, tmp_path / "first", base, steps=2)
    train(data, tmp_path / "second", base, steps=1, start_from=tmp_path / "first/model")
    first, second = weights(tmp_path / "first"), weights(tmp_path / "second")
    for name in first:
        torch.testing.assert_close(second[name].float(), first[name].float(), atol=1e-3, rtol=0.02)


def test_no_answer_does_not_compete_in_f1_and_does_in_the_balanced_accuracy(data, base, monkeypatch):
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


def test_evaluating_a_sample_reads_only_so_many_questions(data, base, monkeypatch):
    asked = []

    def count(reader, questions, no_answer=True):
        asked.append(len(questions))
        return {"f1": 0.0, "exact": 0.0, "balanced_accuracy": 0.5}

    monkeypatch.setattr(question_answering, "score", count)
    question_answering.evaluate(base, data, examples=2)
    assert asked == [2, 4]


def test_only_permitted_sources_are_trained_on_and_held_out_texts_never(data):
    questions = training_questions(data, seed=0)
    assert {row["source"] for row in questions} == {"qamr", "squad2.0-dev"}
    assert {part(row) for row in questions} == {"train"}
    # Questions of SQuAD 2.0 without an answer count three times.
    assert sum(row["is_impossible"] for row in questions) == 3 * len(impossible_questions(data, "train"))


def test_a_long_text_is_cut_around_its_answer(base, monkeypatch):
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


def test_a_text_that_cannot_hold_its_answer_is_left_out(base, monkeypatch):
    tokenizer = AutoTokenizer.from_pretrained(base)
    monkeypatch.setattr(question_data, "MAX_TOKENS", 60)
    assert tokenize(tokenizer, question(" ".join(SENTENCES), "qamr", (10, 110)), random.Random(0)) is None


def test_a_question_without_answer_points_at_the_first_token(base):
    example = tokenize(
        AutoTokenizer.from_pretrained(base), question(CONTEXTS[0], "squad2.0-dev", None), random.Random(0)
    )
    assert (example.start, example.end) == (0, 0)


def test_a_folder_without_questions_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"train\.impossible.*--data"):
        impossible_questions(tmp_path, "train")
