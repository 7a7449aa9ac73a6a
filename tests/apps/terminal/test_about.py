"""`about`: what a report of a problem needs, and nothing that tells who reports it."""

import json
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from apps.setup.door import installed_name
from apps.terminal import about
from models.catalog import CATALOG
from models.memory import machine_memory
from tests.apps.commands import Aula

KEYS = {"versions", "system", "processor", "cores", "memory", "memory_free", "cpu_features", "cuda", "torch_error"}
KEYS |= {"graphics_cards", "folders", "settings", "weights"}


def test_the_json_is_one_object_with_versions_machine_and_weights(aula: Aula) -> None:
    ended = aula("about", "--json")

    told = json.loads(ended.output)
    assert (ended.code, ended.errors) == (0, "")
    assert set(told) == KEYS
    assert told["versions"]["aula"].startswith("0.")
    assert told["versions"]["python"] == platform.python_version()
    assert {name: told["versions"][name] for name in about.LIBRARIES} == {
        name: version(installed_name(name)) for name in about.LIBRARIES
    }
    assert told["memory"] == machine_memory().total
    assert told["torch_error"] is None
    assert {model["model_id"] for model in told["weights"] if model["embedded"]} == {
        card.model_id for card in CATALOG if card.embedded
    }
    assert all(model["bytes"] > 1_000_000 for model in told["weights"])


def test_the_text_says_the_same_in_two_columns(aula: Aula) -> None:
    ended = aula("about")

    lines = ended.output.splitlines()
    assert ended.code == 0
    values = {line[:15].strip(): line[15:].strip() for line in lines}  # the widest name is “huggingface-hub”
    assert values["python"] == platform.python_version()
    assert values["torch"] == version("torch")
    assert values["graphics cards"]
    assert "HF_HUB_OFFLINE" in values["settings"]
    assert any(line.endswith("aula/minilm, 45.6 MB") for line in lines)


def test_the_home_folder_is_not_spelled_out_and_no_setting_is_read(
    aula: Aula, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ana")
    monkeypatch.setenv("AULA_HOME", str(tmp_path / "ana" / "caches"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "ana" / "hub"))
    monkeypatch.setenv("HF_TOKEN", "hf_secretofthetest")

    ended = aula("about", "--json")

    told = json.loads(ended.output)
    assert told["folders"] == {"aula": "~/caches", "huggingface": "~/hub"}
    assert "HF_TOKEN" in told["settings"]
    assert "hf_secretofthetest" not in ended.output
    assert str(tmp_path) not in ended.output


def test_a_library_that_does_not_load_is_told_and_the_rest_as_well(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # an import of it now raises ImportError

    ended = aula("about")

    assert ended.code == 0
    assert re.search(r"^torch +does not load: ", ended.output, re.MULTILINE)
    assert "aula/minilm, 45.6 MB" in ended.output


def test_embedded_weights_that_are_gone_are_told(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about.hub, "locate", lambda card: None)

    ended = aula("about")

    assert "aula/minilm, gone, though it comes with the suite" in ended.output


def test_without_git_the_version_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_git(*arguments: object, **options: object) -> None:
        raise FileNotFoundError("git")

    monkeypatch.setattr(about.subprocess, "run", no_git)

    assert "(" not in about.aula_version()
