"""The mean of weights: what it holds, where it is written, and what is refused."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.catalog import Task
from models.errors import InvalidInput
from models.text_generation import GenerationSettings, TextGenerator
from models.weights.cards import find_card
from training.averaging import average


def with_weights(folder: Path, **weights: torch.Tensor) -> Path:
    folder.mkdir()
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(folder.name)
    return folder


def test_each_number_is_the_mean_in_its_own_type_and_the_rest_is_the_last_one_s(tmp_path: Path) -> None:
    values = (1.0, 2.0, 4.5)
    folders = [
        with_weights(tmp_path / f"{value}", a=torch.full((2, 3), value).half(), b=torch.tensor([value]))
        for value in values
    ]
    average(folders, tmp_path / "mean")
    found = load_file(tmp_path / "mean/model.safetensors")
    assert found["a"].dtype == torch.float16
    assert found["a"].tolist() == [[2.5] * 3] * 2
    assert found["b"].tolist() == [2.5]
    assert (tmp_path / "mean/config.json").read_text() == "4.5"


def test_the_mean_of_a_model_with_itself_writes_as_it_does(tiny_models, tmp_path: Path) -> None:
    folder, settings = tiny_models.gpt2(), GenerationSettings(12)
    average([folder, folder, folder], tmp_path)
    texts = [
        TextGenerator.load(find_card(str(each), Task.TEXT_GENERATION), "cpu").complete("Me gusta", settings).text
        for each in (folder, tmp_path)
    ]
    assert texts[0] == texts[1] != ""


def test_weights_of_different_models_have_no_mean(tmp_path: Path) -> None:
    first = with_weights(tmp_path / "first", a=torch.zeros(2))
    for name, weights in (("shape", {"a": torch.zeros(3)}), ("name", {"b": torch.zeros(2)})):
        with pytest.raises(InvalidInput, match="different models"):
            average([first, with_weights(tmp_path / name, **weights)], tmp_path / "mean")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match=r"no weights in .*empty"):
        average([first, tmp_path / "empty"], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
