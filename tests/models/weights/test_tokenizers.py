"""Which tokenizers there are, and how a name finds one."""

import json
import shutil
from pathlib import Path

import pytest

from models.errors import ModelNotHere, UnknownModel
from models.folders import trained_folder
from models.weights.tokenizers import SHIPPED, find_tokenizer, tokenizers_here
from tests.apps.classroom import put_in_cache
from tests.conftest import TinyModels


def names() -> list[str]:
    return [card.tokenizer_id for card in tokenizers_here()]


def test_those_that_come_with_the_suite_are_here_each_vocabulary_once() -> None:
    assert names() == [
        "gpt-2",
        "o200k",
        "qwen3",
        "mistral-v3",
        "aula/t5-mini",
        "aula/gpt2-mini-es",
        "aula/minilm",
    ]


def test_each_of_the_small_set_has_its_file_maker_licence_and_source() -> None:
    for card in SHIPPED:
        assert card.path.is_file()
        assert card.licence in ("MIT", "Apache-2.0")
        assert card.maker
        assert card.source
        assert f"`{card.path.name}`" in (card.path.parent / "README.md").read_text(encoding="utf-8")
    assert sum(card.path.stat().st_size for card in SHIPPED) < 4_200_000


def test_models_in_the_cache_bring_theirs(tiny_models: TinyModels) -> None:
    put_in_cache("somebody/gpt2", tiny_models.gpt2())

    assert "somebody/gpt2" in names()
    assert find_tokenizer("somebody/gpt2").path.name == "0123456789abcdef0123456789abcdef01234567"


def test_a_tokenizer_without_its_weights_is_enough(tiny_models: TinyModels) -> None:
    folder = put_in_cache("somebody/gpt2", tiny_models.gpt2())
    (folder / "model.safetensors").unlink()

    assert "somebody/gpt2" in names()


def test_trained_models_bring_theirs_unless_they_are_half_written(tiny_models: TinyModels) -> None:
    for name in ("mine", "mine.part"):
        shutil.copytree(tiny_models.gpt2(), trained_folder() / name)

    assert [name for name in names() if name.startswith("trained/")] == ["trained/mine"]
    assert find_tokenizer("trained/mine").path == trained_folder() / "mine"


def test_a_folder_and_a_file_are_found_by_their_path(tiny_models: TinyModels) -> None:
    assert find_tokenizer(str(tiny_models.gpt2())).path == tiny_models.gpt2().resolve()
    assert find_tokenizer(str(tiny_models.gpt2() / "tokenizer.json")).path.name == "tokenizer.json"


@pytest.mark.parametrize("written", ["[PAD]", {"content": "[PAD]"}])
def test_the_padding_token_is_what_the_folder_says(written: object, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"pad_token": written}), encoding="utf-8")

    assert find_tokenizer(str(tmp_path)).pad_token == "[PAD]"


def test_a_model_that_was_not_fetched_says_how_to_get_it() -> None:
    with pytest.raises(ModelNotHere, match="models fetch deepset/roberta-base-squad2"):
        find_tokenizer("deepset/roberta-base-squad2")


@pytest.mark.parametrize("name", ["nobody", "", "somebody/nothing", "trained/../.."])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownModel, match="Choose one of gpt-2, o200k"):
        find_tokenizer(name)


def test_a_folder_without_a_tokenizer_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownModel, match="has no tokenizer"):
        find_tokenizer(str(tmp_path))
