"""The table of the embedded models: what stands in a row, which are measured, and how a failure is told."""

import importlib
import inspect
import shutil
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import embedded
from benchmarks.embedded import chosen_cards, measure
from models.catalog import CATALOG, ModelCard, Task
from models.errors import UnknownModel
from models.precision import FP32
from models.weights.card_file import figures
from tests.conftest import TinyModels
from training.card import write_card
from training.embedded_table import SUBJECTS, ModelFigures, Subject, table

ROWS = [
    ModelFigures(
        "aula/qa-minilm", "answers", 22_600_000, 27_512_345, "XQuAD", {"F1": 68.24, "exact match": 54.0}, "cc-by-sa-4.0"
    ),
    ModelFigures("aula/yolov5s", "detection", figures={"mAP50": 0.424, "AP50/cat": 0.7}),
    ModelFigures("aula/gpt2-mini-es", "writing", failure="There is no data/spanish/test.txt."),
    ModelFigures(
        "aula/extractive", "summaries", figures={"ROUGE-1": 50.04, "ROUGE-1 of the lead": 48.3, "ROUGE-2": 30.0}
    ),
]
MODULES = sorted({subject.module for subject in SUBJECTS.values() if subject.module})


def test_the_table_is_markdown_with_a_line_for_each_model() -> None:
    header, rule, *lines = table(ROWS).splitlines()
    assert header == "| model | what | parameters | on disk | test data | figures | licence |"
    assert rule == "| --- | --- | --- | --- | --- | --- | --- |"
    assert lines == [
        "| `aula/qa-minilm` | answers | 22.6 M | 27.5 MB | XQuAD | F1 68.2, exact match 54.0 | cc-by-sa-4.0 |",
        "| `aula/yolov5s` | detection | – | – | – | mAP50 0.42 | – |",
        "| `aula/gpt2-mini-es` | writing | – | – | – | not measured: There is no data/spanish/test.txt. | – |",
        "| `aula/extractive` | summaries | – | – | – | ROUGE-1 50.0 (lead 48.3), ROUGE-2 30.0 | – |",
    ]


def test_every_embedded_model_has_a_subject() -> None:
    assert {card.model_id for card in CATALOG if card.embedded} == set(SUBJECTS)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_measures_when_it_is_asked_the_same_way(module) -> None:
    parameters = inspect.signature(importlib.import_module(f"training.{module}").evaluate).parameters
    assert list(parameters) == ["folder", "data", "examples", "precision"]
    assert (parameters["examples"].default, parameters["precision"].default) == (None, FP32)


def test_models_are_chosen_by_their_ids_in_the_order_that_was_asked_for() -> None:
    ids = ["aula/extractive", "aula/qa-minilm"]
    assert [card.model_id for card in chosen_cards(ids)] == ids
    assert [card.model_id for card in chosen_cards([])] == list(SUBJECTS)
    with pytest.raises(UnknownModel, match=r"roberta.*Choose one of.*aula/qa-minilm"):
        chosen_cards(["deepset/roberta-base-squad2"])


@pytest.fixture
def suite(tiny_models: TinyModels, tmp_path: Path, monkeypatch) -> list[ModelCard]:
    """Two models that come with a suite: one whose module measures it, and one whose module does not exist."""
    folder = Path(shutil.copytree(tiny_models.gpt2(), tmp_path / "tiny"))
    write_card(
        folder, model_id="aula/tiny", title="Tiny", licence="mit", languages=["es"], task="text-generation",
        datasets=[], figures={"F1": 12.0}, figures_on="ten sentences", body="Tiny.",
    )  # fmt: skip
    cards = [
        ModelCard("aula/broken", Task.TEXT_GENERATION, path=folder),
        ModelCard("aula/tiny", Task.TEXT_GENERATION, path=folder, embedded="tiny"),
    ]
    monkeypatch.setattr(embedded, "CATALOG", cards)
    subjects = {"aula/broken": Subject("nothing", "no_such_module"), "aula/tiny": Subject("few words", "card_reading")}
    monkeypatch.setattr(embedded, "SUBJECTS", subjects)
    monkeypatch.setitem(sys.modules, "training.card_reading", CardReading)
    return cards


class CardReading:
    """A module that measures a model by reading its card."""

    @staticmethod
    def evaluate(folder: Path, data: Path, examples: int | None, precision: object) -> dict[str, float]:
        return {**figures(folder), "examples": float(examples or 0)}


def test_a_row_has_what_the_folder_and_its_card_say(suite, tmp_path) -> None:
    row = measure(suite[1], tmp_path, 5, FP32)
    assert (row.test_data, row.licence, row.figures) == ("ten sentences", "mit", {"F1": 12.0, "examples": 5.0})
    assert row.bytes == sum(file.stat().st_size for file in suite[1].path.iterdir())
    from transformers import AutoModelForCausalLM

    assert row.parameters == AutoModelForCausalLM.from_pretrained(suite[1].path).num_parameters()


@pytest.fixture
def command() -> typer.Typer:
    application = typer.Typer()
    application.command()(embedded.main)
    return application


def test_a_model_that_fails_is_reported_and_the_rest_goes_on(suite, command, tmp_path) -> None:
    done = CliRunner().invoke(command, ["--data", str(tmp_path), "--output", str(tmp_path / "table.md")])
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert "not measured: ModuleNotFoundError: No module named 'training.no_such_module'" in lines[2]
    assert "F1 12.0" in lines[3]
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == done.stdout
    assert "aula/tiny …" in done.stderr


def test_without_a_failure_the_exit_code_is_zero(suite, command, tmp_path) -> None:
    done = CliRunner().invoke(command, ["--data", str(tmp_path), "--model", "aula/tiny", "--examples", "3"])
    assert (done.exit_code, done.stdout.count("\n")) == (0, 3)
    assert "examples 3.00" in done.stdout
