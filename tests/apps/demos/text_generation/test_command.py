"""Continuing a text from the terminal with a tiny model: what goes in, and what comes out where."""

import inspect
import json
import shutil
import signal

import pytest

from apps.demos.text_generation import command
from models.text_generation import GenerationSettings
from models.weights.hub import huggingface_cache
from tests.apps.commands import Aula
from tests.conftest import TinyModels

BRIEF = ("--max-new-tokens", "6")


def press_ctrl_c(*arguments: object, **options: object) -> None:
    signal.raise_signal(signal.SIGINT)


def test_generate_continues_the_prompt(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--seed", "3", *BRIEF, "--model", tiny_models.gpt2())

    ended = aula("generate", "Me gusta", *options)
    printed = json.loads(aula("generate", *options, "--json", stdin="Me gusta\n").output)

    assert ended.code == 0, ended.errors
    assert set(printed) == {
        "prompt", "text", "tokens", "seconds", "seed", "tokens_per_second", "finished", "settings", "unreadable",
        "unreadable_signs",
    }  # fmt: skip
    assert ended.output == f"Me gusta{printed['text']}\n"
    assert (printed["prompt"], printed["seed"], printed["finished"]) == ("Me gusta", 3, True)
    assert printed["tokens"] == 6
    assert "Seed 3." in ended.errors


def test_a_seed_is_chosen_and_told(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("generate", "Me gusta", *BRIEF, "--model", tiny_models.gpt2(), "--json")

    first = json.loads(aula(*options).output)

    again = json.loads(aula(*options, "--seed", first["seed"]).output)
    assert again["text"] == first["text"]


def test_a_stopped_text_is_kept(aula: Aula, tiny_models: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    original = command.result
    monkeypatch.setattr(command, "result", lambda text, end="\n": (original(text, end), press_ctrl_c()))

    ended = aula("generate", "Me gusta", "--seed", "1", "--model", tiny_models.gpt2())

    assert ended.code == 130
    assert ended.output.startswith("Me gusta")
    assert ended.output.endswith("\n")


def test_the_defaults_are_those_of_the_course() -> None:
    settings = GenerationSettings()
    parameters = inspect.signature(command.generate).parameters

    for name, value in settings.as_dict().items():
        if name != "seed":  # the page shows one; a terminal that always wrote the same text would puzzle
            assert parameters[name].default == value, name


def test_a_model_on_this_machine_comes_before_the_default(aula: Aula, tiny_models: TinyModels) -> None:
    storage = huggingface_cache() / "models--openai-community--gpt2"
    shutil.copytree(tiny_models.gpt2(), storage / "snapshots" / "0123")
    (storage / "refs").mkdir()
    (storage / "refs" / "main").write_text("0123")

    ended = aula("generate", "Hello", *BRIEF)

    assert ended.code == 0, ended.errors
    assert "Loading openai-community/gpt2" in ended.errors


def test_a_missing_model_is_told_at_once(aula: Aula) -> None:
    ended = aula("generate", "Hola", "--model", "datificate/gpt2-small-spanish")

    assert (ended.code, ended.output) == (1, "")
    assert ended.errors.startswith("datificate/gpt2-small-spanish is not on this machine yet.")
    assert "python aula.py models fetch datificate/gpt2-small-spanish" in ended.errors


@pytest.mark.weights
@pytest.mark.parametrize(
    ("prompt", "looks"),
    [("Привет, как дела?", "Cyrillic"), ("The weather is nice and", "English"), ("Me gusta el fútbol y", None)],
)
def test_a_prompt_in_another_language_is_named(aula: Aula, prompt: str, looks: str | None) -> None:
    ended = aula("generate", prompt, "--model", "aula/gpt2-mini-es", "--max-new-tokens", "2")
    assert ended.code == 0
    assert ("and aula/gpt2-mini-es reads only Spanish" in ended.errors) == (looks is not None)
    assert looks is None or f"This looks {looks}" in ended.errors
