"""The command: steps."""

import json
from pathlib import Path

import pytest

from models.steps.cells import STEP_NAMES
from tests.apps.commands import Aula


@pytest.fixture
def model(tiny_models) -> Path:
    return tiny_models.bert_classifier()


def test_each_step_is_printed_with_its_code(aula: Aula, model: Path) -> None:
    ended = aula("steps", "A good film.", "--model", model)

    assert ended.code == 0
    assert "    tokenizer = AutoTokenizer.from_pretrained(MODEL)" in ended.output
    assert "AttributeError: 'str' object has no attribute 'size'" in ended.output


def test_json_has_all_steps_and_what_was_seen(aula: Aula, model: Path) -> None:
    ended = aula("steps", "A good film.", "--model", model, "--json")
    found = json.loads(ended.output)

    assert ended.code == 0
    assert [step["name"] for step in found["steps"]] == list(STEP_NAMES)
    assert found["task"] == "text-classification"
    assert found["steps"][5]["seen"]["answer"] in ("negative", "neutral", "positive")
    assert found["steps"][2]["values"][0]["shape"] == [1, found["steps"][2]["seen"]["total"]]


def test_a_notebook_is_written(aula: Aula, model: Path, tmp_path: Path) -> None:
    file = tmp_path / "steps.ipynb"
    ended = aula("steps", "A good film.", "--model", model, "--until", "tokens", "--notebook", file)

    assert ended.code == 0
    assert json.loads(file.read_text(encoding="utf-8"))["nbformat_minor"] == 5


def test_the_file_of_the_text_is_not_overwritten(aula: Aula, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("A good film.", encoding="utf-8")
    ended = aula("steps", "--file", file, "--notebook", file)

    assert ended.code == 1
    assert "is read here, and would be overwritten. Choose another file with --notebook." in ended.errors
    assert file.read_text(encoding="utf-8") == "A good film."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--task", "juggling"), "There is no task “juggling” here"),
        (("--until", "dessert"), "There is no step “dessert”"),
        (("--precision", "int8"), "this suite's own"),
        (("--task", "question-answering"), "There is no question"),
        (("--notebook", "/nowhere/at/all.ipynb"), "there is no such folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    aula: Aula, model: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    given = arguments if "--task" in arguments else (*arguments, "--model", model)
    ended = aula("steps", "A good film.", *given)

    assert ended.code == 1
    assert sentence in ended.errors
    assert ended.output == ""
