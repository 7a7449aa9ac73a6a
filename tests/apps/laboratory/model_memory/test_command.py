"""Predicting memory from the terminal, with configurations that come with the suite."""

import json
import shutil

import pytest

from tests.apps.commands import Aula
from tests.loopback_hub import LoopbackHub

LLAMA = "meta-llama/Meta-Llama-3-8B"


def test_memory_prints_a_row_for_each_precision_and_the_readings(aula: Aula) -> None:
    ended = aula("memory", LLAMA, "--precision", "fp32,bnb-nf4", "--context", "8192")

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0] == f"{LLAMA}: 8,030,261,248 parameters (configuration: comes with the suite)"
    assert lines[2].split()[:2] == ["PRECISION", "WEIGHTS"]
    assert [line.split()[0] for line in lines[3:5]] == ["fp32", "bnb-nf4"]
    assert "predicted 6.02778013 GB, the course read 6.06089267 GB (−0.55 %)" in ended.output
    assert "RAM" in ended.errors


def test_json_holds_every_byte(aula: Aula) -> None:
    told = json.loads(aula("memory", "openai-community/gpt2", "--precision", "fp32", "--json").output)

    (plan,) = told["plans"]
    assert told["parameters"] == 124_439_808
    assert plan["weight_bytes"] == 497_759_232
    assert plan["total"] == plan["weight_bytes"] + plan["cache"] + plan["activations"]
    assert plan["verdicts"]["RAM"] in ("fits", "tight", "does not fit")


def test_all_precisions_are_taken_and_those_without_effect_left_out(aula: Aula) -> None:
    ended = aula("memory", "deepset/roberta-base-squad2")

    assert ended.code == 0
    assert "int8-embeddings" in ended.output
    assert "int8-tied is left out" in ended.errors


def test_a_precision_without_a_verdict_here_says_why(aula: Aula, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantization.predict.forecast.graphics_memory", lambda: [])
    ended = aula("memory", "openai-community/gpt2", "--precision", "fp32,fp16")

    assert ended.output.splitlines()[-1].split()[-1] == "–"
    assert "fp16 runs on CUDA only, and this machine has no NVIDIA card." in ended.errors
    assert "fp32 runs" not in ended.errors


def test_a_precision_that_was_asked_for_and_has_no_effect_is_an_error(aula: Aula) -> None:
    ended = aula("memory", "deepset/roberta-base-squad2", "--precision", "int8-tied", "--precision", "fp32")

    assert ended.code == 1
    assert "no head that shares" in ended.errors
    assert "fp32" in ended.output


def test_training_is_in_fp32(aula: Aula) -> None:
    ended = aula("memory", "openai-community/gpt2", "--training", "--json")
    assert [plan["moments"] for plan in json.loads(ended.output)["plans"]] == [8 * 124_439_808]

    ended = aula("memory", "openai-community/gpt2", "--training", "--precision", "int8")
    assert (ended.code, ended.output) == (1, "")
    assert "in fp32" in ended.errors


def test_a_number_is_a_model_too(aula: Aula) -> None:
    ended = aula("memory", "110M", "--precision", "fp32")
    assert ended.output.splitlines()[0] == "110,000,000 parameters"
    assert "440 MB" in ended.output


def test_a_folder(aula: Aula, tiny_models) -> None:
    assert aula("memory", tiny_models.t5(), "--precision", "fp32").code == 0


@pytest.mark.parametrize(
    ("model", "words"), [("nonsense", "no model or folder"), ("owner/x", "--download"), ("yolov5su", "convolutions")]
)
def test_what_cannot_be_predicted_is_one_sentence(aula: Aula, model: str, words: str) -> None:
    ended = aula("memory", model)
    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors
    assert len(ended.errors.splitlines()) == 1


def test_an_unknown_precision_names_them_all(aula: Aula) -> None:
    ended = aula("memory", "110M", "--precision", "int3")
    assert (ended.code, ended.output) == (1, "")
    assert "bnb-nf4-double" in ended.errors


def test_the_configuration_alone_is_downloaded_when_asked_for(aula: Aula, tiny_models, monkeypatch) -> None:
    with LoopbackHub({"owner/model": tiny_models.gpt2()}) as hub:
        for name, value in hub.environment().items():
            monkeypatch.setenv(name, value)
        ended = aula("memory", "owner/model", "--download", "--precision", "fp32")
        assert ended.code == 0, ended.errors
        assert "fetched from the hub" in ended.output
        assert not hub.asked_for("model.safetensors")


@pytest.mark.parametrize(
    ("missing", "said"),
    [("tokenizer.json vocab.json merges.txt", "holds no tokenizer"), ("model.safetensors", "holds no weights")],
)
def test_half_a_folder_is_predicted_and_said_to_be_half(
    missing: str, said: str, aula: Aula, tiny_models, tmp_path
) -> None:
    folder = shutil.copytree(tiny_models.gpt2(), tmp_path / "half")
    asked = ("memory", folder, "--precision", "fp32", "--json")
    whole = json.loads(aula(*asked).output)
    assert whole["lacks"] is None
    for file in missing.split():
        (folder / file).unlink(missing_ok=True)
    ended = aula(*asked)
    half = json.loads(ended.output)
    assert ended.code == 0
    assert half["plans"][0]["weight_bytes"] == whole["plans"][0]["weight_bytes"]
    assert said in half["lacks"]
    assert f"As the folder is, it cannot be loaded: {half['lacks']}" in ended.errors
