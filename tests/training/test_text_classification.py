import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch

from models.catalog import ModelCard, Task
from models.errors import InvalidInput, ModelNotHere
from models.text_classification import TextClassifier
from models.weights.card_file import figures, front_matter
from training import classifier_lessons, classifier_plan
from training.classifier_data import SENTENCES, Material, file_rows, film_sentences, part
from training.classifier_lessons import TokenLesson, VectorLesson, lesson
from training.classifier_models import METHODS, outline, parts, prepare, save
from training.classifier_plan import estimate
from training.classifier_result import assess, majority_accuracy, mean_f1
from training.events import read
from training.options import Run
from training.text_classification import Settings, evaluate, train
from training.text_data import Row
from training.trainer import TokenBatches

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds for a slow machine to read its libraries and train
GOOD = ("a wonderful film", "great actors", "the best ending", "my daughter loves it", "good and quick", "good value")
BAD = ("the waiter was rude", "cold food", "never again", "it was slow", "the room was dirty", "bad service")


def reviews(folder: Path, times: int = 3) -> Path:
    """Rows whose label stands in their words; every text is different."""
    rows = [f"{text} {number},{label}" for label, texts in (("good", GOOD), ("bad", BAD)) for text in texts
            for number in range(times)]  # fmt: skip
    file = folder / "reviews.csv"
    file.write_text("text,label\n" + "\n".join(rows) + "\n")
    return file


@pytest.fixture
def rows(tmp_path: Path) -> Material:
    return file_rows(reviews(tmp_path))


@pytest.fixture(params=["sentence_classifier", "bert_classifier", "distilbert_classifier", "sentence_encoder"])
def base(request: pytest.FixtureRequest, tiny_models) -> str:
    return str(getattr(tiny_models, request.param)())


def trained(rows: Material, folder: Path, base: str, **options: Any) -> dict[str, Any]:
    """The result of a training of two steps, unless `options` say otherwise; its model and run are in `folder`."""
    given = {"minutes": 10_000.0, "steps": 2, "threads": 1, **options}
    own = {field.name: given.pop(field.name) for field in fields(Settings) if field.name in given}
    return train(rows, folder / "model", Run(folder / "run", **given), Settings(base, **own))


def classify(folder: Path, texts: list[str]) -> list[dict[str, float]]:
    classifier = TextClassifier.load(ModelCard("mine", Task.TEXT_CLASSIFICATION, path=folder), device="cpu")
    return [found.scores for found in classifier.classify(texts)]


@pytest.mark.parametrize("method", METHODS)
def test_every_base_learns_in_every_way_and_loads_through_the_wrapper(base, method, rows, tmp_path):
    result = trained(rows, tmp_path, base, method=method)
    assert 0 <= result["accuracy"] <= 1
    assert result["labels"] == ["bad", "good"]
    assert sum(map(sum, result["confusion"])) == result["data"]["test"] == len(rows.split.test)
    [scores] = classify(tmp_path / "model", ["a wonderful film"])
    assert set(scores) == {"bad", "good"}
    assert json.loads((tmp_path / "run/result.json").read_text()) == json.loads(json.dumps(result))


def test_what_is_written_classifies_as_what_was_trained(base, rows, tmp_path):
    for method in METHODS:
        torch.manual_seed(1)
        learner = prepare(base, rows.labels, method)
        with torch.no_grad():
            for parameter in learner.model.parameters():
                parameter.add_(0.02 * torch.randn_like(parameter) if parameter.requires_grad else 0)
        lessons = TokenLesson(learner)
        expected = lessons.probabilities(lessons.items(rows.split.test))
        save(learner, tmp_path / method)
        found = classify(tmp_path / method, [row.text for row in rows.split.test])
        torch.testing.assert_close(
            torch.tensor([[scores[label] for label in rows.labels] for scores in found], dtype=torch.float32),
            expected,
            atol=0.01,  # saved in half precision
            rtol=0,
        )


def test_only_what_the_method_names_learns(base, rows, tmp_path):
    before = {name: value.clone() for name, value in prepare(base, rows.labels).model.state_dict().items()}
    for method in ("head", "lora"):
        learner = prepare(base, rows.labels, method)
        model = learner.model
        lessons = TokenLesson(learner)
        model(**lessons.collate(lessons.items(rows.split.test)))["loss"].backward()
        moved = {name for name, parameter in model.named_parameters() if parameter.grad is not None}
        assert all("lora_" in name or any(part in name for part in learner.head) for name in moved)
        assert moved
        frozen = {name: value for name, value in model.state_dict().items() if name in before}
        inner = {name for name in frozen if not name.startswith(learner.head)}
        assert all(torch.equal(before[name], frozen[name]) for name in inner)


def test_a_lora_of_a_base_with_an_id_is_an_adapter_that_names_it(tmp_path):
    torch.manual_seed(0)
    learner = prepare("aula/minilm", ["bad", "good"], "lora")
    save(learner, tmp_path)
    assert json.loads((tmp_path / "adapter_config.json").read_text())["base_model_name_or_path"] == "aula/minilm"
    assert json.loads((tmp_path / "config.json").read_text())["classifier_pooling"] == "mean"
    assert not (tmp_path / "model.safetensors").exists()
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 3_000_000


def test_vectors_give_a_head_what_it_would_get_from_its_base(tiny_models, rows):
    learner = prepare(str(tiny_models.sentence_classifier()), rows.labels)
    quick, slow = lesson(learner), TokenLesson(learner)
    assert isinstance(quick, VectorLesson)
    torch.testing.assert_close(
        quick.probabilities(quick.items(rows.split.train)), slow.probabilities(slow.items(rows.split.train))
    )


def test_vectors_are_computed_for_no_longer_than_there_is_time(tiny_models, rows, monkeypatch):
    monkeypatch.setattr(classifier_lessons, "VECTORS_AT_ONCE", 5)
    lessons = lesson(prepare(str(tiny_models.sentence_classifier()), rows.labels))
    assert len(lessons.items(rows.split.train, seconds=-1)) == 5
    assert len(lessons.items(rows.split.train)) == len(rows.split.train)


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_training_comes_to_the_same_losses_and_figures(tiny_models, method, rows, tmp_path, monkeypatch):
    base = str(tiny_models.sentence_classifier())
    more = {"method": method, "steps": 6, "epochs": 100, "learning_rate": 1e-3}
    whole = trained(rows, tmp_path / "whole", base, **more)
    interrupt(monkeypatch, after=3)
    trained(rows, tmp_path / "parts", base, **more)
    assert read(tmp_path / "parts/run")[-1]["reason"] == "stopped"
    monkeypatch.undo()
    parts = trained(rows, tmp_path / "parts", base, **more, resume=True)
    losses = [[(e["step"], e["loss"]) for e in read(tmp_path / one / "run") if e["event"] == "step"]
              for one in ("whole", "parts")]  # fmt: skip
    assert losses[0] == losses[1]
    assert (parts["accuracy"], parts["mistakes"]) == (whole["accuracy"], whole["mistakes"])


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Have one of the batches that are handed out send the signal of Ctrl-C to this process."""
    original, count = TokenBatches.__iter__, itertools.count(1)

    def interrupted(self):
        for batch in original(self):
            if next(count) == after:
                os.kill(os.getpid(), signal.SIGINT)
            yield batch

    monkeypatch.setattr(TokenBatches, "__iter__", interrupted)


def test_a_training_ends_when_its_minutes_are_over(tiny_models, rows, tmp_path):
    trained(rows, tmp_path, str(tiny_models.sentence_classifier()), steps=None, epochs=1e6, minutes=0.002)
    end = read(tmp_path / "run")[-1]
    assert (end["event"], end["reason"]) == ("end", "budget")


def test_a_head_learns_what_words_mean_and_beats_both_baselines(rows, tmp_path):
    result = trained(file_rows(reviews(tmp_path, times=8)), tmp_path, "aula/minilm", steps=None, epochs=15)
    # Ten test rows: one may be wrong on another processor.
    assert result["accuracy"] >= 0.8 > max(result["majority_accuracy"], result["untrained_accuracy"])
    assert result["macro_f1"] > 0.7
    found = read(tmp_path / "run")
    assert {event["event"] for event in found} == {"step", "evaluation", "end"}
    assert set(found[-1]["figures"]) == {"accuracy", "macro_f1", "loss"}
    assert (result["trainable_parameters"], result["settings"]["method"]) == (770, "head")


def test_the_card_tells_figures_data_and_settings(tiny_models, rows, tmp_path):
    result = trained(rows, tmp_path, str(tiny_models.sentence_classifier()))
    found = figures(tmp_path / "model")
    assert found == {"accuracy": round(result["accuracy"], 4), "F1": round(result["macro_f1"], 4)}
    assert front_matter(tmp_path / "model")["pipeline_tag"] == "text-classification"
    text = (tmp_path / "model/README.md").read_text()
    for words in ("reviews.csv", "bad, good", f"{len(rows.split.train)} texts", "untrained head", "learning rate"):
        assert words in text


def test_film_sentences_go_by_their_hash_and_are_measured_through_the_wrapper(tiny_models, tmp_path):
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
    result = trained(rows, tmp_path, str(tiny_models.sentence_classifier()), examples=20)
    assert result["data"]["train"] == 20
    found = evaluate(tmp_path / "model", tmp_path / "data")
    assert found == pytest.approx({"accuracy": result["accuracy"], "F1": result["macro_f1"]})
    with pytest.raises(InvalidInput, match="is missing"):
        film_sentences(tmp_path)


def test_figures_by_hand():
    """F1 of a: 2·2 / (3 + 3); of b: 2·1 / (2 + 2); c was never there."""
    rows = [Row(n, str(n), label) for n, label in enumerate("aaabb")]
    chances = [[0.9, 0.1, 0], [0.6, 0.4, 0], [0.3, 0.7, 0], [0.2, 0.8, 0], [0.75, 0.2, 0.05]]
    outcome = assess(rows, chances, ["a", "b", "c"])
    assert outcome.confusion == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert outcome.accuracy == 0.6
    assert outcome.macro_f1 == pytest.approx((4 / 6 + 2 / 4) / 2)
    assert [(wrong["text"], wrong["predicted"], wrong["probability"]) for wrong in outcome.mistakes] == [
        ("4", "a", 0.75),
        ("2", "b", 0.7),
    ]
    assert mean_f1([[3, 0], [0, 1]]) == 1
    assert majority_accuracy(rows, rows) == 0.6


@pytest.mark.parametrize("method", METHODS)
def test_the_parts_drawn_are_those_of_the_model(base, method):
    drawn = parts(base, method, 2)
    model = prepare(base, ["bad", "good"], method).model
    learning = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    assert sum(part.parameters for part in drawn if part.trainable) == learning
    own = sum(parameter.numel() for name, parameter in model.named_parameters() if "original_module" not in name)
    assert sum(part.parameters for part in drawn) == own
    assert drawn[0].name == "Word table"
    assert (drawn[-1].name, drawn[-1].trainable) == ("Head", True)
    assert outline(base, method, 2)[1] == prepare(base, ["bad", "good"], method).head


def test_more_learning_is_predicted_to_take_more(rows, monkeypatch):
    monkeypatch.setattr(classifier_plan, "operations_per_second", lambda: 1e11)  # else measured anew for each
    texts = [*rows.split.train, *rows.split.test]
    head, lora, everything = (estimate(texts, method) for method in METHODS)
    assert head.trainable < lora.trainable < everything.trainable == everything.total == head.total
    assert head.memory_bytes < lora.memory_bytes < everything.memory_bytes
    assert everything.memory_bytes > 16 * everything.total  # weights, gradients and two means, 4 bytes each
    assert head.seconds < everything.seconds


def test_what_cannot_be_trained_is_refused_in_a_sentence(tiny_models, tmp_path):
    with pytest.raises(InvalidInput, match="no way “some” to train"):
        prepare("aula/minilm", ["a", "b"], "some")
    with pytest.raises(ModelNotHere):
        prepare("distilbert/distilbert-base-uncased", ["a", "b"])
    adapter = tmp_path / "adapter"
    shutil.copytree(tiny_models.sentence_classifier(), adapter)
    (adapter / "adapter_config.json").write_text("{}")
    with pytest.raises(InvalidInput, match="addition to another model"):
        prepare(str(adapter), ["a", "b"])


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "training.text_classification", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)


def test_the_command_trains_and_bad_data_ends_it_with_its_sentence(tiny_models, tmp_path):
    base, file = tiny_models.sentence_classifier(), reviews(tmp_path)
    folders = ("--output", tmp_path / "model", "--run", tmp_path / "run", "--base", base, "--threads", 1)
    done = command("--file", file, *folders, "--steps", 2)
    assert done.returncode == 0, done.stderr
    assert "test rows: accuracy" in done.stdout
    file.write_text("text,label\na,1\nb,1\n")
    failed = command("--file", file, *folders)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == "reviews.csv has 2 usable rows; at least 8 are needed. Add more."
    assert "Traceback" not in failed.stderr


def test_a_signal_ends_the_command_cleanly_with_model_and_card(tiny_models, tmp_path):
    folders = ("--output", tmp_path / "model", "--run", tmp_path / "run", "--base", tiny_models.sentence_classifier())
    line = [sys.executable, "-m", "training.text_classification", "--file", reviews(tmp_path), *folders]
    process = subprocess.Popen(list(map(str, [*line, "--epochs", 1e6, "--threads", 1])), cwd=ROOT)
    deadline = time.monotonic() + PATIENCE
    while not any(event["event"] == "step" for event in read(tmp_path / "run")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert read(tmp_path / "run")[-1]["reason"] == "stopped"
    assert (tmp_path / "model/README.md").is_file()
    assert (tmp_path / "run/result.json").is_file()
