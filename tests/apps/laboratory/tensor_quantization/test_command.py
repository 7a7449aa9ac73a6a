"""Quantizing one layer from the terminal, with tiny models."""

import json

import pytest

from tests.apps.commands import Aula, CtrlC
from tests.conftest import TinyModels

LAYER = "transformer.h.0.attn.c_attn"


def test_tensor_without_a_layer_lists_them(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), "--device", "cpu")

    assert ended.code == 0, ended.errors
    lines = [line.split() for line in ended.output.splitlines()]
    assert lines[0] == ["LAYER", "PART", "OUTPUTS", "INPUTS"]
    assert [LAYER, "attention", "96", "32"] in lines


def test_tensor_quantizes_a_layer(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), LAYER, "--bits", "4", "--granularity", "tensor", "--device", "cpu")

    assert ended.code == 0, ended.errors
    lines = ended.output.splitlines()
    assert lines[0] == f"{LAYER}: 96 outputs × 32 inputs = 3,072 weights, all of them"
    assert lines[3].split()[:3] == ["4", "per", "tensor"]
    assert len(lines) == 2 + 2 + 3 + 1 + 21


def test_json_is_the_report_of_the_page(aula: Aula, tiny_models: TinyModels) -> None:
    options = ("--affine", "--granularity", "group", "--group-size", "16", "--clipping", "99", "--outlier")
    ended = aula("tensor", tiny_models.gpt2(), LAYER, *options, "--device", "cpu", "--json")

    printed = json.loads(ended.output)
    assert (printed["symmetric"], printed["granularity"], printed["group_size"]) == (False, "group", 16)
    assert (printed["clipping"], printed["outlier"]) == (99, True)
    assert len(printed["comparison"]) == 21
    assert sum(printed["histogram"]["before"]) == 96 * 32


def test_a_model_for_another_task_outside_the_catalog(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.roberta_qa(), "--task", "question-answering", "--device", "cpu", "--json")

    assert ended.code == 0, ended.errors
    assert "qa_outputs" in [layer["name"] for layer in json.loads(ended.output)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--bits", "9"), "Choose 2 to 8"),
        (("--granularity", "row"), "cannot share a scale"),
        (("--clipping", "20"), "between 50 and 100"),
        (("--group-size", "0"), "at least one weight"),
        (("--task", "object-detection"), "not a task of a model with layers"),
    ],
)
def test_a_wrong_choice_is_told_before_anything_is_loaded(
    aula: Aula, tiny_models: TinyModels, options: tuple[str, ...], words: str
) -> None:
    ended = aula("tensor", tiny_models.gpt2(), LAYER, *options)

    assert (ended.code, ended.output) == (1, "")
    assert words in ended.errors
    assert len(ended.errors.splitlines()) == 1


def test_an_unknown_layer_gets_a_sentence(aula: Aula, tiny_models: TinyModels) -> None:
    ended = aula("tensor", tiny_models.gpt2(), "transformer.h.99", "--device", "cpu")

    assert (ended.code, ended.output) == (1, "")
    assert "no layer “transformer.h.99”" in ended.errors


def test_ctrl_c_keeps_what_is_compared(aula: Aula, tiny_models: TinyModels, ctrl_c_at: CtrlC) -> None:
    ctrl_c_at(", 3 of 21")
    ended = aula("tensor", tiny_models.gpt2(), LAYER, "--device", "cpu", "--json")

    assert ended.code == 130
    assert len(json.loads(ended.output)["comparison"]) == 3
