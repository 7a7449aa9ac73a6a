"""The classifier's training: every base learns in every way, resumes to the same losses, and ends with its budget."""

import itertools
import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from models.catalog import ModelCard, Task
from models.errors import InvalidInput
from models.text_classification import TextClassifier
from models.weights.card_file import figures, front_matter
from tests.training.runs import train_classifier
from tests.training.tiny_data import film_reviews, reviews
from training import text_classification, trainer
from training.classifier_data import file_rows, film_sentences
from training.classifier_lessons import VectorLesson
from training.classifier_models import METHODS
from training.command import run_command
from training.events import read
from training.text_classification import evaluate, main
from training.trainer import TokenBatches

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 600  # seconds for a slow machine to read its libraries and train


def classify(folder: Path, texts: list[str]) -> list[dict[str, float]]:
    classifier = TextClassifier.load(ModelCard("mine", Task.TEXT_CLASSIFICATION, path=folder), device="cpu")
    return [found.scores for found in classifier.classify(texts)]


@pytest.mark.parametrize("method", METHODS)
def test_every_base_learns_in_every_way_and_loads_through_the_wrapper(base, method, rows, tmp_path) -> None:
    result = train_classifier(rows, tmp_path, base, method=method)
    assert 0 <= result["accuracy"] <= 1
    assert result["labels"] == ["bad", "good"]
    assert sum(map(sum, result["confusion"])) == result["data"]["test"] == len(rows.split.test)
    [scores] = classify(tmp_path / "model", ["a wonderful film"])
    assert set(scores) == {"bad", "good"}
    assert json.loads((tmp_path / "run/result.json").read_text()) == json.loads(json.dumps(result))


@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_training_comes_to_the_same_losses_and_figures(
    tiny_models, method, rows, tmp_path, monkeypatch
) -> None:
    base = str(tiny_models.sentence_classifier())
    more = {"method": method, "steps": 6, "epochs": 100, "learning_rate": 1e-3}
    whole = train_classifier(rows, tmp_path / "whole", base, **more)
    interrupt(monkeypatch, after=3)
    train_classifier(rows, tmp_path / "parts", base, **more)
    assert read(tmp_path / "parts/run")[-1]["reason"] == "stopped"
    monkeypatch.undo()
    parts = train_classifier(rows, tmp_path / "parts", base, **more, resume=True)
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


def test_a_training_ends_when_its_minutes_are_over(tiny_models, rows, tmp_path) -> None:
    train_classifier(rows, tmp_path, str(tiny_models.sentence_classifier()), steps=None, epochs=1e6, minutes=0.002)
    end = read(tmp_path / "run")[-1]
    assert (end["event"], end["reason"]) == ("end", "budget")


def test_a_head_learns_what_words_mean_and_beats_both_baselines(rows, tmp_path) -> None:
    result = train_classifier(file_rows(reviews(tmp_path, times=8)), tmp_path, "aula/minilm", steps=None, epochs=15)
    # Ten test rows: one may be wrong on another processor.
    assert result["accuracy"] >= 0.8 > max(result["majority_accuracy"], result["untrained_accuracy"])
    assert result["macro_f1"] > 0.7
    found = read(tmp_path / "run")
    assert {event["event"] for event in found} == {"step", "evaluation", "end"}
    assert set(found[-1]["figures"]) == {"accuracy", "macro_f1", "loss"}
    assert (result["trainable_parameters"], result["settings"]["method"]) == (770, "head")


def test_looking_at_the_texts_counts_in_the_minutes(tiny_models, rows, tmp_path, monkeypatch) -> None:
    """The page says that a training ends there at the latest."""
    given: list[float] = []
    whole = trainer.fit

    def fit(*arguments, **options):
        given.append(arguments[5].minutes)
        return whole(*arguments, **options)

    monkeypatch.setattr(trainer, "fit", fit)
    monkeypatch.setattr(text_classification, "rest_of", lambda run, spent: replace(run, minutes=run.minutes - 1))
    result = train_classifier(rows, tmp_path, str(tiny_models.sentence_classifier()))
    assert given == [9_999]
    assert result["settings"]["minutes"] == 10_000


def test_texts_that_the_minutes_did_not_suffice_for_are_told(tiny_models, rows, tmp_path, monkeypatch) -> None:
    """As pictures are: else a training on a part of the texts looks like one on all of them."""
    whole = VectorLesson.items
    monkeypatch.setattr(
        VectorLesson,
        "items",
        lambda lesson, some, seconds=math.inf: whole(lesson, some if seconds == math.inf else some[:-2]),
    )
    result = train_classifier(rows, tmp_path, str(tiny_models.sentence_classifier()))
    every = len(rows.split.train)
    assert result["data"]["train"] == every - 2
    assert f"could look at {every - 2} of the {every} training texts; the others were left out" in " ".join(
        result["remarks"]
    )


def test_the_card_tells_figures_data_and_settings(tiny_models, rows, tmp_path) -> None:
    result = train_classifier(rows, tmp_path, str(tiny_models.sentence_classifier()))
    found = figures(tmp_path / "model")
    assert found == {"accuracy": round(result["accuracy"], 4), "F1": round(result["macro_f1"], 4)}
    assert front_matter(tmp_path / "model")["pipeline_tag"] == "text-classification"
    text = (tmp_path / "model/README.md").read_text()
    for words in ("reviews.csv", "bad, good", f"{len(rows.split.train)} texts", "untrained head", "learning rate"):
        assert words in text


def test_a_model_of_film_sentences_is_measured_through_the_wrapper(tiny_models, tmp_path) -> None:
    data = film_reviews(tmp_path)
    result = train_classifier(film_sentences(data), tmp_path, str(tiny_models.sentence_classifier()), examples=20)
    assert result["data"]["train"] == 20
    measured = evaluate(tmp_path / "model", data)
    assert measured == pytest.approx({"accuracy": result["accuracy"], "F1": result["macro_f1"]})


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> str | int | None:
    """What the command ends with: 0, or the sentence that Python prints on standard error before it ends with 1."""
    monkeypatch.setattr(sys, "argv", ["text_classification", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    return ended.value.code


def test_the_command_trains_and_bad_data_ends_it_with_its_sentence(tiny_models, tmp_path, monkeypatch, capsys) -> None:
    base, file = tiny_models.sentence_classifier(), reviews(tmp_path)
    folders = ("--output", tmp_path / "model", "--run", tmp_path / "run", "--base", base, "--threads", 1)
    assert run(monkeypatch, "--file", file, *folders, "--steps", 2) == 0
    assert "test rows: accuracy" in capsys.readouterr().out
    file.write_text("text,label\na,1\nb,1\n")
    sentence = run(monkeypatch, "--file", file, *folders)
    assert sentence == "reviews.csv has 2 usable rows; at least 8 are needed. Add more."


def test_a_signal_ends_the_command_cleanly_with_model_and_card(tiny_models, tmp_path) -> None:
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


def strange_reviews(folder: Path, strange: int) -> Path:
    """Reviews of which every `strange`-th is Chinese, which a tiny English vocabulary cannot read."""
    lines = ["text,label"]
    for number in range(40):
        text = f"汤很热很好喝面包又硬 {number}" if number % strange == 0 else f"the food was good and long {number}"
        lines.append(f"{text},{'good' if number // 2 % 2 else 'bad'}")
    file = folder / "strange.csv"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def test_texts_that_the_base_cannot_read_are_refused_unless_asked_for(tiny_models, tmp_path) -> None:
    rows, base = file_rows(strange_reviews(tmp_path, 1)), str(tiny_models.sentence_classifier())
    with pytest.raises(InvalidInput, match=r"cannot read \d+ % of the texts: its vocabulary lacks “汤.*even if"):
        train_classifier(rows, tmp_path / "not", base)
    result = train_classifier(rows, tmp_path / "all the same", base, even_if_unreadable=True)
    assert result["data"]["unreadable"] > 0.5
    assert result["remarks"][0].startswith(f"{base} cannot read")


def test_a_part_that_the_base_cannot_read_is_told_beside_the_result(tiny_models, tmp_path) -> None:
    rows, base = file_rows(strange_reviews(tmp_path, 5)), str(tiny_models.sentence_classifier())
    result = train_classifier(rows, tmp_path, base)
    assert 0.02 < result["data"]["unreadable"] < 0.5
    assert "Expect mistakes there" in result["remarks"][0]
