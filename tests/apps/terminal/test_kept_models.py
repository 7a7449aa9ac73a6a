"""Commands take a folder that was kept in int8 as any other model, and load it as it is."""

import json
from pathlib import Path

import pytest

from models.catalog import Task
from models.weights.cards import find_card
from quantization.keep import keep
from quantization.recipes import INT8
from tests.apps.commands import Aula
from tests.conftest import TinyModels

COMMANDS = {
    "bert_qa": (Task.QUESTION_ANSWERING, ("answer", "When?", "--context", "The library opens at nine.", "--json")),
    "t5": (Task.TEXT_TO_TEXT, ("translate", "Good morning.", "--max-new-tokens", "6", "--json")),
    "gpt2": (Task.TEXT_GENERATION, ("generate", "Me gusta", "--max-new-tokens", "6", "--seed", "3")),
    "sentence_classifier": (Task.TEXT_CLASSIFICATION, ("classify", "A good film.", "--json")),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_gives_what_the_original_gives_in_that_precision(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path, name: str
) -> None:
    task, command = COMMANDS[name]
    original = getattr(tiny_models, name)()
    kept = keep(find_card(str(original), task), INT8, tmp_path / "kept")

    found = aula(*command, "--model", kept)

    assert found.code == 0, found.errors
    expected = aula(*command, "--model", original, "--precision", "int8")
    assert found.output == expected.output.replace(str(original), str(kept))


def test_freed_takes_the_precision_that_a_folder_was_saved_in(
    aula: Aula, tiny_models: TinyModels, tmp_path: Path
) -> None:
    kept = keep(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), INT8, tmp_path / "kept")

    ended = aula("freed", kept, "--cycles", "1", "--device", "cpu", "--json")

    assert ended.code == 0, ended.errors
    assert json.loads(ended.output)["precision"] == "int8"


def test_another_precision_ends_with_a_sentence(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    kept = keep(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), INT8, tmp_path / "kept")

    ended = aula("generate", "Me gusta", "--model", kept, "--precision", "bf16")

    assert ended.code == 1
    assert "was saved in int8 and can be loaded in no other precision. Choose int8" in ended.errors
    assert ended.output == ""


def test_a_tampered_recipe_ends_with_a_sentence(aula: Aula, tiny_models: TinyModels, tmp_path: Path) -> None:
    kept = keep(find_card(str(tiny_models.gpt2()), Task.TEXT_GENERATION), INT8, tmp_path / "kept")
    (kept / "aula_precision.json").write_text('{"precision": "../../int8"}')

    ended = aula("generate", "Me gusta", "--model", kept)

    assert ended.code == 1
    assert "was saved in a precision that does not exist here, “../../int8”" in ended.errors
