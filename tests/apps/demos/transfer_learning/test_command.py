"""`train`, with a tiny base; one of the trainings is in a process of its own, as all are outside of tests."""

import json
import signal
from pathlib import Path

import pytest

from apps.terminal import training
from models.folders import trained_folder
from tests.apps.commands import Aula
from tests.conftest import TinyModels
from tests.training.here import run_at_once
from training.job_folders import jobs


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    """Rows whose label stands in their words, with a column of numbers and a line without a label."""
    labelled = [("good value", "good"), ("cold food", "bad")] * 20
    lines = [f"{text} {number},{number},{label}" for number, (text, label) in enumerate(labelled)]
    file = tmp_path / "reviews.csv"
    file.write_text("words,number,kind\n" + "\n".join(lines) + "\nno label,3,\n", encoding="utf-8")
    return file


@pytest.fixture
def options(tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> tuple[object, ...]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return ("--label-column", "kind", "--base", tiny_models.sentence_encoder(), "--device", "cpu")


def test_train_tells_facts_and_figures_and_keeps_the_model(
    aula: Aula, reviews: Path, options: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_at_once(monkeypatch)
    ended = aula("train", reviews, *options, "--epochs", 1, "--save", "kinds", "--json")

    assert ended.code == 0, ended.errors
    told = json.loads(ended.output)
    assert (told["model_id"], told["finished"], told["labels"]) == ("trained/kinds", True, ["bad", "good"])
    assert told["settings"]["epochs"] == 1
    assert {"accuracy", "macro_f1", "majority_accuracy", "untrained_accuracy", "confusion", "mistakes"} <= set(told)
    assert "40 rows, texts in “words”, labels in “kind”: 20 good, 20 bad" in ended.errors
    assert "Line 42 is left out: the label is missing." in ended.errors
    assert (trained_folder() / "kinds" / "README.md").is_file()
    again = aula("train", reviews, *options, "--save", "kinds")
    assert (again.code, again.output) == (1, "")
    assert "There is a model “kinds” already" in again.errors
    assert len(jobs()) == 1


def test_ctrl_c_ends_the_training_and_prints_what_the_best_weights_do(
    aula: Aula, reviews: Path, options: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    pressed = []

    class Impatient(training.ProgressLine):
        """Presses Ctrl-C once the training has made a step."""

        def update(self, text: str, fraction: float) -> None:
            if text.startswith("Training") and not pressed:
                pressed.append(True)
                signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(training, "ProgressLine", Impatient)

    ended = aula("train", reviews, *options, "--epochs", 100_000)

    assert ended.code == 130
    assert "Stopping after this step" in ended.errors
    assert ended.output.splitlines()[0].split() == ["ON", "4", "TEST", "ROWS", "ACCURACY"]
    assert "Macro F1" in ended.output


def test_train_reads_a_file_as_it_is_told(
    aula: Aula, tmp_path: Path, options: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_at_once(monkeypatch)
    lines = [f"{text} {number},{label}" for number, (text, label) in enumerate([("good", "yes"), ("bad", "NA")] * 12)]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(lines) + "\nworse,?\n", encoding="utf-8")

    ended = aula("train", file, "--label-column", "2", *options[2:], "--epochs", 1, "--missing", "?,-", "--json")

    assert ended.code == 0, ended.errors
    told = json.loads(ended.output)
    assert told["labels"] == ["NA", "yes"]
    expected = {
        "header_line": None, "columns": ["column 1", "column 2"], "text_column": "column 1",
        "label_column": "column 2", "missing": ["?", "-"], "left_out": 1,
        "left_out_reasons": {"the label is missing": 1},
        "left_out_lines": [{"line": 25, "reason": "the label is missing"}],
    }  # fmt: skip
    assert {name: told["data"][name] for name in expected} == expected
    assert "No line names the columns, so that they are called column 1, column 2." in ended.errors
    assert "Empty cells count as missing, and “?”, “-”." in ended.errors
    assert "The label “NA” of 12 rows is taken for a class." in ended.errors
    assert "To read it otherwise: --header, --text-column" in ended.errors


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("--no-header", "--label-column", "3"), "The class “kind” has only 1 different text;"),
        (("--seed", 4294967296), "seed is 4294967296, but must lie between 0 and 4294967295"),
        (("--epochs", "nan"), "epochs is nan, but must lie between"),
        (("--minutes", 0), "minutes is 0.0, but must lie between"),
        (("--learning-rate", 0), "learning_rate is 0.0, but must lie between"),
        (("--encoding", "latin-99"), "no encoding “latin-99”"),
        (("--label-column", "number"), "Choose another label column"),
        (("--label-column", "colour"), "has no column “colour”"),
        (("--method", "magic"), "Choose one of: head, lora, all"),
        (("--base", "no/such-base"), "not on this machine yet"),
        (("--save", "a b"), "cannot be a model's name"),
    ],
)
def test_what_cannot_be_trained_is_one_sentence_before_anything_starts(
    aula: Aula, reviews: Path, given: tuple[str, ...], says: str
) -> None:
    label = () if "--label-column" in given else ("--label-column", "kind")

    ended = aula("train", reviews, *label, *given)

    assert (ended.code, ended.output) == (1, "")
    assert says in ended.errors
    assert jobs() == []


def test_a_file_that_is_not_there_is_one_sentence(aula: Aula) -> None:
    ended = aula("train", "nowhere.csv")

    assert (ended.code, ended.output) == (1, "")
    assert "nowhere.csv cannot be read" in ended.errors


def test_texts_that_the_base_cannot_read_are_one_sentence_before_anything_starts(
    aula: Aula, tmp_path: Path, options: tuple
) -> None:
    file = tmp_path / "chinese.csv"
    rows = "".join(f"汤很热很好喝{number},{'pos' if number % 2 else 'neg'}\n" for number in range(20))
    file.write_text(f"words,kind\n{rows}", encoding="utf-8")
    ended = aula("train", file, *options)
    assert (ended.code, ended.output) == (1, "")
    assert "of the texts: its vocabulary lacks “汤" in ended.errors
    assert jobs() == []
